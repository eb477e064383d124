"""The scheduler on plain lists: dependencies, results, failures and cancellation."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

from eflows_nb.engine.messages import Code
from eflows_nb.engine.packing import pack
from eflows_nb.runtime.commands import Interrupt, Send
from eflows_nb.runtime.graph import FAILURES_KEPT
from eflows_nb.runtime.scheduler import LOST_ENGINES_LIMIT
from eflows_nb.tasks.data import PENDING, Broken
from eflows_nb.tasks.state import TaskState


def test_nothing_is_sent_without_an_engine(graph: Any) -> None:
    """Tasks wait, ready, for the first engine to join."""
    task = graph.make()

    assert graph.advance() == []
    assert task.state is TaskState.READY


def test_the_first_engine_gets_the_tasks_that_waited_for_it(graph: Any) -> None:
    """Tasks begin on the first engine that joins."""
    task = graph.make()
    graph.engines(0)

    assert graph.sent() == {0: [task.number]}
    assert task.state is TaskState.RUNNING


def test_a_task_waits_for_what_it_reads(graph: Any) -> None:
    """A task that reads a result of an unfinished task on another engine is not sent."""
    graph.engines(0, 1)
    first, other = graph.make(), graph.make()
    graph.sent()
    reader = graph.make(first.outputs[0], other.outputs[0])

    assert graph.sent() == {}
    assert reader.state is TaskState.WAITING

    graph.finish(first.engine, 1)
    assert graph.sent() == {}
    graph.finish(other.engine, 2)
    assert list(graph.sent().values()) == [[reader.number]]


def test_a_bare_scalar_becomes_the_value_of_its_datum(graph: Any) -> None:
    """A scalar result travels without a wrapper."""
    graph.engines(0)
    datum = graph.result()
    graph.sent()
    graph.finish(0, 42)

    assert datum.value == 42
    assert datum.producer is None


def test_a_failed_input_cancels_its_readers(graph: Any) -> None:
    """A failure cancels what depends on it, however far away, and nothing else."""
    graph.engines(0)
    first = graph.make(name="first")
    child = graph.make(first.outputs[0])
    grandchild = graph.make(child.outputs[0])
    bystander = graph.make()
    graph.sent()
    graph.finish(0, graph.failed)

    assert first.state is TaskState.FAILED
    assert child.state is grandchild.state is TaskState.CANCELLED
    assert not bystander.state.is_final


def test_who_is_cancelled_knows_the_first_cause(graph: Any) -> None:
    """A cancelled task names the task that failed, not its own neighbour."""
    graph.engines(0)
    first = graph.make(name="culprit")
    middle = graph.result(first.outputs[0])
    last = graph.result(middle)
    graph.sent()
    graph.finish(0, graph.failed)

    assert type(last.value) is Broken
    assert last.value.cause is not None
    assert last.value.cause.task is first
    assert "'culprit' #1" in last.value.reason
    assert "failed" in last.value.reason


def test_a_task_submitted_after_its_input_failed_is_cancelled(graph: Any) -> None:
    """It makes no difference whether a reader comes before or after the failure."""
    graph.engines(0)
    first = graph.make()
    [datum] = first.outputs
    graph.sent()
    graph.finish(0, graph.failed)

    late = graph.make(datum)

    assert late.state is TaskState.CANCELLED
    assert graph.scheduler.unfinished == 0


def test_a_failure_of_one_output_breaks_all_outputs(graph: Any) -> None:
    """A task of several results that fails makes none of them."""
    graph.engines(0)
    task = graph.make(outputs=3)
    outputs = task.outputs
    graph.sent()
    graph.finish(0, graph.failed)

    assert {type(datum.value) for datum in outputs} == {Broken}


def test_several_results_become_several_data(graph: Any) -> None:
    """Each output gets its own value: a scalar, a packed value or a large one."""
    graph.engines(0)
    scalar, small, large = graph.make(outputs=3).outputs
    graph.sent()
    packed = pack([1, 2])
    graph.finish(0, (Code.MANY, [1, (Code.SMALL, packed), graph.kept]))

    assert (scalar.value, small.value) == (1, packed)
    assert graph.holder(large) == {0}


def test_a_batch_cut_short_is_continued(graph: Any) -> None:
    """Tasks that an engine gives back unrun are sent again."""
    graph.engines(0)
    graph.know("f", 0.001)
    tasks = [graph.make() for _ in range(5)]
    graph.sent()
    graph.finish(0, 1, graph.unrun, graph.unrun, graph.unrun, graph.unrun)

    assert graph.sent() == {0: [task.number for task in tasks[1:]]}


def test_a_chain_that_is_given_back_keeps_its_order(graph: Any) -> None:
    """Tasks given back wait for their inputs again."""
    graph.engines(0)
    graph.know("f", 0.001)
    first = graph.make()
    second = graph.make(first.outputs[0])
    third = graph.make(second.outputs[0])
    graph.sent()
    graph.finish(0, 1, graph.unrun, graph.missing)

    assert graph.sent() == {0: [second.number, third.number]}


def test_cancelling_a_waiting_task_needs_no_engine(graph: Any) -> None:
    """A task that is nowhere yet is simply cancelled."""
    task = graph.make()
    datum = task.outputs[0]
    graph.scheduler.cancel([task], "it was cancelled")

    assert graph.advance() == []
    assert task.state is TaskState.CANCELLED
    assert type(datum.value) is Broken
    assert datum.value.reason == "it was cancelled"


def test_unfinished_tasks_are_found_by_their_numbers(graph: Any) -> None:
    """Wherever they are: on an engine, or waiting for one that waits; those that ended are not."""
    graph.engines(0)
    first = graph.make()
    second = graph.make(first.outputs[0])
    third = graph.make(second.outputs[0])
    graph.sent()
    found = graph.scheduler.find([first.number, third.number, 12345])

    assert {task.number for task in found} == {first.number, third.number}
    graph.scheduler.cancel([first], "it was cancelled")
    assert graph.scheduler.find([first.number, second.number]) == []


def test_cancelling_a_running_task_interrupts_its_engine(graph: Any) -> None:
    """The engine is told which of its tasks to end."""
    graph.engines(0)
    task = graph.make()
    graph.sent()
    graph.scheduler.cancel([task], "it was cancelled")

    assert graph.advance() == [Interrupt(0, (task.number,))]


def test_the_late_result_of_a_cancelled_task_is_dropped(graph: Any) -> None:
    """A large result that nobody wants any more is forgotten by its engine with the next batch."""
    graph.engines(0)
    task = graph.make()
    [datum] = task.outputs
    graph.sent()
    graph.scheduler.cancel([task], "it was cancelled")
    graph.finish(0, graph.kept)
    graph.make()
    [_, send] = graph.advance()

    assert type(datum.value) is Broken
    assert send.drop == [task.number]


def test_cancelling_everything_leaves_nothing_unfinished(graph: Any) -> None:
    """Ready, queued, running and waiting tasks, and those that wait for an export, all end."""
    graph.engines(0, 1)
    big, other = graph.result(), graph.result()
    graph.sent()
    graph.finish(0, graph.kept)
    graph.finish(1, graph.kept)
    graph.make(big, other)
    running = graph.result()
    graph.make(running)
    graph.advance()
    graph.make()

    graph.scheduler.cancel_all("the session was stopped")

    assert graph.scheduler.unfinished == 0


def test_an_interrupted_task_counts_as_cancelled(graph: Any) -> None:
    """A task that the user interrupted on the spot ends as cancelled, with all that reads it."""
    graph.engines(0)
    task = graph.make()
    reader = graph.make(task.outputs[0])
    graph.sent()
    graph.finish(0, graph.interrupted)

    assert task.state is reader.state is TaskState.CANCELLED


def test_a_task_of_a_lost_engine_runs_elsewhere(graph: Any) -> None:
    """What an engine had and did not finish is sent to another one, in order."""
    graph.engines(0)
    graph.know("f", 0.001)
    first = graph.make()
    second = graph.make(first.outputs[0])
    graph.sent()
    graph.scheduler.engine_down(0)
    graph.engines(1)

    assert graph.sent() == {1: [first.number]}
    graph.finish(1, 1)
    assert graph.sent() == {1: [second.number]}


def test_a_task_whose_engines_die_is_blamed(graph: Any) -> None:
    """A task that was alone on so many engines when they died fails, with a reason."""
    culprit = graph.make(name="culprit")
    [datum] = culprit.outputs
    for engine in range(LOST_ENGINES_LIMIT):
        graph.engines(engine)
        graph.advance()
        assert culprit.engine == engine
        graph.scheduler.engine_down(engine)

    assert culprit.state is TaskState.FAILED
    assert datum.value.failure.kind == "EngineLostError"
    assert "'culprit' #1 was running on 3 engines when they died" in datum.value.failure.message


def test_the_neighbours_of_a_task_that_kills_its_engine_are_not_blamed(graph: Any) -> None:
    """Tasks of a lost batch run alone the next time, and the innocent ones get through."""
    graph.know("f", 1e-4)
    first, culprit = graph.make(), graph.make()
    reader = graph.make(first.outputs[0])
    tasks = [first.number, reader.number, culprit.number]
    graph.engines(0)
    assert graph.sent() == {0: tasks}
    graph.scheduler.engine_down(0)

    runs = _run_alone(graph, culprit)

    assert first.state is reader.state is TaskState.DONE
    assert culprit.state is TaskState.FAILED
    assert sorted(runs) == [first.number, *[culprit.number] * (LOST_ENGINES_LIMIT - 1), reader.number]


def _run_alone(graph: Any, culprit: Any) -> list[int]:
    """Run all tasks; one of them kills its engine. Return what ran, each for itself."""
    runs = []
    for engine in itertools.count(1):
        graph.engines(engine)
        while sent := graph.sent().get(engine):
            runs += sent
            assert len(sent) == 1
            if sent == [culprit.number]:
                break
            graph.finish(engine, 1)
        graph.scheduler.engine_down(engine, blame=bool(sent))
        if not graph.scheduler.unfinished:
            break
    return runs


def test_a_suspect_is_not_queued_behind_others(graph: Any) -> None:
    """While it runs nothing else is on its engine, not even on the way."""
    graph.know("f", 1e-4)
    suspects = [graph.make(), graph.make()]
    graph.engines(0)
    graph.sent()
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.make()

    assert graph.sent() == {1: [suspects[0].number]}
    assert graph.sent() == {}


def test_an_engine_that_was_asked_to_go_blames_nobody(graph: Any) -> None:
    """Stopping a cluster while tasks run does not count against them."""
    task = graph.make()
    for engine in range(LOST_ENGINES_LIMIT + 1):
        graph.engines(engine)
        graph.advance()
        graph.scheduler.engine_down(engine, blame=False)

    assert task.state is TaskState.READY


def test_words_of_an_engine_that_is_gone_change_nothing(graph: Any) -> None:
    """A result that arrives after its engine was given up does not count a second time."""
    graph.engines(0)
    task = graph.make()
    [datum] = task.outputs
    graph.sent()
    graph.scheduler.engine_down(0)
    graph.finish(0, 7)
    graph.scheduler.exported(0, task.number, "file", "")

    assert datum.value is PENDING
    assert task.state is TaskState.READY


def test_the_numbers_of_tasks_in_each_state_are_kept(graph: Any) -> None:
    """The counters agree with the states of the tasks."""
    graph.engines(0)
    graph.know("f", 0.02)
    tasks = [graph.make() for _ in range(3)]
    tasks.append(graph.make(tasks[0].outputs[0]))
    graph.advance()
    graph.finish(0, 1)
    graph.advance()

    counted = Counter(task.state for task in tasks)
    assert {state: number for state, number in graph.scheduler.graph.counts.items() if number} == counted


def test_changes_tell_each_state_that_a_task_reaches(graph: Any) -> None:
    """Observers can follow a task from the records of changes alone."""
    graph.engines(0)
    graph.make()
    graph.advance()
    graph.finish(0, 1, seconds=0.5)

    told = [(change.state, change.engine, change.seconds) for change in graph.scheduler.graph.changes]
    assert told == [(TaskState.RUNNING, 0, ()), (TaskState.DONE, 0, [0.5])]


def test_only_the_last_failures_are_kept(graph: Any) -> None:
    """A million failures do not fill the memory of the client."""
    graph.engines(0)
    graph.know("f", 1e-6)
    tasks = [graph.make() for _ in range(FAILURES_KEPT + 5)]
    graph.sent()
    graph.finish(0, *[graph.failed] * len(tasks))

    assert len(graph.scheduler.graph.failures) == FAILURES_KEPT
    assert graph.scheduler.graph.failures[-1].task is tasks[-1]


def test_a_task_that_is_done_holds_nothing(graph: Any) -> None:
    """Payload and inputs of a finished task are let go, unless its result may have to be made again."""
    graph.engines(0)
    small, large = graph.make(), graph.make()
    kept = large.outputs[0]
    graph.sent()
    graph.finish(0, 1)
    graph.sent()
    graph.finish(0, graph.kept)

    assert (small.payload, small.reads, small.outputs) == (b"", (), ())
    assert large.payload == b"payload"
    assert kept.producer is large


def test_whoever_awaits_a_datum_is_called_when_it_comes(graph: Any) -> None:
    """Data with callbacks are listed when their value comes, and when it never will."""
    graph.engines(0)
    good, bad = graph.result(), graph.result()
    good.callbacks, bad.callbacks = [print], [print]
    graph.sent()
    graph.finish(0, 1)
    graph.sent()
    graph.finish(0, graph.failed)

    assert graph.scheduler.graph.resolved == [good, bad]


def test_an_unknown_function_is_tried_alone(graph: Any) -> None:
    """Nobody knows yet how long it takes, so the other engine gets the next one."""
    graph.engines(0, 1)
    for _ in range(6):
        graph.make()
    sends = [command for command in graph.advance() if type(command) is Send]

    assert [(send.engine, len(send.tasks)) for send in sends] == [(0, 1), (1, 1)]
