"""What a task shows is told in order, within bounds, and without what is replaced before it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.engine.output import LIMIT, MORE, OutputCapture
from eflows_nb.engine.outputs import DISPLAYS, SIZE, Clear, Display, OutputQueue, Room, Text
from eflows_nb.engine.publisher import NO_WIDGETS, TaskPublisher


def shown(text: str, place: str = "", *, new: bool = True) -> Display:
    """Return a display of text."""
    return Display({"text/plain": text}, {}, place, new)


def emptied(queue: OutputQueue) -> list[Any]:
    """Take everything from a queue."""
    found = []
    while queue:
        found.append(queue.pop())
    return found


def test_text_of_a_stream_is_joined_until_something_else_comes() -> None:
    """A thousand prints are one message."""
    queue = OutputQueue()
    for output in (Text(1, "a"), Text(1, "b"), shown("x"), Text(1, "c"), Text(2, "d")):
        queue.put(output)

    assert emptied(queue) == [Text(1, "ab"), shown("x"), Text(1, "c"), Text(2, "d")]


def test_an_update_takes_the_place_of_those_before() -> None:
    """What is shown in that place is right at once, and one update follows for what was sent earlier."""
    queue = OutputQueue()
    for output in (
        shown("0", "p"),
        *(shown(str(n), "p", new=False) for n in range(1, 100)),
        shown("other", "q"),
    ):
        queue.put(output)
    queue.put(shown("last", "p", new=False))

    assert emptied(queue) == [shown("last", "p"), shown("other", "q"), shown("last", "p", new=False)]


def test_clearing_forgets_what_was_not_sent() -> None:
    """But not the updates, which may be of what another cell shows."""
    queue = OutputQueue()
    for output in (
        Text(1, "a"),
        shown("x", "p"),
        shown("y", "elsewhere", new=False),
        Clear(),
        shown("z", "p"),
    ):
        queue.put(output)

    assert emptied(queue) == [shown("y", "elsewhere", new=False), Clear(), shown("z", "p")]
    assert not queue


def test_updates_without_end_are_bounded() -> None:
    """A queue holds a thousand places at most."""
    queue = OutputQueue()
    for number in range(5_000):
        queue.put(shown("x", f"place {number}", new=False))

    assert len(emptied(queue)) == 1000


def test_there_is_room_for_so_many_and_so_much() -> None:
    """And for as much again after it was cleared; an update takes no room."""
    room, much = Room(), Room()

    assert [room.takes(shown("x")) for _ in range(DISPLAYS + 1)] == [True] * DISPLAYS + [False]
    assert room.takes(shown("x", "p", new=False))
    room.clear()
    assert room.takes(shown("x"))
    assert [much.takes(shown("x" * (SIZE // 2))) for _ in range(3)] == [True, True, False]


def test_what_is_displayed_is_json() -> None:
    """Bytes of images become text, and what no message can hold is an error where it is displayed."""
    assert Display.of({"image/png": b"\x89PNG"}, None).data == {"image/png": "iVBORw=="}
    with pytest.raises(TypeError, match="cannot be sent to the notebook: Object of type object"):
        Display.of({"application/json": object()}, None)


class _Markup(str):
    pass


class _Settings(dict[str, Any]):
    pass


def test_what_is_displayed_is_of_pythons_own_types() -> None:
    """The client cannot have the classes of a notebook or of another host, and must not fail for that."""
    made = Display.of(
        {_Markup("text/html"): _Markup("<b>1</b>"), "application/json": _Settings(a=_Markup("b"))},
        _Settings(isolated=True),
        _Markup("here"),
    )
    parts = [*made.data, *made.data.values(), made.metadata, made.place]

    assert made == Display(
        {"text/html": "<b>1</b>", "application/json": {"a": "b"}}, {"isolated": True}, "here"
    )
    assert {type(part) for part in parts} == {str, dict}


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> list[Any]:
    """Collect what is told."""
    return []


@pytest.fixture
def capture(told: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OutputCapture]:
    """Capture the output of this process."""
    monkeypatch.chdir(tmp_path)
    made = OutputCapture(
        lambda task, stream, text: told.append((task, Text(stream, text))),
        tell_display=lambda task, output: told.append((task, output)),
    )
    yield made
    made.close()


def test_a_display_comes_after_what_was_printed_before(capture: OutputCapture, told: list[Any]) -> None:
    """Also what has no end of line; and nothing is shown for nobody when no task runs."""
    with capture:
        capture.task = 1
        print("one", end="")
        capture.show(shown("two"))
        print("three")
        capture.end()
        taken = capture.show(shown("nobody's"))

    assert told == [(1, Text(1, "one")), (1, shown("two")), (1, Text(1, "three\n"))]
    assert not taken


def test_a_task_is_told_what_was_left_out(capture: OutputCapture, told: list[Any]) -> None:
    """The next task has room again."""
    with capture:
        capture.task = 1
        for number in range(DISPLAYS + 7):
            capture.show(shown(str(number)))
        capture.end()
        capture.task = 2
        capture.show(shown("next"))
        capture.end()

    assert [output for task, output in told if task == 2] == [shown("next")]
    assert told[-2] == (1, Text(2, f"[7 more outputs are not shown. {MORE}]\n"))
    assert len(told) == DISPLAYS + 2


def test_after_clearing_there_is_room_for_text_too(capture: OutputCapture, told: list[Any]) -> None:
    """A loop that prints and clears is followed to its end."""
    with capture:
        capture.task = 1
        for _ in range(3):
            print("x" * (LIMIT - 1))
            capture.show(Clear())
        print("the end")
        capture.end()

    assert told[-1][1].text.startswith("the end\n")


class Before:
    """A publisher in whose place another one is."""

    topic = b"mine"

    def __init__(self) -> None:
        self.published: list[Any] = []

    def publish(self, data: Any, metadata: Any = None, **_: Any) -> None:
        """Keep it."""
        self.published.append(data)


def test_outside_tasks_the_publisher_is_as_before() -> None:
    """What runs on an engine by other ways is published as ever."""
    before = Before()
    publisher = TaskPublisher(before, lambda _: False, widgets=False)
    publisher.publish({"text/plain": "x"})

    assert before.published == [{"text/plain": "x"}]
    assert publisher.topic == b"mine"


def test_a_widget_becomes_a_sentence() -> None:
    """It says what to do instead."""
    taken: list[Any] = []
    publisher = TaskPublisher(Before(), lambda output: not taken.append(output), widgets=False)
    publisher.publish(
        {"text/plain": "IntSlider()", "application/vnd.jupyter.widget-view+json": {"model_id": "a"}}
    )

    assert taken == [shown(NO_WIDGETS)]


def test_what_stands_in_the_cell_at_the_end_is_recorded() -> None:
    """Updates are applied, and what was cleared is forgotten."""
    publisher = TaskPublisher(Before(), lambda _: True, widgets=True)
    kept: list[Any] = []
    with publisher.recording(kept):
        publisher.publish({"text/plain": "gone"})
        publisher.clear_output(wait=True)
        publisher.publish({"text/plain": "old"}, transient={"display_id": "p"})
        publisher.publish({"text/plain": "new"}, transient={"display_id": "p"}, update=True)

    assert kept == [({"text/plain": "new"}, {})]
