"""A wait that lasts shows one progress bar, and only to somebody who looks."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from eflows_nb.notebook import progress
from eflows_nb.notebook.progress import BATCH, ProgressView
from eflows_nb.tasks.events import Event, TasksChanged, WaitEnded, WaitStarted
from eflows_nb.tasks.state import TaskState


class Terminal(io.StringIO):
    """A terminal that keeps what was written."""

    def isatty(self) -> bool:
        """Pretend that somebody looks."""
        return True


class ImmediateTimer:
    """A timer that fires at once."""

    daemon = False

    def __init__(self, _seconds: float, function: Callable[..., None], arguments: list[Any]) -> None:
        self._thread = threading.Thread(target=function, args=arguments)

    def start(self) -> None:
        """Fire."""
        self._thread.start()

    def cancel(self) -> None:
        """Wait until it has fired."""
        self._thread.join()


def _terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in the place of standard error, where every wait is a long one."""
    made = Terminal()
    monkeypatch.delenv(BATCH, raising=False)
    monkeypatch.setattr("sys.stderr", made)
    monkeypatch.setattr(progress.threading, "Timer", ImmediateTimer)
    return made


def _done(*tasks: int) -> Event:
    return TasksChanged(time=0.0, state=TaskState.DONE, tasks=tasks)


def _wait(view: ProgressView, *during: Event, tasks: frozenset[int] = frozenset({1, 2, 3})) -> None:
    view([WaitStarted(time=0.0, wait=1, tasks=tasks)])
    view._timer.cancel()  # type: ignore[union-attr]
    for event in during:
        view([event])
    view([WaitEnded(time=0.0, wait=1)])


def test_a_terminal_shows_how_many_tasks_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are waited for count, others do not."""
    terminal = _terminal(monkeypatch)
    _wait(ProgressView(None), _done(1), _done(2, 7))

    assert "0/3" in terminal.getvalue()
    assert "2/3" in terminal.getvalue()
    assert "3/3" not in terminal.getvalue()


def test_a_wait_within_a_wait_shows_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """One bar is enough."""
    terminal = _terminal(monkeypatch)
    _wait(
        ProgressView(None),
        WaitStarted(time=0.0, wait=2, tasks=frozenset({7})),
        WaitEnded(time=0.0, wait=2),
        _done(1),
    )

    assert "1/3" in terminal.getvalue()
    assert "/1 " not in terminal.getvalue()


def test_nothing_is_left_of_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is blank again when the wait is over."""
    terminal = _terminal(monkeypatch)
    _wait(ProgressView(None), _done(1, 2, 3))

    assert terminal.getvalue().split("\r")[-1].strip() == ""


def test_a_headless_run_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that says that nobody looks is not given a bar even at a terminal."""
    _terminal(monkeypatch)
    monkeypatch.setenv(BATCH, "1")
    view = ProgressView(None)
    view([WaitStarted(time=0.0, wait=1, tasks=frozenset())])

    assert view._timer is None


def test_captured_output_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a file or a pipe a bar would only be noise."""
    _terminal(monkeypatch)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    view = ProgressView(None)
    view([WaitStarted(time=0.0, wait=1, tasks=frozenset())])

    assert view._timer is None


def _displayed(front_end: Any, cell: str) -> list[Any]:
    return [
        message
        for message in front_end.heard
        if message["msg_type"] in ("display_data", "update_display_data")
        and message["parent_header"]["msg_id"] == cell
    ]


HOLD = """
import eflows_nb as ef

@ef.task
def hold(path):
    open(path).close()

@ef.task
def quick(x):
    return x

session = ef.start(engines=2)
from eflows_nb.notebook import progress
progress._PATIENCE = 0.05
"""


@pytest.mark.engines
@pytest.mark.parametrize(
    "wait", ["ef.wait_on(held)", "ef.barrier()", "list(ef.as_completed([held, *others]))"]
)
def test_a_live_notebook_shows_one_bar(front_end: Any, wait: str) -> None:
    """A front end that sends the id of its cell gets a bar, one for the whole wait, and it is emptied."""
    pipe = front_end.folder / "pipe"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    front_end.run(HOLD)
    cell = front_end.send(
        f"held = hold('pipe'); others = ef.map(quick, range(50)); _ = {wait}", cell="cell-1"
    )
    front_end.hear(lambda message: message["msg_type"] == "display_data")
    pipe.write_text("")
    front_end.wait_for_end(cell)
    while _displayed(front_end, cell)[-1]["content"]["data"]["text/plain"]:  # it goes soon after
        front_end.hear(lambda message: message["msg_type"] == "update_display_data")

    bars = _displayed(front_end, cell)
    assert [message["msg_type"] for message in bars].count("display_data") == 1
    assert "Waiting for tasks" in bars[0]["content"]["data"]["text/plain"]
    assert bars[-1]["content"]["data"] == {"text/plain": "", "text/html": ""}
    assert front_end.widgets(cell) == 0
    assert front_end.text(cell) == front_end.text(cell, "stderr") == ""


@pytest.mark.engines
def test_a_front_end_that_is_not_live_gets_no_bar(front_end: Any) -> None:
    """An executor of notebooks sends no id of a cell; what it captures holds no widget."""
    pipe = front_end.folder / "pipe"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    front_end.run(HOLD)
    cell = front_end.send(
        "import threading; threading.Timer(0.5, lambda: open('pipe', 'w').close()).start();"
        "ef.wait_on(hold('pipe'))"
    )
    front_end.wait_for_end(cell)

    assert _displayed(front_end, cell) == []
    assert front_end.text(cell, "stderr") == ""
