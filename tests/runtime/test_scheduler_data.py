"""The scheduler on plain lists: large data, their exports, their loss and their release."""

from __future__ import annotations

from typing import Any

import pytest

from eflows_nb.engine.messages import Code
from eflows_nb.runtime.commands import ExportFrom, Recall, Remove, Retire, Send
from eflows_nb.runtime.lineage import LINEAGE_LIMIT
from eflows_nb.tasks.data import PENDING, Broken, Datum, Large
from eflows_nb.tasks.state import TaskState


def _large_on_both(graph: Any) -> tuple[Any, Any]:
    """Return two large data, one on each of two engines."""
    graph.engines(0, 1)
    first, second = graph.result(), graph.result()
    graph.sent()
    graph.finish(0, graph.kept)
    graph.finish(1, graph.kept)
    return first, second


def test_data_on_two_engines_are_shared_before_their_reader_runs(graph: Any) -> None:
    """A task with inputs on two engines waits until what it lacks can be mapped."""
    first, second = _large_on_both(graph)
    reader = graph.make(first, second)

    assert graph.exports() == [(1, second.number)]
    assert reader.state is TaskState.WAITING
    graph.share(1, second)
    assert graph.sent() == {0: [reader.number]}


def test_what_many_tasks_read_is_shared(graph: Any) -> None:
    """A large result with many readers does not tie them all to one engine."""
    first, _ = _large_on_both(graph)
    for _ in range(4):
        graph.make(first)

    assert graph.exports() == [(0, first.number)]
    graph.share(0, first)
    assert set(graph.sent()) == {0, 1}


def test_a_reader_does_not_wait_behind_a_task_that_lasts(graph: Any) -> None:
    """While another engine has nothing to do, what it reads is shared, and it runs there."""
    first, _ = _large_on_both(graph)
    lasting, quick = graph.make(name="lasting"), graph.make(name="quick")
    assert graph.sent() == {0: [lasting.number], 1: [quick.number]}
    reader = graph.make(first)
    graph.finish(1, 0.0)
    assert graph.exports() == []
    graph.scheduler.lasting(0, lasting.number, 0)

    assert graph.exports() == [(0, first.number)]
    graph.share(0, first)
    assert graph.sent() == {1: [reader.number]}


def test_a_reader_does_not_wait_behind_much_work(graph: Any) -> None:
    """What is known to take long need not be seen to last."""
    graph.know("long", 5.0)
    first, _ = _large_on_both(graph)
    busy, quick = graph.make(name="long"), graph.make(name="quick")
    assert graph.sent() == {0: [busy.number], 1: [quick.number]}
    graph.make(first)
    graph.finish(1, 0.0)

    assert graph.exports() == [(0, first.number)]


def test_a_datum_is_exported_once(graph: Any) -> None:
    """Readers that come while an export is under way wait for the same one."""
    first, second = _large_on_both(graph)
    graph.make(first, second)
    graph.exports()
    graph.make(first, second)

    assert (1, second.number) not in graph.exports()


def test_what_the_client_wants_is_shared(graph: Any) -> None:
    """Somebody waits for a large result: its engine puts it where the client can map it."""
    first, _ = _large_on_both(graph)
    graph.scheduler.want([first])

    assert graph.exports() == [(0, first.number)]
    graph.share(0, first)
    assert first.value.shared == f"file-{first.number}"
    graph.scheduler.want([first])
    assert graph.exports() == []


def test_a_lost_result_that_is_read_is_made_again(graph: Any) -> None:
    """The engine that held an input is gone: its maker runs again, then its reader."""
    graph.engines(0)
    maker = graph.make()
    datum = maker.outputs[0]
    graph.sent()
    graph.finish(0, graph.kept)
    graph.scheduler.engine_down(0)
    reader = graph.make(datum)
    graph.engines(1)

    assert graph.sent() == {1: [maker.number, reader.number]}


def test_a_lost_result_that_nobody_reads_is_not_made_again(graph: Any) -> None:
    """An engine takes its data with it; only who asks for them pays."""
    graph.engines(0)
    datum = graph.result()
    graph.sent()
    graph.finish(0, graph.kept)
    graph.scheduler.engine_down(0)
    graph.engines(1)

    assert graph.sent() == {}
    graph.scheduler.want([datum])
    assert graph.sent() == {1: [datum.producer.number]}


def test_a_lost_chain_is_made_again_from_its_beginning(graph: Any) -> None:
    """Whatever is lost of what a lost result was made of is made again, in order."""
    graph.engines(0)
    last = graph.result()
    made = [last.number]
    for _ in range(3):
        graph.sent()
        graph.finish(0, graph.kept)
        last = graph.result(last)
        made.append(last.number)
    graph.sent()
    graph.finish(0, graph.kept)
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want([last])

    assert graph.sent() == {1: made}
    graph.finish(1, *[graph.kept] * 4)
    assert graph.holder(last) == {1}


def test_a_lost_datum_with_two_lost_readers_wakes_both(graph: Any) -> None:
    """A result that is needed twice to make another one again is made once, and both tasks get it."""
    graph.engines(0)
    first = graph.result()
    graph.sent()
    graph.finish(0, graph.kept)
    second = graph.result(first)
    graph.sent()
    graph.finish(0, graph.kept)
    third = graph.result(first, second)
    graph.sent()
    graph.finish(0, graph.kept)
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want([third])

    assert graph.sent() == {1: [first.number, second.number, third.number]}
    graph.finish(1, *[graph.kept] * 3)
    assert graph.holder(third) == {1}


def test_a_chain_is_made_again_from_where_it_is_shared(graph: Any) -> None:
    """A version in a shared file outlives its engine, and ends the way back."""
    graph.engines(0)
    first = graph.make()
    datum = first.outputs[0]
    graph.sent()
    graph.finish(0, graph.kept)
    graph.scheduler.want([datum])
    graph.advance()
    graph.share(0, datum)
    second = graph.make(datum)
    last = second.outputs[0]
    graph.sent()
    graph.finish(0, graph.kept)
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want([last])

    assert graph.sent() == {1: [second.number]}


def test_the_results_that_survive_a_loss_stay_as_they_are(graph: Any) -> None:
    """A task of several results is run again for the lost one, and changes no other."""
    graph.engines(0)
    maker = graph.make(outputs=2)
    small, large = maker.outputs
    graph.sent()
    graph.finish(0, (Code.MANY, [1, graph.kept]))
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want([large])
    graph.sent()
    graph.finish(1, (Code.MANY, [2, graph.kept]))

    assert small.value == 1
    assert graph.holder(large) == {1}


def test_the_results_that_survive_a_loss_survive_a_failure_too(graph: Any) -> None:
    """If the second run fails, what the first one left is still good."""
    graph.engines(0)
    maker = graph.make(outputs=2)
    small, large = maker.outputs
    graph.sent()
    graph.finish(0, (Code.MANY, [1, graph.kept]))
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want([large])
    graph.sent()
    graph.finish(1, graph.failed)

    assert maker.state is TaskState.FAILED
    assert small.value == 1
    assert type(large.value) is Broken


def test_both_lost_results_of_a_task_come_from_one_run(graph: Any) -> None:
    """Two lost results of one task are made again together."""
    graph.engines(0)
    maker = graph.make(outputs=2)
    first, second = maker.outputs
    graph.sent()
    graph.finish(0, (Code.MANY, [graph.kept, graph.kept]))
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want([first, second])

    assert graph.sent() == {1: [maker.number]}
    graph.finish(1, (Code.MANY, [graph.kept, graph.kept]))
    assert graph.holder(first) == graph.holder(second) == {1}


def test_a_second_copy_of_a_surviving_result_is_known(graph: Any) -> None:
    """A run that is repeated for one result leaves the other one on its engine too, to be dropped there."""
    graph.engines(0, 1)
    maker = graph.make(outputs=2)
    first, second = maker.outputs
    graph.sent()
    graph.finish(0, (Code.MANY, [graph.kept, graph.kept]))
    graph.scheduler.want([first])
    graph.advance()
    graph.share(0, first)
    graph.scheduler.engine_down(0)
    graph.scheduler.want([second])
    graph.sent()
    graph.finish(1, (Code.MANY, [graph.kept, graph.kept]))

    assert graph.holder(first) == {1}


def test_the_loss_of_an_engine_that_exports_does_not_leave_readers_waiting(graph: Any) -> None:
    """The datum is made again, and so the reader runs in the end."""
    first, second = _large_on_both(graph)
    reader = graph.make(first, second)
    maker = second.producer
    graph.exports()
    graph.scheduler.engine_down(1)

    assert graph.sent() == {0: [maker.number, reader.number]}


def test_a_chain_of_exports_survives_the_loss_of_its_engine(graph: Any) -> None:
    """Two data that depend on each other are lost while both are exported; both are made again."""
    graph.engines(0)
    graph.know("f", 1e-6)
    first = graph.result()
    second = graph.result(first)
    graph.sent()
    graph.finish(0, graph.kept, graph.kept)
    graph.scheduler.want([second, first])
    graph.advance()
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.sent()
    graph.finish(1, graph.kept, graph.kept)
    graph.scheduler.want([first, second])

    assert graph.exports() == [(1, first.number), (1, second.number)]


def test_a_result_that_cannot_be_shared_breaks_its_readers(graph: Any) -> None:
    """There is no room for it anywhere, and making it again would not change that."""
    first, second = _large_on_both(graph)
    reader = graph.make(first, second)
    graph.exports()
    graph.scheduler.exported(1, second.number, None, "it could not be shared: no space left")

    assert reader.state is TaskState.CANCELLED
    assert "no space left" in second.value.failure.message
    assert graph.scheduler.unfinished == 0


def test_an_export_that_the_session_asked_for_may_fail(graph: Any) -> None:
    """What is brought home when a cluster stops belongs to no task."""
    first, _ = _large_on_both(graph)
    graph.scheduler.want([Datum(first.number, value=first.value)])
    graph.exports()
    graph.scheduler.exported(0, first.number, None, "it could not be shared: no space left")

    assert graph.exports() == []


def test_a_large_result_that_nobody_refers_to_is_dropped(graph: Any) -> None:
    """The engine is told with its next batch."""
    graph.engines(0)
    datum = graph.result()
    number = datum.number
    graph.sent()
    graph.finish(0, graph.kept)
    del datum
    graph.make()
    [send] = graph.advance()

    assert send.drop == [number]


def test_a_shared_file_that_nobody_refers_to_is_removed(graph: Any) -> None:
    """The file goes with the last reference to its datum."""
    table = graph.shared_datum("there")
    del table

    assert graph.advance() == [Remove("there")]


def test_a_reader_keeps_its_input_until_it_has_run(graph: Any) -> None:
    """The user let go of a datum that a task still reads."""
    graph.engines(0)
    table = graph.shared_datum("there")
    graph.make(table)
    del table
    graph.advance()

    assert graph.advance() == []
    graph.finish(0, 1)
    assert Remove("there") in graph.advance()


def test_the_inputs_of_a_large_result_are_let_go(graph: Any) -> None:
    """In a long chain of large values an old one goes as soon as nobody reads it any more."""
    graph.engines(0)
    first = graph.result()
    number = first.number
    graph.sent()
    graph.finish(0, graph.kept)
    second = graph.result(first)
    graph.sent()
    del first
    graph.finish(0, graph.kept)
    graph.make()
    [send] = graph.advance()

    assert send.drop == [number]
    assert graph.holder(second) == {0}


def test_what_was_let_go_is_made_again_for_a_lost_result(graph: Any) -> None:
    """Also through a task of several results, and only once for two that need it."""
    graph.engines(0)
    first = graph.make(outputs=2)
    left, right = graph.make(first.outputs[1]), graph.make(*first.outputs)
    results = [left.outputs[0], right.outputs[0]]
    graph.sent()
    graph.finish(0, (Code.MANY, [graph.kept, graph.kept]))
    graph.sent()
    graph.finish(0, graph.kept)
    graph.sent()
    graph.finish(0, graph.kept)
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want(results)
    graph.know("f", 0.0)
    graph.know("f", 0.0)

    assert graph.sent()[1][0] == first.number
    graph.finish(1, (Code.MANY, [graph.kept, graph.kept]))
    graph.sent()
    graph.finish(1, graph.kept)
    graph.sent()
    graph.finish(1, graph.kept)
    assert [graph.holder(result) for result in results] == [{1}, {1}]


def test_a_long_chain_is_shared_now_and_then(graph: Any) -> None:
    """So that never more than so many tasks have to run again."""
    graph.engines(0)
    graph.know("f", 0.0)
    datum = graph.result()
    shared = []
    for _ in range(5 * LINEAGE_LIMIT):
        for engine, number in _play(graph):
            shared.append(number)
            graph.scheduler.exported(engine, number, f"file-{number}", "")
        datum = graph.result(datum)
    _play(graph)
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want([datum])

    assert 4 <= len(shared) <= 5
    assert len(graph.sent()[1]) <= 2 * LINEAGE_LIMIT


def _play(graph: Any) -> list[tuple[int, int]]:
    """Send what there is, let it come back, and return the exports that are asked for."""
    exports = []
    for command in graph.advance():
        if type(command) is Send:
            graph.finish(command.engine, *[graph.kept] * len(command.tasks), seconds=0.0)
        elif type(command) is ExportFrom:
            exports.append((command.engine, command.datum))
    return exports


def test_a_chain_that_cannot_be_shared_goes_on(graph: Any) -> None:
    """Without room for a shared file there is only more to be made again."""
    graph.engines(0)
    datum = graph.result()
    exports = []
    for _ in range(2 * LINEAGE_LIMIT):
        for engine, number in _play(graph):
            exports.append(number)
            graph.scheduler.exported(engine, number, None, "it could not be shared: no space left")
        datum = graph.result(datum)
    _play(graph)

    assert exports
    assert graph.scheduler.unfinished == 0
    assert graph.holder(datum) == {0}


def test_an_input_that_is_never_there_fails_its_reader(graph: Any) -> None:
    """A shared file that somebody removed ends in an error, not in an endless round."""
    graph.engines(0)
    reader = graph.make(graph.shared_datum())
    [result] = reader.outputs
    for _ in range(1000):
        if not graph.sent():
            break
        graph.finish(0, graph.missing)

    assert reader.state is TaskState.FAILED
    assert "is gone" in result.value.failure.message


def test_a_lost_result_is_pending_while_it_is_made_again(graph: Any) -> None:
    """Whoever looks sees that the value is not there."""
    graph.engines(0)
    datum = graph.result()
    graph.sent()
    graph.finish(0, graph.kept)
    assert type(datum.value) is Large
    graph.scheduler.engine_down(0)
    graph.scheduler.want([datum])

    assert datum.value is PENDING
    assert graph.scheduler.unfinished == 1


# Engines that go -----------------------------------------------------------------------------------------


def test_an_engine_that_goes_shares_what_it_alone_holds(graph: Any) -> None:
    """Nothing has to be made again."""
    graph.engines(0, 1)
    made = graph.result()
    graph.sent()
    graph.finish(0, graph.kept)
    graph.scheduler.retire(0)
    assert graph.exports() == [(0, made.number)]
    graph.share(0, made)

    assert graph.advance() == [Retire(0)]


def test_an_engine_that_goes_ends_what_it_has_begun(graph: Any) -> None:
    """And gives back what it has not."""
    graph.engines(0)
    graph.know("f", 0.010)
    running, waiting = graph.make(), graph.make()
    graph.sent()
    graph.engines(1)
    graph.scheduler.retire(0)
    assert graph.advance() == [Recall(0)]
    graph.finish(0, 7)
    graph.finish(0, graph.unrun)

    assert graph.sent() == {1: [waiting.number]}
    assert running.outputs == ()
    assert [command for command in graph.advance() if type(command) is Retire] == []


def test_work_does_not_follow_its_data_to_an_engine_that_goes(graph: Any) -> None:
    """The data come to the work."""
    graph.engines(0, 1)
    made = graph.result()
    graph.sent()
    graph.finish(0, graph.kept)
    graph.scheduler.retire(0)
    reader = graph.make(made)
    assert graph.exports() == [(0, made.number)]
    graph.share(0, made)

    assert graph.sent() == {1: [reader.number]}


def test_the_last_engine_cannot_go(graph: Any) -> None:
    """Who wants none stops the cluster."""
    graph.engines(0, 1)
    graph.scheduler.retire(0)
    with pytest.raises(ValueError, match="last engine"):
        graph.scheduler.retire(1)


def test_what_cannot_be_shared_does_not_keep_an_engine(graph: Any) -> None:
    """It is made again when somebody needs it."""
    graph.engines(0, 1)
    made = graph.result()
    graph.sent()
    graph.finish(0, graph.kept)
    graph.scheduler.retire(0)
    graph.exports()
    graph.scheduler.exported(0, made.number, None, "the disk is full")

    assert Retire(0) in graph.advance()
    graph.scheduler.engine_down(0, blame=False)
    graph.scheduler.want([made])
    assert graph.sent() == {1: [made.number]}


def test_when_only_leaving_engines_are_left_tasks_wait_for_a_new_one(graph: Any) -> None:
    """The engine that was to stay is lost while the others finish what they have begun."""
    graph.engines(0, 1)
    graph.know("f", 10.0)
    first, second = graph.make(), graph.make()
    graph.sent()
    graph.scheduler.retire(first.engine)
    graph.sent()
    graph.scheduler.engine_down(second.engine)

    assert graph.sent() == {}
    graph.engines(2)
    assert graph.sent() == {2: [second.number]}


def _input_that_is_only_read_once(graph: Any) -> tuple[int, Any]:
    """Return the number of a large datum that is held by its engine and a task that reads it alone."""
    graph.engines(0)
    maker = graph.make()
    graph.sent()
    [datum], number = maker.outputs, maker.number
    graph.finish(0, graph.kept)
    return number, graph.make(datum)


def _last_reads(graph: Any) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for command in graph.advance():
        if type(command) is Send:
            found.update(command.last_reads)
    return found


def test_an_engine_is_told_what_nobody_needs_after_a_task(graph: Any) -> None:
    """It can take the memory for the next result at once, without another word of the client."""
    number, reader = _input_that_is_only_read_once(graph)

    assert _last_reads(graph) == {reader.number: [number]}


def test_what_somebody_may_still_ask_for_stays(graph: Any) -> None:
    """A future, or another task that has not ended."""
    _, reader = _input_that_is_only_read_once(graph)
    [datum] = reader.reads
    assert _last_reads(graph) == {}
    graph.finish(0, graph.kept)

    graph.make(datum), graph.make(datum)
    del datum
    assert _last_reads(graph) == {}


def test_a_task_that_failed_finds_its_input_again(graph: Any) -> None:
    """The engine drops an input when the task is done, not when it has failed or was given back."""
    number, reader = _input_that_is_only_read_once(graph)
    _last_reads(graph)
    graph.finish(0, graph.unrun)

    assert graph.holder(reader.reads[0]) == {0}
    assert _last_reads(graph) == {reader.number: [number]}


def test_a_dropped_input_is_made_again_when_it_is_needed(graph: Any) -> None:
    """The result is lost with its engine, and so is what it was made of."""
    number, reader = _input_that_is_only_read_once(graph)
    [result] = reader.outputs
    assert _last_reads(graph) == {reader.number: [number]}
    graph.finish(0, graph.kept)
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want([result])

    assert graph.sent() == {1: [number, reader.number]}


def test_a_result_that_was_there_ends_its_task_as_cached(graph: Any) -> None:
    """It counts like one that was made, also when it is lost, and says nothing of how long the task takes."""
    graph.engines(0)
    found = graph.result()
    reader = graph.make(found)
    graph.sent()
    graph.finish(0, (Code.CACHED, (Code.MANY, [graph.kept])), seconds=1e-6)
    assert graph.scheduler.graph.counts[TaskState.CACHED] == 1
    assert not graph.scheduler.durations.knows(0)

    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.know("f", 0.001)
    assert graph.sent() == {1: [found.number, reader.number]}
