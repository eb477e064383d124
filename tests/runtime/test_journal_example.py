"""The journal that the TypeScript tests read is one to Python too."""

from __future__ import annotations

from pathlib import Path

from eflows_nb.runtime.journal import replay

EXAMPLE = Path(__file__).parents[1] / "protocol" / "journal.jsonl"


def test_the_example_replays_as_the_page_shows_it() -> None:
    """States, times and parents are those that ``extension/test/journal.test.ts`` expects."""
    run = replay(EXAMPLE)
    assert {number: task.state.value for number, task in run.tasks.items()} == {
        1: "done",
        2: "done",
        3: "done",
        4: "failed",
        5: "done",
        7: "cancelled",
    }
    assert (run.tasks[2].start, run.tasks[2].seconds, run.tasks[2].size) == (1001.7, 0.25, 2048)
    assert run.tasks[3].start == 1001.5
    assert (run.tasks[5].engine, run.tasks[5].parents) == (0, (1, 2))
    assert run.tasks[4].error == "ValueError: <i>no</i>"
    assert [engine.left for engine in run.engines] == [None, 1003.5]
    assert run.complete
