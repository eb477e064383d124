"""The scheduler on plain lists: engines on several hosts, and files that go with theirs."""

from __future__ import annotations

from typing import Any

import pytest

from eflows_nb.engine.messages import Code
from eflows_nb.runtime.commands import Remove, Send
from eflows_nb.tasks.data import PENDING, Large
from eflows_nb.tasks.state import TaskState


@pytest.fixture
def apart(graph: Any) -> Any:
    """Return a graph with engines 0 and 1 on one host, 2 and 3 on another one; functions take long."""
    for number, host in enumerate(["a", "a", "b", "b"]):
        graph.scheduler.engine_up(number, host)
    for name in ("f", "read"):
        graph.know(name, 10.0)
    return graph


def _one_on_each(graph: Any) -> list[Any]:
    """Return four large data, each on the engine of its number."""
    made = [graph.result() for _ in range(4)]
    assert {engine: len(tasks) for engine, tasks in graph.sent().items()} == dict.fromkeys(range(4), 1)
    for engine in range(4):
        graph.finish(engine, graph.kept)
    return sorted(made, key=lambda datum: min(graph.holder(datum)))


def _export(graph: Any, datum: Any, home: str) -> None:
    """Let the engine of a datum put it into a file of its host."""
    graph.scheduler.want([datum])
    ((engine, number),) = graph.exports()
    graph.scheduler.exported(engine, number, f"file-{number}", "", home)


def test_a_reader_goes_to_the_host_that_has_most(apart: Any) -> None:
    """Two inputs on one host are worth more than one elsewhere: they need not be moved."""
    zero, one, two, _ = _one_on_each(apart)
    reader = apart.make(two, zero, one, name="read")
    for engine, number in apart.exports():
        apart.scheduler.exported(engine, number, f"file-{number}", "", "ab"[engine // 2])

    (engine,) = apart.sent()
    assert engine in (0, 1)
    assert reader.state is TaskState.RUNNING


def test_readers_of_what_a_host_has_run_there(apart: Any) -> None:
    """Each of many, if there is room; who has nothing to do takes some of them all the same."""
    zero, _, _, three = _one_on_each(apart)
    _export(apart, zero, "a")
    _export(apart, three, "b")
    here, there = apart.make(zero, name="read"), apart.make(three, name="read")

    sent = {number: engine for engine, numbers in apart.sent().items() for number in numbers}
    assert sent[here.number] in (0, 1)
    assert sent[there.number] in (2, 3)
    for _ in range(40):
        apart.make(zero, name="read")

    assert {2, 3} & apart.sent().keys()


def test_what_was_shared_on_a_lost_host_is_made_again(apart: Any) -> None:
    """A file that goes with its host is not the end of the lineage."""
    *_, three = _one_on_each(apart)
    _export(apart, three, "b")
    for engine in (2, 3):
        apart.scheduler.engine_down(engine)
    assert three.value is not PENDING
    apart.scheduler.host_down("b")
    reader = apart.make(three, name="read")

    assert list(apart.sent().values()) == [[three.maker]]
    assert three.value is PENDING
    assert reader.state is TaskState.WAITING


def test_a_copy_on_another_host_is_as_good(apart: Any) -> None:
    """An engine that has fetched it before its host was lost holds it still."""
    *_, three = _one_on_each(apart)
    _export(apart, three, "b")
    for engine in (1, 2, 3):
        apart.scheduler.engine_down(engine)
    first = apart.make(three, name="read")
    assert apart.sent() == {0: [first.number]}
    apart.scheduler.host_down("b")
    apart.finish(0, 1)
    second = apart.make(three, name="read")

    assert apart.sent() == {0: [second.number]}


def test_what_the_client_has_brought_home_outlives_its_host(apart: Any) -> None:
    """It has a file of its own, which is removed when nobody needs it any more."""
    *_, three = _one_on_each(apart)
    _export(apart, three, "b")
    assert apart.scheduler.elsewhere() == [three.value]
    apart.scheduler.brought(three.value, "file-of-the-client")
    for engine in (2, 3):
        apart.scheduler.engine_down(engine)
    apart.scheduler.host_down("b")

    assert apart.scheduler.elsewhere() == []
    assert type(three.value) is Large
    assert three.value.shared == "file-of-the-client"
    number = three.number
    del three, _
    assert Remove("file-of-the-client") in apart.advance(), number


def test_an_engine_that_could_not_fetch_is_told_again(apart: Any) -> None:
    """It was said to hold what it did not get, and would miss it for ever."""
    *_, three = _one_on_each(apart)
    _export(apart, three, "b")
    for engine in (1, 2, 3):
        apart.scheduler.engine_down(engine)
    reader = apart.make(three, name="read")
    (send,) = [command for command in apart.advance() if type(command) is Send]
    assert send.data == {three.number: three}
    apart.finish(0, (Code.MISSING, three.number))
    (again,) = [command for command in apart.advance() if type(command) is Send]

    assert again.tasks == [reader]
    assert again.data == {three.number: three}
