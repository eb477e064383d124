"""Why tasks wait is told in a line, by what places them."""

from __future__ import annotations

from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.clusters.cluster import ClusterState
from eflows_nb.runtime.backlog import why_waiting
from eflows_nb.tasks.policy import Policy
from eflows_nb.tasks.resources import Resources


def reason(graph: Any, state: ClusterState = ClusterState.READY, requested: int = 2) -> str:
    """Return why tasks of a graph wait."""
    graph.advance()
    return why_waiting(graph.scheduler, state, requested)


def test_nothing_is_said_where_nothing_waits(graph: Any) -> None:
    """Neither before the first task nor while each has an engine."""
    graph.engines(0, 1)
    assert reason(graph) == ""
    graph.make()
    graph.make()
    assert reason(graph) == ""


def test_tasks_wait_for_engines_that_start(graph: Any) -> None:
    """Until one has joined that is all; then it is said how many others are to come."""
    for _ in range(3):
        graph.make()
    assert reason(graph, ClusterState.STARTING, 4) == "3 tasks are ready: none of 4 engines has joined yet"
    graph.engines(0, 1)
    assert (
        reason(graph, ClusterState.STARTING, 4)
        == "1 task is ready: both engines are busy, and 2 of 4 are starting"
    )


def test_ready_tasks_wait_for_busy_engines(graph: Any) -> None:
    """What nobody knows the duration of is sent one by one, so the others are ready."""
    graph.engines(0, 1)
    for _ in range(14):
        graph.make()
    assert reason(graph) == "12 tasks are ready: both engines are busy"


def test_tasks_that_were_sent_ahead_are_behind_others(graph: Any) -> None:
    """Their engine has them, for the scheduler they run, and they have not begun."""
    graph.engines(0)
    graph.know("f", 0.0001)
    made = [graph.make() for _ in range(40)]
    assert reason(graph, requested=1) == "39 tasks are sent to their engine, behind what runs there"
    graph.scheduler.cancel(made[:38], "so")
    assert reason(graph, requested=2) == "1 task is sent to its engine, behind what runs there"


def test_tasks_wait_for_what_others_make(graph: Any) -> None:
    """Those that read what is not there are told apart from those that engines are wanted for."""
    graph.engines(0, 1)
    first = graph.result()
    graph.define("g", Policy(resources=Resources(cores=2)))
    graph.make(first, name="g")
    assert reason(graph) == "1 task waits for other tasks"


def test_a_broken_cluster_has_no_engine(graph: Any) -> None:
    """And the way out is told."""
    graph.make()
    assert (
        reason(graph, ClusterState.BROKEN) == "1 task is ready: no engine is left; ef.start() starts others"
    )


def test_a_task_for_several_engines_says_what_it_wants(graph: Any) -> None:
    """First no host has its engines free together, then some are kept for it."""
    graph.scheduler.engine_up(0, "n1", Resources(cores=4))
    graph.scheduler.engine_up(1, "n1", Resources(cores=4))
    small = [graph.make(), graph.make()]
    graph.sent()
    graph.define("wide", Policy(resources=Resources(cores=8)))
    for _ in range(3):
        graph.make(name="wide")
    assert reason(graph) == (
        "1 task waits for 8 cores: 2 engines are kept for that until what runs there ends; "
        "2 tasks wait for 8 cores: no engine has that alone, and those of a host are not free together yet"
    )
    graph.finish(small[0].engine, 0)
    assert reason(graph).startswith("1 task waits for 8 cores: 2 engines are kept")


def test_a_task_for_more_engines_waits_for_those_that_start(graph: Any) -> None:
    """Once no others are to come, what there is will do."""
    graph.scheduler.gangs.growing = True
    graph.scheduler.engine_up(0, "n1", Resources(cores=4))
    graph.define("wide", Policy(resources=Resources(cores=8)))
    graph.make(name="wide")
    assert reason(graph, ClusterState.STARTING) == (
        "1 task waits for 8 cores: the engines that have joined do not have that, and more are starting"
    )


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Resources(cores=2, memory=4_000_000_000, gpus=1), "2 cores and 4 GB of memory and 1 GPU"),
        (Resources(target=("n3",)), "host n3"),
        (Resources(target=("a", "b", "c", "d")), "host a or b or c, …"),
    ],
)
def test_what_is_wanted_is_told_in_words(graph: Any, wanted: Resources, told: str) -> None:
    """Cores, memory, GPUs and hosts, as far as a function asks for them."""
    graph.scheduler.gangs.growing = True
    graph.scheduler.engine_up(0, "n1", Resources(cores=1, memory=1, gpus=0))
    graph.define("wide", Policy(resources=wanted))
    graph.make(name="wide")
    assert reason(graph, ClusterState.STARTING).startswith(f"1 task waits for {told}: ")


def test_data_on_their_way_are_told(graph: Any) -> None:
    """A task that reads what lies on two engines waits until one has shared it."""
    graph.engines(0, 1)
    first, second = graph.result(), graph.result()
    graph.sent()
    graph.finish(first.producer.engine, graph.kept)
    graph.finish(second.producer.engine, graph.kept)
    graph.make(first, second)
    assert reason(graph) == "1 task waits for data that engines are sharing"


def test_what_lies_on_a_busy_engine_keeps_its_readers(graph: Any) -> None:
    """Another engine that has nothing to do does not help before the data are shared."""
    graph.engines(0)
    graph.know("f", 0.010)
    data = [graph.result(), graph.result()]
    graph.sent()
    graph.finish(0, graph.kept)
    graph.finish(0, graph.kept)
    graph.engines(1)
    graph.know("long", 0.2)
    for datum in data:
        graph.make(datum, name="long")
    assert reason(graph) == "1 task is ready: what they read lies on engine 0, which is busy"


def test_a_thousand_tasks_cost_no_more_than_ten(graph: Any) -> None:
    """It is asked ten times a second, so tasks are counted and not looked at."""
    graph.engines(0, 1)
    looked: list[Any] = []
    for _ in range(1000):
        graph.make()
    graph.advance()
    for queue in graph.scheduler.engines.values():
        queue.queue.usual = Watched(queue.queue.usual, looked)
    assert why_waiting(graph.scheduler, ClusterState.READY, 2) == "998 tasks are ready: both engines are busy"
    assert len(looked) <= 2


@pytest.mark.engines
def test_a_session_tells_it_where_it_is_shown(two_engines: ef.Session, gates: Any, hold: Any) -> None:
    """In its text, for cells and ``%eflows status``, and in its snapshot, for pages."""
    doors = [gates() for _ in range(4)]
    held = [hold(*door.paths) for door in doors[:2]]
    running = [door.wait_for_start() for door in doors[:2]]
    held += [hold(*door.paths) for door in doors[2:]]
    two_engines.progress()  # what a loop submits is taken in together
    assert len(set(running)) == 2
    told = "2 tasks are ready: both engines are busy"
    assert two_engines.snapshot().waiting == told
    assert repr(two_engines).endswith(f"; {told}>")
    for door in doors:
        door.remove()
    ef.wait_on(held)
    assert two_engines.snapshot().waiting == ""


class Watched(list):  # type: ignore[type-arg]
    """Tasks that note when one of them is looked at."""

    def __init__(self, tasks: Any, looked: list[Any]) -> None:
        super().__init__(tasks)
        self._looked = looked

    def __getitem__(self, place: Any) -> Any:
        self._looked.append(place)
        return super().__getitem__(place)

    def __iter__(self) -> Any:
        for task in super().__iter__():
            self._looked.append(task)
            yield task
