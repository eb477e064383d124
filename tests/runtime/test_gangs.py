"""A task that needs more than one engine has gets several, and is never waited for in vain."""

from __future__ import annotations

from typing import Any

import pytest

from eflows_nb.runtime.commands import Recall
from eflows_nb.tasks.policy import OnFailure, Policy
from eflows_nb.tasks.resources import Resources
from eflows_nb.tasks.state import TaskState


@pytest.fixture
def wide(graph: Any) -> Any:
    """Return a function that makes a task of so many cores."""

    def make(cores: int, *reads: Any, priority: int = 0) -> Any:
        name = f"wide{cores}-{priority}"
        graph.define(name, Policy(resources=Resources(cores=cores), priority=priority))
        return graph.make(*reads, name=name)

    return make


def test_it_waits_until_enough_engines_of_a_host_are_idle(graph: Any, wide: Any) -> None:
    """Those that are idle before are kept, so that a stream of small tasks does not starve it."""
    graph.engines(0, 1)
    graph.know("f", 0.010)
    first, second = graph.make(), graph.make()
    graph.sent()
    task = wide(2)
    later = [graph.make() for _ in range(4)]
    assert graph.sent() == {}
    graph.finish(first.engine, 0)
    assert graph.sent() == {}
    graph.finish(second.engine, 0)
    sent = graph.sent()

    assert list(sent.values()) == [[task.number]]
    assert all(small.state is TaskState.READY for small in later)
    graph.finish(task.engine, 0)
    assert len(graph.sent()) == 2


def test_others_run_beside_it(graph: Any, wide: Any) -> None:
    """Only as many engines are kept as it needs."""
    graph.engines(0, 1, 2)
    graph.know("f", 0.010)
    task = wide(2)
    small = [graph.make() for _ in range(2)]
    sent = graph.sent()

    assert sent.pop(task.engine) == [task.number]
    assert list(sent.values()) == [[small[0].number, small[1].number]] or len(sent) == 1


def test_those_who_watch_are_told_which_engines_are_kept(graph: Any, wide: Any) -> None:
    """Without that they seem to be idle."""
    graph.engines(0, 1, 2)
    task = wide(2)
    graph.sent()
    (running,) = (change for change in graph.scheduler.graph.changes if change.state is TaskState.RUNNING)

    assert len(running.kept) == 1
    assert task.engine not in running.kept


def test_what_no_host_has_is_not_waited_for(graph: Any, wide: Any) -> None:
    """It gets a whole host."""
    graph.engines(0, 1)
    task = wide(64)

    assert list(graph.sent().values()) == [[task.number]]
    assert graph.scheduler.gangs.cores_for(task) == 2


def test_engines_that_are_still_to_come_are_waited_for(graph: Any, wide: Any) -> None:
    """The first engine does not run alone what four could run."""
    graph.scheduler.gangs.growing = True
    graph.engines(0)
    task = wide(2)
    assert graph.sent() == {}
    graph.engines(1)

    assert list(graph.sent().values()) == [[task.number]]


def test_engines_of_several_hosts_are_no_gang(graph: Any, wide: Any) -> None:
    """A task uses cores of one host."""
    for number, host in enumerate(["a", "b", "b"]):
        graph.scheduler.engine_up(number, host)
    task = wide(2)

    assert graph.sent() in ({1: [task.number]}, {2: [task.number]})


@pytest.fixture
def bound(graph: Any) -> Any:
    """Return a function that makes a task for certain hosts."""

    def make(*hosts: str, reads: tuple[Any, ...] = ()) -> Any:
        graph.define(f"on {hosts}", Policy(resources=Resources.of(target=hosts)))
        return graph.make(*reads, name=f"on {hosts}")

    return make


def test_a_task_runs_on_the_host_that_it_names(graph: Any, bound: Any) -> None:
    """Several of them on several engines of it, and none elsewhere, though others are idle."""
    for number, host in enumerate(["a", "b", "b"]):
        graph.scheduler.engine_up(number, host)
    first, second, third = bound("b"), bound("b"), bound("b", "a")
    assert graph.sent() == {1: [first.number], 2: [second.number], 0: [third.number]}
    late = bound("b")
    assert graph.sent() == {}
    graph.finish(2, 0)

    assert graph.sent() == {2: [late.number]}


def test_it_does_not_follow_what_it_reads_to_another_host(graph: Any, bound: Any) -> None:
    """A successor travels with its maker only where it may run."""
    graph.scheduler.engine_up(0, "a")
    made = graph.result()
    reader = bound("b", reads=(made,))
    graph.know("f", 0.001)
    assert graph.sent() == {0: [made.number]}
    graph.scheduler.engine_up(1, "b")
    graph.finish(0, 7)

    assert graph.sent() == {1: [reader.number]}


def test_a_host_that_is_not_there_is_waited_for_only_while_engines_join(graph: Any, bound: Any) -> None:
    """Then another one runs the task: there is no wait for ever."""
    graph.scheduler.gangs.growing = True
    graph.scheduler.engine_up(0, "a")
    task = bound("b")
    assert graph.sent() == {}
    graph.scheduler.gangs.growing = False

    assert graph.sent() == {0: [task.number]}


def test_a_task_of_a_host_that_is_lost_runs_elsewhere(graph: Any, bound: Any) -> None:
    """As every task of a lost engine does."""
    graph.scheduler.engine_up(0, "a")
    graph.scheduler.engine_up(1, "b")
    task = bound("b")
    assert graph.sent() == {1: [task.number]}
    graph.scheduler.engine_down(1)

    assert graph.sent() == {0: [task.number]}


def test_an_engine_that_owns_enough_cores_is_no_gang(graph: Any, wide: Any) -> None:
    """Two tasks of four cores run at once on engines that own four."""
    for number in range(2):
        graph.scheduler.engine_up(number, "here", Resources(cores=4))
    wide(4), wide(4)

    assert len(graph.sent()) == 2


def test_what_was_sent_in_advance_comes_back_for_it(graph: Any, wide: Any) -> None:
    """It need not wait for seconds of work that was sent early."""
    graph.engines(0, 1)
    graph.know("f", 0.010)
    graph.scheduler.look_ahead = 1.0
    for _ in range(60):
        graph.make()
    graph.sent()
    wide(2)

    assert {type(command) for command in graph.advance()} == {Recall}


def test_its_engines_are_free_again_when_it_is_cancelled(graph: Any, wide: Any) -> None:
    """Whether it waits or runs."""
    graph.engines(0, 1)
    graph.know("f", 0.010)
    graph.make()
    graph.sent()
    task = wide(2)
    graph.sent()
    graph.scheduler.cancel([task], "no")
    small = graph.make()

    assert list(graph.sent().values()) == [[small.number]]


def test_it_survives_the_loss_of_its_engine(graph: Any, wide: Any) -> None:
    """It runs on those that are left."""
    graph.engines(0, 1)
    task = wide(2)
    graph.sent()
    lost = task.engine
    graph.scheduler.engine_down(lost)

    assert graph.sent() == {1 - lost: [task.number]}


def test_it_does_not_travel_behind_what_it_reads(graph: Any, wide: Any) -> None:
    """Its maker's engine alone is not enough for it."""
    graph.engines(0, 1)
    made = graph.result()
    task = wide(2, made)
    [(engine, numbers)] = graph.sent().items()
    assert numbers == [made.number]
    graph.finish(engine, 1)

    assert list(graph.sent().values()) == [[task.number]]


def test_what_it_reads_is_shared_first(graph: Any, wide: Any) -> None:
    """It can then run on whichever engine is free."""
    graph.engines(0, 1)
    made = graph.result()
    graph.sent()
    graph.finish(0, graph.kept)
    task = wide(2, made)
    assert graph.exports() == [(0, made.number)]
    graph.share(0, made)

    assert list(graph.sent().values()) == [[task.number]]


def test_the_most_urgent_one_is_first(graph: Any, wide: Any) -> None:
    """Of those that wait."""
    graph.engines(0, 1)
    graph.make()
    graph.sent()
    wide(2), wide(2)
    urgent = wide(2, priority=1)
    graph.sent()
    graph.finish(0, 0)

    assert list(graph.sent().values()) == [[urgent.number]]


def test_it_has_its_engines_when_it_is_tried_again(graph: Any) -> None:
    """A second try needs as much of the machine as the first one."""
    policy = Policy(resources=Resources(cores=2), on_failure=OnFailure.RETRY, retries=1)
    graph.engines(0, 1)
    graph.define("again", policy)
    task = graph.make(name="again")
    graph.sent()
    graph.finish(task.engine, graph.failed)

    assert graph.sent() == {task.engine: [task.number]}
    assert graph.scheduler.gangs.cores_for(task) == 2


def test_two_that_keep_engines_do_not_wait_for_each_other(graph: Any, wide: Any) -> None:
    """When engines are taken away from both, one lets go of what it kept."""
    graph.engines(*range(6))
    graph.know("f", 10.0)
    small = [graph.make() for _ in range(6)]
    graph.sent()
    tasks = [wide(3), wide(3)]
    graph.sent()
    gangs = [[q.number for q in graph.scheduler.engines.values() if q.kept_for is task] for task in tasks]
    for gang in gangs:
        graph.scheduler.retire(gang[-1])
    graph.sent()
    for task in small:
        graph.finish(task.engine, 0)
    sent = graph.sent()

    assert [len(gang) for gang in gangs] == [3, 3]
    assert len(sent) == 1
    graph.finish(*sent, 0)
    assert sorted([*sent.values(), *graph.sent().values()]) == [[task.number] for task in tasks]


def test_many_that_wait_are_not_looked_at_one_by_one(graph: Any, wide: Any) -> None:
    """What the first of a kind does not get, the others of its kind do not get either."""
    graph.engines(0, 1)
    tasks = [wide(2) for _ in range(100)]
    graph.sent()
    looked: list[Any] = []
    gang = graph.scheduler.gangs._gang
    graph.scheduler.gangs._gang = lambda task: looked.append(task) or gang(task)
    graph.finish(tasks[0].engine, 0)

    assert graph.sent() == {tasks[1].engine: [tasks[1].number]}
    assert len(looked) == 2
