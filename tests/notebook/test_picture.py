"""A task graph as a picture and as text, for pages on which nothing can run."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from eflows_nb.notebook import picture
from eflows_nb.notebook.outline import ARROWS, BOXES, Arrow, outline
from eflows_nb.notebook.task_board import TaskBoard
from eflows_nb.tasks.events import TasksChanged, TasksSubmitted
from eflows_nb.tasks.state import TaskState

HOSTILE = "<img src=x onerror='alert(1)'>&\x00\x1b[31m\ud800\u202e]]>"


def board(*tasks: tuple[str, tuple[int, ...]]) -> TaskBoard:
    """Return the graph of tasks with these functions, which read from tasks of these numbers."""
    made = TaskBoard(0.0)
    names, parents = zip(*tasks, strict=True)
    numbers = tuple(range(len(tasks)))
    made.take(
        [TasksSubmitted(time=1.0, tasks=numbers, names=names, parents=parents, origins=(1,) * len(tasks))]
    )
    return made


def done(*tasks: int, seconds: float = 0.5) -> TasksChanged:
    """Return that these tasks are done."""
    count = len(tasks)
    return TasksChanged(
        time=3.0,
        state=TaskState.DONE,
        tasks=tasks,
        engine=0,
        starts=(1.5,) * count,
        seconds=(seconds,) * count,
        sizes=(0,) * count,
    )


def words(svg: str) -> str:
    """Return what is written in a picture, which is well-formed."""
    return "\n".join(ElementTree.fromstring(svg).itertext())


def test_each_function_has_a_box_with_its_tasks_and_states() -> None:
    """Arrows have the number of dependencies that they stand for."""
    graph = board(("load", ()), ("load", ()), ("mean", (0, 1)), ("plot", (2,)))
    graph.take([done(0, 1)])
    seen = outline(graph)
    assert [(box.name, box.total, box.count(TaskState.DONE), box.column) for box in seen.boxes] == [
        ("load", 2, 2, 0),
        ("mean", 1, 0, 1),
        ("plot", 1, 0, 2),
    ]
    assert seen.arrows == (Arrow(source=0, target=1, count=2), Arrow(source=1, target=2, count=1))
    assert seen.boxes[0].seconds == 0.5
    assert seen.is_live
    text = words(picture.svg(seen))
    assert "4 tasks: 2 done, 2 waiting" in text
    assert "2 tasks · 500 ms each" in text


def test_tasks_that_an_engine_has_in_advance_are_not_said_to_run() -> None:
    """In the picture, and in words."""
    graph = board(*[("f", ())] * 40)
    graph.take([TasksChanged(time=2.0, state=TaskState.RUNNING, tasks=tuple(range(39)), engine=0)])
    seen = outline(graph)
    told = "1 running, 38 sent, 1 waiting"
    assert picture.text(seen) == f"40 tasks: {told}\n  f  {told}"
    assert words(picture.svg(seen)).count(told) == 2
    assert seen.is_live


def test_names_stay_text() -> None:
    """Nothing but shapes and text is in the picture, whatever a task is called."""
    svg = picture.svg(outline(board((HOSTILE, ()), (HOSTILE, (0,)))))
    kinds = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert kinds == {"svg", "g", "title", "rect", "text", "path", "polygon"}
    assert "<img src=x onerror='alert(1)'>&" in words(svg)
    assert svg.encode("utf-8").count(b"<img") == 0


def test_a_large_graph_has_a_small_picture() -> None:
    """Of a thousand functions those with most tasks are shown, and it says how many are not."""
    tasks = [(f"function_with_a_long_name_{i % 1000}", (i - 1, i // 2) if i else ()) for i in range(100_000)]
    seen = outline(board(*tasks))
    assert len(seen.boxes) == BOXES
    assert len(seen.arrows) <= ARROWS
    svg = picture.svg(seen)
    assert len(svg) < 100_000
    assert f"{1000 - BOXES} more functions are not shown" in words(svg)
    assert len(picture.text(seen).splitlines()) == BOXES + 1


def test_a_long_chain_of_functions_goes_down_the_page() -> None:
    """A page is not that wide."""
    seen = outline(board(*[(f"step{i}", (i - 1,) if i else ()) for i in range(30)]))
    drawn = ElementTree.fromstring(picture.svg(seen))
    assert int(drawn.attrib["width"]) < 500
    assert [box.column for box in seen.boxes] == list(range(30))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_boxes_do_not_overlap(count: int) -> None:
    """Nor do they leave the picture."""
    tasks = [("first", ()), *[(f"middle{i}", (0,)) for i in range(count)]]
    tasks.append(("last", tuple(range(1, count + 1))))
    drawn = ElementTree.fromstring(picture.svg(outline(board(*tasks))))
    boxes = [
        tuple(int(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        for rect in drawn.iter("{http://www.w3.org/2000/svg}rect")
        if rect.attrib["fill"] == "#f6f7f8"
    ]
    assert len(boxes) == count + 2
    for (x0, y0, width, height), (x1, y1, *_) in pairwise(sorted(boxes)):
        assert x1 >= x0 + width or y1 >= y0 + height
    assert max(y + height for _, y, _, height in boxes) < int(drawn.attrib["height"])
    assert min(y for _, y, *_ in boxes) > 0


def test_a_graph_without_tasks_says_so() -> None:
    """It is a picture all the same."""
    seen = outline(TaskBoard(0.0))
    assert "No task yet." in words(picture.svg(seen))
    assert picture.text(seen) == "No task yet."
    assert not seen.is_live


def test_the_text_tells_the_same() -> None:
    """For terminals and readers of the screen: functions, states, and who reads from whom."""
    graph = board(("load", ()), ("merge", (0,)), ("merge", (1,)))
    graph.take([done(0)])
    assert picture.text(outline(graph)) == (
        "3 tasks: 1 done, 2 waiting\n  load   1 done\n  merge  2 waiting  (reads load, merge)"
    )
