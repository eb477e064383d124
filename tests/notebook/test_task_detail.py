"""A page that looks at a task is told what is known of it, in messages of a bounded size."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ipykernel.compiler import get_file_name

from eflows_nb.notebook.task_board import TaskBoard
from eflows_nb.notebook.task_detail import LOG_LIMIT, LOGS, CellFiles, TaskLogs, details_of, task_message
from eflows_nb.runtime.preview import Preview
from eflows_nb.runtime.recent_calls import NamedPreview
from eflows_nb.tasks.events import TaskFailed, TaskOutput, TasksSubmitted, TryEnded

EXAMPLE = json.loads((Path(__file__).parents[1] / "protocol" / "task.json").read_text())
CODE = "def f():\n    x = 1\n    raise ValueError\nf()"


class Kernel:
    """What is needed of a Jupyter kernel: the request that it works on, and its events."""

    def __init__(self) -> None:
        self.shell = SimpleNamespace(events=SimpleNamespace(register=lambda _name, _function: None))
        self.parent: Any = {"metadata": {"cellId": "cell-2"}, "content": {"code": CODE}}

    def get_parent(self, _channel: str) -> Any:
        """Return the request."""
        return self.parent


class Session:
    """What is needed of a session."""

    def observe(self, observer: Any) -> None:
        """Keep who is told."""
        self.tell = observer

    def remember_calls(self) -> None:
        """Do nothing."""

    def describe_task(self, _number: int) -> Any:
        """Return an input, and that nothing is known of outputs."""
        value = Preview(kind="numpy.ndarray", about="2×3 float64", text="1, 2, 3, 4, 5, 6")
        return [NamedPreview(name="field", value=value, task=4)], None


def wrote(task: int, text: str) -> TaskOutput:
    """Return that a task has written something."""
    return TaskOutput(time=0.0, task=task, origin=1, stream="stdout", text=text)


def test_a_task_is_told_as_in_the_example() -> None:
    """With the names that the page expects."""
    session: Any = Session()
    details_of(session, Kernel())
    board = TaskBoard(1000.0)
    traceback = EXAMPLE["traceback"].replace("/tmp/ipykernel_1/1.py", get_file_name(CODE))
    board.take(
        [
            TasksSubmitted(time=1001.0, tasks=(7,), names=("f",), parents=((),), origins=(1,)),
            TryEnded(time=1003.5, task=7, engine=1, start=1002.5, seconds=1.0, reason="engine 1 was lost"),
            TaskFailed(time=1004.0, task=7, error=EXAMPLE["error"], traceback=traceback),
        ]
    )
    session.tell([wrote(7, "x" * LOG_LIMIT), wrote(7, "half of a line")])
    told = task_message(session, board, 7)
    assert len(told["log"]) == LOG_LIMIT
    assert told["log"].endswith("xhalf of a line")
    told["log"] = EXAMPLE["log"]
    assert {**told, "traceback": EXAMPLE["traceback"]} == EXAMPLE


def test_a_try_that_the_journal_has_told_of_is_told_once() -> None:
    """A page that comes later hears of the past from the journal, and of the last moment twice."""
    board = TaskBoard(0.0)
    tried = TryEnded(time=1.0, task=1, engine=0, start=0.5, seconds=0.5, reason="no")
    again = TryEnded(time=1.0000004, task=1, engine=0, start=0.5, seconds=0.5, reason="no")
    board.take([tried, again])
    assert board.tries == {1: [tried]}


def test_logs_are_bounded() -> None:
    """In length, and in the number of tasks; who writes last is kept."""
    logs = TaskLogs()
    logs([wrote(task, f"task {task}\n") for task in range(LOGS + 1)])
    logs([wrote(1, "more"), wrote(2, "y" * 10**6)])
    assert logs.end_of(0) == ("", False)
    assert logs.end_of(1) == ("task 1\nmore", False)
    assert logs.end_of(2) == ("y" * LOG_LIMIT, True)


def test_a_traceback_leads_to_the_innermost_line_in_a_cell() -> None:
    """Not to that of a library, nor to code that is in no cell."""
    files = CellFiles(Kernel())
    cell = f'  File "{get_file_name(CODE)}", line %d, in f\n'
    library = '  File "/usr/lib/numpy/core.py", line 9, in g\n'
    assert files.place(cell % 4 + cell % 3 + library) == ("cell-2", 3)
    assert files.place(library) == ("", 0)
    assert files.place("") == ("", 0)
