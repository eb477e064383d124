"""What the last tasks were called with, and have made, can be looked at; the rest is forgotten."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.runtime import session
from eflows_nb.runtime.recent_calls import CALLS_KEPT, NamedPreview, RecentCalls, find_call
from eflows_nb.tasks.data import Datum
from eflows_nb.tasks.task import FunctionCode, Task

numpy = pytest.importorskip("numpy")


@pytest.fixture(autouse=True)
def remembering() -> None:
    """Have the session remember calls, as it does in a Jupyter kernel."""
    session.current().remember_calls()


@ef.task
def scale(values: Any, factor: float = 2.0, *more: Any) -> Any:
    """Return values times a factor."""
    return [value * factor for value in values]


@ef.task
def grow(size: int) -> Any:
    """Return an array."""
    import numpy as np

    return np.ones(size)


@ef.task(retries=1)
def divide(a: float, b: float) -> float:
    """Return a quotient."""
    return a / b


Shown = tuple[str, str, str, str, int]


def shown(values: list[NamedPreview] | None) -> list[Shown]:
    """Return name, type, size and text of each value, and the task that has made it."""
    assert values is not None
    return [(v.name, v.value.kind, v.value.about, v.value.text, v.task) for v in values]


def told(future: Any) -> tuple[list[Shown], list[Shown]]:
    """Return what is told of a task that is known: its inputs and outputs."""
    inputs, outputs = session.current().describe_task(future.datum.number)
    return shown(inputs), shown(outputs)


def test_arguments_and_results_are_told(every_cluster: None) -> None:
    """By the names of the parameters, also when the task has ended; futures by what they stand for."""
    first = scale([1, 2], 3)
    second = scale(first, 1, "more")
    assert ef.wait_on(second) == [3, 6]
    inputs, outputs = told(second)
    assert inputs == [
        ("values", "list", "length 2", "[3, 6]", first.datum.number),
        ("factor", "int", "", "1", 0),
        ("more[0]", "str", "length 4", "'more'", 0),
    ]
    assert outputs == [("", "list", "length 2", "[3, 6]", 0)]


def test_large_results_stay_where_they_are(every_cluster: None) -> None:
    """Their type and size are known without them."""
    future = grow(100_000)
    ef.as_completed([future])
    ef.barrier()
    _, ((_, kind, about, _, _),) = told(future)
    assert kind == "numpy.ndarray"
    assert about.startswith("100000 float64")


def test_a_failed_task_still_tells_what_it_was_called_with(every_cluster: None, settled: None) -> None:
    """That is what one wants to know of it."""
    future = divide(1, 0)
    with pytest.raises(ZeroDivisionError):
        ef.wait_on(future)
    inputs, outputs = told(future)
    assert [(name, text) for name, _, _, text, _ in inputs] == [("a", "1"), ("b", "0")]
    assert [kind for _, kind, *_ in outputs] == ["never made"]


def test_nothing_lives_longer_for_it() -> None:
    """A result that nobody refers to goes, and that is what is told."""
    future = scale([1], 1)
    ef.wait_on(future)
    number, datum = future.datum.number, weakref.ref(future.datum)
    del future
    gc.collect()
    assert datum() is None
    _, outputs = session.current().describe_task(number)
    assert outputs is not None
    assert outputs[0].value.kind == "let go of: nothing refers to it"


def test_of_a_flood_only_some_calls_are_remembered(graph: Any) -> None:
    """Those of failed tasks are, and those that have not ended always are known."""
    graph.scheduler.graph.recent = RecentCalls()
    graph.engines(0)
    failing = graph.make()
    graph.sent()
    graph.finish(0, graph.failed)
    code = FunctionCode(9, "g", b"")
    flood = [Task(1000 + number, code, b"payload", ()) for number in range(2 * CALLS_KEPT)]
    for task in flood:
        task.outputs = (Datum(task.number, task),)
    graph.scheduler.submit(flood[:CALLS_KEPT])
    graph.scheduler.submit(flood[CALLS_KEPT:])
    recent = graph.scheduler.graph.recent
    assert recent.find(flood[0].number).payload == b"payload"
    assert recent.find(flood[CALLS_KEPT].number).payload == b"payload"
    assert recent.find(flood[-1].number) is None
    assert recent.find(failing.number).payload == b"payload"
    assert find_call(graph.scheduler, flood[-1].number).payload == b"payload"
    assert find_call(graph.scheduler, 10**9) is None


def test_large_arguments_are_not_kept(graph: Any) -> None:
    """Their bytes would be many times what is bounded."""
    graph.scheduler.graph.recent = RecentCalls()
    graph.engines(0)
    task = graph.make()
    task.payload = b"x" * 10**6
    recent = RecentCalls()
    recent.note([task], 0)
    assert recent.find(task.number).payload == b""
