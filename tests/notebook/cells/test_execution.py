"""What following the tasks of a cell costs."""

from __future__ import annotations

from typing import Any

import pytest

from eflows_nb.notebook.cells.execution import Execution
from eflows_nb.runtime.future import Future


def test_following_a_mapped_cell_costs_as_much_as_it_has_tasks(
    notebook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each event looks at the tasks that it is about, not at all of them."""
    looks = 0
    state = Future.state.fget  # type: ignore[attr-defined]

    def counted(future: Future) -> Any:
        nonlocal looks
        looks += 1
        return state(future)

    notebook.run("xs = list(range(300))")
    notebook.run("%%task --map x in xs\ny = x / 0")
    execution: Execution = notebook.cells.executions[-1]
    monkeypatch.setattr(Future, "state", property(counted))

    ended = [execution.note([number]) for number in execution.tasks]

    assert [len(futures) for futures in ended] == [1] * 300
    assert looks <= 3 * 300


def test_a_mapped_cell_is_shown_from_beginning_to_end(
    notebook: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its card counts the tasks, and what each of them prints is shown once."""
    notebook.run("xs = list(range(5))")
    notebook.run("%%task each --map x in xs\nprint(f'item {x}')\ny = x")

    assert notebook.run("y") == [0, 1, 2, 3, 4]
    shown = capsys.readouterr().out
    assert [shown.count(f"item {x}\n") for x in range(5)] == [1] * 5
    assert notebook.cells.executions[-1].state == "done"
