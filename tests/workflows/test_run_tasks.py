"""Headless runs of notebooks whose tasks run on engines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.workflows.run import run

WriteNotebook = Callable[..., Path]
StartRun = Callable[..., Any]

pytestmark = [pytest.mark.notebooks, pytest.mark.engines]

_SETUP = """\
import os, time
import eflows_nb as ef

ef.start(engines=1)

@ef.task
def report(word, seconds=0.0):
    with open(os.environ['STARTED'], 'w') as pipe:
        pipe.write(word)
    time.sleep(seconds)
    return os.getpid()

@ef.task
def fail(value):
    raise ValueError(f'{value} is too large')

@ef.task
def write(path, after):
    open(path, 'w').close()"""


def _text(cell: dict[str, Any]) -> str:
    return "".join("".join(output.get("text", "")) for output in cell["outputs"])


def test_the_command_decides_how_many_engines(start_run: StartRun, write_notebook: WriteNotebook) -> None:
    """--engines overrides the notebook's own start, and its stop leaves the run's engines."""
    notebook = write_notebook(_SETUP, "print(ef.start())\nef.stop()\nprint(ef.start())")

    live = start_run(notebook, "--engines", "2")
    code, _ = live.end()

    assert code == 0
    lines = _text(live.cells()[1]).splitlines()
    assert len(lines) == 2
    assert all("of 2 engines" in line for line in lines)
    assert live.left() == []


def test_tasks_that_no_cell_waited_for_are_awaited(
    start_run: StartRun, write_notebook: WriteNotebook, tmp_path: Path
) -> None:
    """The end of the notebook is not the end of its tasks."""
    notebook = write_notebook(_SETUP, f"write({str(tmp_path / 'made')!r}, report('running', 1.0));")

    live = start_run(notebook)
    assert live.report() == "running"
    code, _ = live.end()

    assert code == 0
    assert (tmp_path / "made").exists()
    assert len(live.cells()) == 2
    assert live.left() == []


def test_the_failure_of_such_a_task_fails_the_run(start_run: StartRun, write_notebook: WriteNotebook) -> None:
    """It is told as a failing cell is, and stands at the end of the executed notebook."""
    live = start_run(write_notebook(_SETUP, "fail(64);"))
    code, written = live.end()

    assert code == 1
    assert written == (
        "eflows: error: A task that no cell waited for failed: ValueError: 64 is too large. "
        "What was executed is in 'out.ipynb'.\n"
    )
    last = live.cells()[-1]
    assert last["metadata"]["tags"] == ["eflows-barrier"]
    assert last["outputs"][0]["ename"] == "ValueError"
    assert live.left() == []


def test_a_failing_cell_ends_the_running_tasks(start_run: StartRun, write_notebook: WriteNotebook) -> None:
    """Nothing computes on for a run that is over."""
    wait = "report('running', 300.0)\nopen(os.environ['STARTED']).read()"

    live = start_run(write_notebook(_SETUP, wait, "1 / 0"))
    code, written = live.end()

    assert code == 1
    assert "Cell 3 ('1 / 0') failed: ZeroDivisionError" in written
    assert live.left() == []


def test_an_interrupted_wait_ends_the_engines(start_run: StartRun, write_notebook: WriteNotebook) -> None:
    """Ctrl-C while a cell waits for its tasks."""
    live = start_run(write_notebook(_SETUP, "ef.wait_on(report('running', 300.0))"))
    assert live.report() == "running"

    live.process.terminate()
    code, _ = live.end()

    assert code == 143
    assert [output.get("ename") for output in live.cells()[1]["outputs"]] == ["KeyboardInterrupt"]
    assert live.left() == []


def test_the_engines_end_with_a_killed_run(start_run: StartRun, write_notebook: WriteNotebook) -> None:
    """Even ``kill -9`` of the command leaves nothing."""
    live = start_run(write_notebook(_SETUP, "ef.wait_on(report('running', 300.0))"))
    assert live.report() == "running"

    live.process.kill()
    live.end()

    assert live.left() == []


def test_the_journal_lies_beside_the_executed_notebook(
    write_notebook: WriteNotebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the notebook is, and wherever it runs."""
    monkeypatch.delenv("EFLOWS_JOURNAL")
    notebook = write_notebook("import eflows_nb as ef", "ef.wait_on(ef.map(abs, [1]))")

    assert run(notebook, output=tmp_path / "out" / "run.ipynb", cwd=tmp_path).ok
    assert len(list((tmp_path / "out" / ".eflows").glob("journal-*.jsonl"))) == 1
    assert not (tmp_path / ".eflows").exists()
