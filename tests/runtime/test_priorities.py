"""Urgent tasks first, by whatever way tasks come to wait for an engine."""

from __future__ import annotations

from typing import Any

import pytest

from eflows_nb.tasks.policy import Policy


def _order(graph: Any, engine: int = 0) -> list[int]:
    """Let an engine do all that it gets, a task at a time, and return the numbers in order."""
    order: list[int] = []
    while numbers := graph.sent().get(engine):
        order += numbers
        graph.finish(engine, *[0] * len(numbers))
    return order


@pytest.fixture
def urgencies(graph: Any) -> Any:
    """A graph with one busy engine, and functions 'high', 'f' and 'low' of long tasks."""
    for name, priority in (("high", 2), ("f", 0), ("low", -1)):
        graph.define(name, Policy(priority=priority))
        graph.know(name, 60.0)
    graph.engines(0)
    graph.make(name="f")
    graph.sent()
    return graph


def test_the_less_urgent_wait_for_the_usual_ones(urgencies: Any) -> None:
    """A negative priority is one for what may wait, whenever it came."""
    low, usual, high = (urgencies.make(name=name) for name in ("low", "f", "high"))
    urgencies.sent()
    later = urgencies.make(name="f")
    urgencies.sent()
    urgencies.finish(0, 0)

    assert _order(urgencies) == [high.number, usual.number, later.number, low.number]


def test_who_finds_its_data_on_an_engine_does_not_pass_the_urgent(urgencies: Any) -> None:
    """A reader of a large result waits with its engine, in program order, behind what is more urgent."""
    large = urgencies.result(name="f")
    urgencies.finish(0, 0)
    urgencies.sent()
    blocker = urgencies.make(name="f")
    high = urgencies.make(name="high")
    urgencies.sent()
    readers = [urgencies.make(large, name="f") for _ in range(3)]
    urgencies.finish(0, urgencies.kept)

    assert _order(urgencies) == [high.number, *(reader.number for reader in readers), blocker.number]


def test_a_successor_does_not_pass_the_urgent_with_its_maker(urgencies: Any) -> None:
    """It travels with its maker only when nothing more urgent waits for that engine."""
    urgencies.know("short", 1e-5)
    urgencies.finish(0, 0)
    urgencies.define("short high", Policy(priority=1))
    urgencies.know("short high", 1e-5)
    first = urgencies.make(name="short high")
    reader = urgencies.make(first.outputs[0], name="short")
    second = urgencies.make(name="short high")

    assert _order(urgencies) == [first.number, second.number, reader.number]


def test_a_retry_does_not_pass_the_urgent(graph: Any) -> None:
    """It is the next among those that are as urgent as itself."""
    graph.define("f", Policy.of(retries=1))
    graph.define("high", Policy(priority=1))
    graph.know("f", 60.0)
    graph.know("high", 60.0)
    graph.engines(0)
    retried = graph.make()
    graph.sent()
    high, other = graph.make(name="high"), graph.make()
    graph.sent()
    graph.finish(0, graph.failed)

    assert _order(graph) == [high.number, retried.number, other.number]


def test_who_has_nothing_takes_the_most_urgent_of_another(urgencies: Any) -> None:
    """Not the last ones, which are the least urgent."""
    for name in ("low", "low", "high", "high"):
        last = urgencies.make(name=name)
    urgencies.sent()
    urgencies.engines(1)

    assert urgencies.sent() == {1: [last.number]}
