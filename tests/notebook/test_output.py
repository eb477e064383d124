"""What tasks print appears in the cell that submitted them."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import pytest

from eflows_nb.notebook.output import TaskOutputView
from eflows_nb.runtime.session import Session
from eflows_nb.tasks.events import TaskOutput

TASKS = """
import os, sys
import eflows_nb as ef

@ef.task
def speak(text):
    print(text)

@ef.task
def speak_later(path, text):
    open(path).close()
    print(text)
    print("oh", file=sys.stderr)
    os.system("echo from a program")
"""


def test_outside_a_notebook_it_goes_to_the_same_stream(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output and standard error stay apart."""
    view = TaskOutputView(Session(), None)
    view(
        [
            TaskOutput(time=0.0, task=1, origin=-1, stream="stdout", text="said\n"),
            TaskOutput(time=0.0, task=1, origin=-1, stream="stderr", text="cried\n"),
        ]
    )

    assert capsys.readouterr() == ("said\n", "cried\n")


def _said(*texts: str) -> list[TaskOutput]:
    return [TaskOutput(time=0.0, task=1, origin=-1, stream="stdout", text=text) for text in texts]


def test_what_the_terminal_cannot_show_does_not_stop_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter that its encoding does not have is told by number."""
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii"))
    TaskOutputView(Session(), None)(_said("caf\u00e9\n", "tea\n"))

    assert shown.getvalue() == b"caf\\xe9\ntea\n"


@pytest.mark.parametrize("stream", ["none", "closed", "unread"])
def test_what_nobody_can_read_is_no_error(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may be started without a standard output, close it, or be read by one that has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as pipe:
        closed = io.StringIO()
        closed.close()
        kinds = {"none": None, "closed": closed, "unread": io.TextIOWrapper(pipe, write_through=True)}
        monkeypatch.setattr(sys, "stdout", kinds[stream])
        TaskOutputView(Session(), None)(_said("said\n", "and said\n"))


def test_an_inline_task_prints_in_its_cell(front_end: Any) -> None:
    """Before any cluster is started a task prints where it is called."""
    front_end.run(TASKS)
    cell = front_end.run("_ = speak('hello')")

    assert front_end.text(cell) == "hello\n"


@pytest.mark.engines
def test_an_engine_prints_in_the_cell_that_submitted_the_task(front_end: Any) -> None:
    """Also when that cell has ended and another one runs, which shows only what is its own."""
    os.mkfifo(front_end.folder / "pipe")
    front_end.run(TASKS + "session = ef.start(engines=1)")
    first = front_end.run("later = speak_later('pipe', 'from the first')")
    second = front_end.run("_ = speak('from the second')")
    third = front_end.run("print('mine'); open('pipe', 'w').close(); ef.barrier()")

    assert front_end.text(first) == "from the first\nfrom a program\n"
    assert front_end.text(first, "stderr") == "oh\n"
    assert front_end.text(second) == "from the second\n"
    assert front_end.text(third) == "mine\n"


@pytest.mark.engines
def test_text_arrives_while_nobody_waits(front_end: Any) -> None:
    """A task that ends when the kernel is idle is heard all the same."""
    front_end.run(TASKS + "session = ef.start(engines=1)")
    cell = front_end.run("_ = speak('nobody waits')")
    while "nobody waits\n" not in front_end.text(cell):
        front_end.hear(lambda message: message["msg_type"] == "stream")

    assert front_end.text(cell) == "nobody waits\n"


@pytest.mark.engines
def test_task_functions_display_in_the_cell_that_calls_them(front_end: Any) -> None:
    """In order with what they print."""
    front_end.run(
        "import eflows_nb as ef\nsession = ef.start(engines=1)\nfrom IPython.display import display\n"
        "@ef.task\ndef show(text):\n    print('before')\n    display(text)\n    print('after')"
    )
    cell = front_end.run("ef.wait_on(show('shown'))")
    shown = [
        message["content"].get("text") or message["content"]["data"]["text/plain"]
        for message in front_end.heard
        if message["msg_type"] in ("stream", "display_data") and message["parent_header"]["msg_id"] == cell
    ]

    assert shown == ["before\n", "'shown'", "after\n"]
