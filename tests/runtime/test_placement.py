"""What each engine runs next: batches, their sizes, stealing, and where the data are."""

from __future__ import annotations

from typing import Any

import pytest

from eflows_nb.runtime.commands import Recall, Send
from eflows_nb.runtime.durations import BATCH_SECONDS, Durations
from eflows_nb.runtime.placement import load
from eflows_nb.runtime.queues import BATCH_LIMIT
from eflows_nb.tasks.policy import Policy
from eflows_nb.tasks.state import TaskState


def _sends(graph: Any) -> list[Send]:
    return [command for command in graph.advance() if type(command) is Send]


def test_short_tasks_travel_in_large_batches(graph: Any) -> None:
    """No-op tasks fill a batch up to its limit."""
    graph.engines(0)
    graph.know("f", 0.0)
    for _ in range(3 * BATCH_LIMIT):
        graph.make()

    assert [len(send.tasks) for send in _sends(graph)] == [BATCH_LIMIT, BATCH_LIMIT]


@pytest.mark.parametrize(("seconds", "size"), [(BATCH_SECONDS / 5, 5), (BATCH_SECONDS, 1), (30.0, 1)])
def test_the_duration_decides_the_size_of_a_batch(graph: Any, seconds: float, size: int) -> None:
    """A batch holds about as much work as it should, and a long task travels alone."""
    graph.engines(0)
    graph.know("f", seconds)
    for _ in range(20):
        graph.make()

    assert len(_sends(graph)[0].tasks) == size


def test_a_short_batch_is_followed_by_the_next_one_at_once(graph: Any) -> None:
    """While a short batch runs the next one is on its way, so that the engine never idles."""
    graph.engines(0)
    graph.know("f", BATCH_SECONDS)
    for _ in range(5):
        graph.make()

    assert len(_sends(graph)) == 2


def test_behind_a_long_task_nothing_is_queued(graph: Any) -> None:
    """What waits behind a long task could run elsewhere."""
    graph.engines(0)
    graph.know("f", 60.0)
    for _ in range(5):
        graph.make()

    assert len(_sends(graph)) == 1


def test_a_batch_has_a_budget_of_time(graph: Any) -> None:
    """A wrong guess costs little: the engine gives back what it could not start in time."""
    graph.engines(0)
    graph.know("f", 0.001)
    for _ in range(10):
        graph.make()

    assert 0.01 < _sends(graph)[0].budget < 1.0


def test_a_chain_goes_to_one_engine_as_a_whole(graph: Any) -> None:
    """Successors travel with their predecessors: a chain pays one round trip, not one a link."""
    graph.engines(0, 1)
    graph.know("f", 1e-4)
    chain = [graph.make()]
    for _ in range(9):
        chain.append(graph.make(chain[-1].outputs[0]))

    assert graph.sent() == {0: [task.number for task in chain]}
    assert {task.state for task in chain} == {TaskState.RUNNING}


def test_a_join_travels_with_both_its_inputs(graph: Any) -> None:
    """A task follows when all that makes its inputs is in the batch, and not before."""
    graph.engines(0)
    graph.know("f", 1e-4)
    left, right = graph.make(), graph.make()
    join = graph.make(left.outputs[0], right.outputs[0])

    assert graph.sent() == {0: [left.number, right.number, join.number]}


def test_a_join_of_two_engines_stays_behind(graph: Any) -> None:
    """A task whose inputs are made on two engines waits for both."""
    graph.engines(0, 1)
    graph.know("f", 2e-3)
    left, right = graph.make(), graph.make()
    join = graph.make(left.outputs[0], right.outputs[0])

    assert graph.sent() == {0: [left.number], 1: [right.number]}
    assert join.state is TaskState.WAITING


def test_depth_comes_before_breadth(graph: Any) -> None:
    """A batch takes a task's successors before its neighbours, so that data are used while they are there."""
    graph.engines(0)
    graph.know("f", 1e-4)
    first, second = graph.make(), graph.make()
    child = graph.make(first.outputs[0])

    assert graph.sent() == {0: [first.number, child.number, second.number]}


def test_work_is_spread_in_program_order(graph: Any) -> None:
    """Engines get blocks of neighbours, about equally many."""
    graph.engines(0, 1)
    graph.know("f", 1e-3)
    tasks = [graph.make().number for _ in range(10)]

    assert graph.sent() == {0: tasks[:5], 1: tasks[5:]}


def test_an_idle_engine_steals_from_the_longest_queue(graph: Any) -> None:
    """An engine that joins late takes half of what waits for the others."""
    graph.engines(0)
    graph.know("f", 60.0)
    tasks = [graph.make() for _ in range(5)]
    graph.sent()
    graph.engines(1)

    assert graph.sent() == {1: [tasks[3].number]}
    graph.finish(1, 1, seconds=60.0)
    assert list(graph.sent()) == [1]


def test_the_last_waiting_task_is_stolen_from_a_busy_engine(graph: Any) -> None:
    """Nothing waits behind a long task while another engine is idle."""
    graph.engines(0)
    graph.know("f", 60.0)
    _, waiting = graph.make(), graph.make()
    graph.sent()
    graph.engines(1)

    assert graph.sent() == {1: [waiting.number]}


def test_what_waits_behind_a_task_that_lasts_is_taken_back(graph: Any) -> None:
    """An engine says that a guess was wrong: the rest of the batch runs elsewhere, and nothing follows."""
    graph.engines(0)
    graph.know("f", 1e-4)
    tasks = [graph.make() for _ in range(4)]
    reader = graph.make(tasks[1].outputs[0])
    graph.sent()
    graph.scheduler.lasting(0, tasks[1].number, 0)
    graph.engines(1)
    later = graph.make()

    assert graph.sent() == {1: [tasks[2].number, tasks[3].number, later.number]}
    assert (tasks[0].engine, tasks[1].engine) == (0, 0)
    assert reader.state is TaskState.WAITING
    graph.finish(0, 1, 2, *[graph.unrun] * 3, seconds=1.0)
    graph.finish(1, 3, 4, 5)
    assert [task.state for task in (*tasks, later)] == [TaskState.DONE] * 5
    assert graph.scheduler.unfinished == 1


def test_word_of_an_engine_that_is_gone_changes_nothing(graph: Any) -> None:
    """It said that a task lasts, and died."""
    graph.engines(0)
    task = graph.make()
    graph.sent()
    graph.scheduler.engine_down(0)
    graph.scheduler.lasting(0, task.number, 0)

    assert task.state is TaskState.READY


def test_whole_batches_behind_a_task_that_lasts_are_given_back(graph: Any) -> None:
    """They run elsewhere, and the engine sends no results of them."""
    graph.engines(0)
    graph.know("f", 0.004)
    first, second, third, fourth, fifth = (graph.make() for _ in range(5))
    graph.sent()
    assert (third.state, fourth.state, fifth.state) == (TaskState.RUNNING,) * 3  # two batches
    graph.scheduler.lasting(0, first.number, 1)
    graph.engines(1)

    assert set(graph.sent()) == {1}
    assert {task.engine for task in (second, third, fourth, fifth)} <= {1, -1}
    graph.finish(0, 1, graph.unrun, graph.unrun)
    for _ in range(4):
        graph.sent()
        for engine, queue in graph.scheduler.engines.items():
            if queue.flights:
                graph.finish(engine, *[0] * len(queue.flights[0].tasks))
    assert graph.scheduler.unfinished == 0


def test_engines_get_more_in_advance_of_a_client_that_is_slow_to_answer(graph: Any) -> None:
    """They have work for as long as it may not answer, and not for much longer."""
    graph.engines(0)
    graph.know("f", 0.010)
    graph.scheduler.look_ahead = 1.0
    for _ in range(500):
        graph.make()

    assert 100 <= len(graph.sent()[0]) <= 130


def test_an_engine_gives_back_what_it_got_in_advance_when_another_has_nothing(graph: Any) -> None:
    """What was sent too early to one engine is shared with those that come later."""
    graph.engines(0)
    graph.know("f", 0.010)
    graph.scheduler.look_ahead = 1.0
    tasks = [graph.make() for _ in range(40)]
    graph.sent()
    graph.engines(1)
    graph.scheduler.look_ahead = 0.0

    assert [c for c in graph.advance() if type(c) is Recall] == [Recall(0)]
    graph.finish(0, 0)
    assert graph.advance() == []  # it was asked, and is to answer first
    while graph.scheduler.engines[0].flights:
        flight = graph.scheduler.engines[0].flights[0]
        graph.finish(0, *[graph.unrun] * (len(flight.tasks) - flight.done))
    again = graph.sent()
    assert set(again) == {0, 1}
    assert tasks[0].state is TaskState.DONE
    assert {load(queue) for queue in graph.scheduler.engines.values()} <= {19, 20}


def test_a_chain_is_not_asked_back(graph: Any) -> None:
    """An idle engine could not help: each task reads what the one before it makes."""
    graph.engines(0, 1)
    graph.know("f", 0.004)
    graph.scheduler.look_ahead = 1.0
    link = graph.result()
    for _ in range(20):
        link = graph.result(link)
    graph.sent()
    graph.scheduler.engines[0].ahead = 1.0

    assert not [command for command in graph.advance() if type(command) is Recall]


def test_what_takes_less_time_than_to_send_it_goes_to_one_engine(graph: Any) -> None:
    """Sixteen engines do not get a sixteenth each of a few tasks that do nothing."""
    graph.engines(*range(16))
    graph.know("f", 1e-6)
    for _ in range(100):
        graph.make()

    assert len(graph.sent()) == 1


def test_what_was_taken_back_may_come_to_the_same_engine_again(graph: Any) -> None:
    """The word that it did not run there the first time is not taken for the second one."""
    graph.engines(0)
    graph.know("f", 1e-4)
    lasting, behind = graph.make(), graph.make()
    graph.sent()
    graph.scheduler.lasting(0, lasting.number, 0)
    assert graph.sent() == {}
    graph.finish(0, 1, seconds=1.0)
    assert graph.sent() == {}
    graph.finish(0, graph.unrun)
    assert graph.sent() == {0: [behind.number]}
    graph.finish(0, 2)

    assert behind.state is TaskState.DONE


def test_a_task_goes_where_its_data_are(graph: Any) -> None:
    """A large result is not moved if its reader can come to it."""
    graph.engines(0, 1)
    data = [graph.result(), graph.result()]
    graph.sent()
    graph.finish(0, graph.kept)
    graph.finish(1, graph.kept)
    on_1 = graph.make(data[1])
    on_0 = graph.make(data[0])

    assert graph.sent() == {0: [on_0.number], 1: [on_1.number]}


def test_a_task_tied_to_its_data_is_not_stolen(graph: Any) -> None:
    """What one engine alone holds cannot be read by another one."""
    graph.engines(0)
    graph.know("f", 60.0)
    big = graph.result()
    graph.sent()
    graph.finish(0, graph.kept, seconds=60.0)
    graph.make(), graph.make(big)
    graph.sent()
    graph.engines(1)
    graph.sent()
    waiting = [task for task in graph.scheduler.engines[0].queue if task.reads]

    assert all(task.engine < 0 for task in waiting)
    assert not any(task.reads for flight in graph.scheduler.engines[1].flights for task in flight.tasks)


def test_functions_and_small_values_travel_with_the_batch(graph: Any) -> None:
    """An engine gets the code of a function once, and the small values that it does not hold."""
    graph.engines(0)
    small = graph.result(name="source")
    graph.sent()
    graph.finish(0, 5)
    graph.make(small, name="reader")
    [first] = _sends(graph)
    graph.finish(0, 6)
    graph.make(small, name="reader")
    [second] = _sends(graph)

    assert [code.name for code in first.functions] == ["reader"]
    assert second.functions == []
    assert first.data == second.data == {small.number: small}


def test_a_shared_file_is_told_to_each_engine_once(graph: Any) -> None:
    """An engine that has mapped a file does not hear of it again."""
    graph.engines(0)
    table = graph.shared_datum()
    graph.make(table)
    [first] = _sends(graph)
    graph.finish(0, 1)
    graph.make(table)
    [second] = _sends(graph)

    assert list(first.data) == [table.number]
    assert not second.data
    assert graph.holder(table) == {0}


def test_a_shorter_time_is_believed_sooner_than_a_longer_one() -> None:
    """The first call of a function imports and compiles, and says little about the next ones."""
    durations = Durations()
    assert not durations.knows(0)
    durations.learn(0, [2.0])
    durations.learn(0, [0.0])
    after_a_short_one = durations.expected(0)
    durations.learn(1, [0.0])
    durations.learn(1, [2.0])

    assert after_a_short_one == pytest.approx(0.5, abs=0.01)
    assert durations.expected(1) == pytest.approx(1.0, abs=0.01)


def test_one_slow_task_of_many_says_little_of_the_next_ones() -> None:
    """It has lost the processor to somebody else, or was the first to import something."""
    durations = Durations()
    durations.learn(0, [1e-5] * 15 + [1.0])

    assert durations.expected(0) < 5e-5


def test_an_engine_is_not_asked_to_give_back_what_it_gets_just_now(graph: Any) -> None:
    """Where it is the nearest, it would give back all and get it again, without end."""
    graph.engines(0, 1)
    graph.know("read", 0.030)
    graph.scheduler.look_ahead = 1.0
    for _ in range(4):
        graph.scheduler.engines[0].queue.append(graph.make(name="read"))
    graph.scheduler.graph.ready.clear()

    assert {type(command) for command in graph.advance()} == {Send}
    assert graph.advance() == [Recall(0)]


def test_an_urgent_task_does_not_wait_for_what_was_sent_in_advance(graph: Any) -> None:
    """What was sent too early comes back, and goes behind it."""
    graph.engines(0)
    graph.know("f", 0.010)
    graph.scheduler.look_ahead = 1.0
    for _ in range(40):
        graph.make()
    graph.sent()
    graph.define("urgent", Policy(priority=1))
    urgent = graph.make(name="urgent")

    assert graph.advance() == [Recall(0)]
    graph.finish(0, 0)
    for flight in list(graph.scheduler.engines[0].flights):
        graph.finish(0, *[graph.unrun] * (len(flight.tasks) - flight.done))
    assert graph.sent()[0][0] == urgent.number
