"""Engines that die, do not start, come late or are stopped: results are right all the same."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eflows_nb as ef
from eflows_nb.clusters.cluster import ClusterState
from eflows_nb.engine.shared import folders
from eflows_nb.runtime import session
from eflows_nb.tasks.events import EngineJoined, EngineLeft, TasksChanged
from eflows_nb.tasks.state import TaskState

pytestmark = pytest.mark.engines


@ef.task
def process(_x: Any = None) -> int:
    """Return the number of the process that runs the task."""
    import os

    return os.getpid()


@ef.task
def large(value: float) -> Any:
    """Return a large array."""
    import numpy as np

    return np.full(100_000, value)


@ef.task
def total(array: Any) -> float:
    """Return the sum of an array."""
    return float(array.sum())


@pytest.fixture(autouse=True)
def stopped() -> Iterator[None]:
    """Stop whatever a test has started."""
    yield
    ef.stop(cancel=True)


def _kill(engine: int) -> None:
    os.kill(engine, signal.SIGKILL)


def _alive(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


# Engines that die --------------------------------------------------------------------------------------


def test_a_task_of_a_killed_engine_runs_again(gates: Any, hold: Any) -> None:
    """Its result is right, the engine is replaced, and other tasks do not notice."""
    running = ef.start(engines=2)
    seen: list[Any] = []
    end = running.observe(seen.extend)
    gate = gates()
    future = hold(*gate.paths, 7)
    others = ef.map(process, range(100))
    killed = gate.wait_for_start()
    _kill(killed)
    second = gate.wait_for_start()
    gate.open()

    assert second != killed
    assert ef.wait_on(future) == 7
    assert len(ef.wait_on(others)) == 100
    running._driver.wait(lambda: len(running.snapshot().engines) == 2, 60)
    end()
    assert [event.expected for event in seen if type(event) is EngineLeft] == [False]
    assert sum(type(event) is EngineJoined for event in seen) == 3


def test_an_engine_in_which_something_unforeseen_happens_is_lost() -> None:
    """It ends rather than to keep its tasks for ever: they run again on another one."""
    ef.start(engines=1)

    @ef.task
    def break_engine() -> int:
        from eflows_nb.engine import attach

        def run_slice(*_: Any) -> None:
            raise ZeroDivisionError("nobody foresaw this")

        assert attach._attachment is not None
        attach._attachment._worker.run_slice = run_slice  # type: ignore[method-assign]
        return os.getpid()

    broken = ef.wait_on(break_engine())
    others = ef.wait_on(ef.map(process, range(10)))

    assert broken not in others
    assert len(set(others)) == 1


def test_the_only_engine_may_die(gates: Any, hold: Any) -> None:
    """While there is no engine at all the tasks wait for the next one."""
    ef.start(engines=1)
    gate = gates()
    future = hold(*gate.paths, [1])
    reader = process(future)
    _kill(gate.wait_for_start())
    gate.wait_for_start()
    gate.open()

    assert ef.wait_on(future) == [1]
    assert ef.wait_on(reader) > 0


def test_lost_results_are_made_again() -> None:
    """Large results die with their engine; who asks for them gets them all the same."""
    ef.start(engines=1)
    first = large(1.0)
    second = ef.task(lambda array: array + 1.0)(first)
    third = ef.task(returns=2)(lambda array: (array + 1.0, "small"))(second)
    engine = ef.wait_on(process([third[1]]))
    _kill(engine)

    assert ef.wait_on(third[0])[0] == 3.0
    assert ef.wait_on(first)[0] == 1.0
    assert ef.wait_on(process()) != engine


@pytest.mark.parametrize("hosts", [None, ["localhost"]], ids=["local", "hosts"])
def test_what_an_engine_shared_without_saying_so_is_removed(hosts: list[str] | None) -> None:
    """It died in between: the file is nobody's, those that were heard of stay."""
    running = ef.start(engines=1, hosts=hosts)
    before = _shared_files(running)

    @ef.task
    def die_of_sharing(_: Any) -> None:
        from eflows_nb.engine import shared

        written = shared._write

        def write(*args: Any) -> None:
            written(*args)
            os.kill(os.getpid(), signal.SIGKILL)

        shared._write = write  # type: ignore[assignment]

    heard, unheard = large(1.0), large(2.0)
    assert ef.wait_on(heard)[0] == 1.0
    ef.wait_on(die_of_sharing(ef.wait_on(process([unheard]))))

    assert ef.wait_on(unheard)[0] == 2.0
    assert ef.wait_on(heard)[0] == 1.0
    made = _shared_files(running) - before
    assert len([name for name in made if name.count(running.token) == 1]) == 2


def _shared_files(session: ef.Session) -> set[str]:
    return {path.name for folder in folders() for path in folder.glob(f"eflows-{session.token}-*")}


def test_what_the_client_has_seen_is_not_made_again() -> None:
    """A result that was brought here stays, whatever happens to its engine."""
    running = ef.start(engines=1)
    future = large(1.0)
    ef.wait_on(future)
    seen: list[Any] = []
    end = running.observe(seen.extend)
    _kill(ef.wait_on(process()))

    assert ef.wait_on(future)[0] == 1.0
    assert ef.wait_on(process()) > 0
    end()
    done = [
        task
        for event in seen
        if type(event) is TasksChanged and event.state is TaskState.DONE
        for task in event.tasks
    ]
    assert len(done) == 2


def test_tasks_that_end_their_process_are_blamed() -> None:
    """An ensemble with members that crash gives the results of all the others, and a reason for each."""

    @ef.task
    def dies_sometimes(x: int) -> int:
        import os

        if x % 5 == 3:
            os._exit(1)
        return x

    ef.start(engines=2)
    futures = ef.map(dies_sometimes, range(10))
    ends = [future.exception() for future in futures]

    assert [x for x, end in enumerate(ends) if isinstance(end, ef.EngineLostError)] == [3, 8]
    assert re.search(r"'dies_sometimes' #\d+ was running on 3 engines when they died", str(ends[3]))
    assert [future.result() for future, end in zip(futures, ends, strict=True) if end is None] == [
        0,
        1,
        2,
        4,
        5,
        6,
        7,
        9,
    ]


def test_a_frozen_engine_is_ended_and_replaced(gates: Any, hold: Any) -> None:
    """An engine whose heart does not beat for ten seconds is as good as dead: its task runs elsewhere."""
    ef.start(engines=2)
    gate = gates()
    future = hold(*gate.paths, 7)
    frozen = gate.wait_for_start()
    os.kill(frozen, signal.SIGSTOP)
    second = gate.wait_for_start()
    gate.open()

    assert second != frozen
    assert ef.wait_on(future) == 7


def test_a_killed_controller_is_replaced_with_its_engines(gates: Any, hold: Any) -> None:
    """The tasks that were running run again, and results that only engines held are made again."""
    running = ef.start(engines=1)
    array = large(1.0)
    before = ef.wait_on(process([array]))
    gate = gates()
    future = hold(*gate.paths, 7)
    assert gate.wait_for_start() == before
    _kill(running._driver.cluster._controller.cluster.controller.pid)
    after = gate.wait_for_start()
    gate.open()

    assert after != before
    assert ef.wait_on(future) == 7
    assert ef.wait_on(array)[0] == 1.0


def test_engines_may_be_added_and_taken_away_under_load() -> None:
    """More join the work that is there; fewer are another start, before which the work is brought home."""
    ef.start(engines=1)
    first = ef.map(process, range(2000))
    ef.start(engines=2)
    second = ef.map(process, first)
    arrays = ef.map(large, [1.0, 2.0])
    ef.stop()
    ef.start(engines=1)
    total = ef.task(lambda *arrays: float(sum(array.sum() for array in arrays)))

    assert len(set(ef.wait_on(second))) <= 2
    assert ef.wait_on(total(*arrays)) == 300_000.0


# Engines that do not start -----------------------------------------------------------------------------


@pytest.fixture
def broken_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which engines end with an error as soon as they start."""
    (tmp_path / "cloudpickle.py").write_text("raise ImportError('broken on purpose')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.usefixtures("broken_engines")
def test_engines_that_cannot_start_are_an_error_with_a_reason() -> None:
    """Whoever waits is told what the engines said, and does not wait for ever."""
    running = ef.start(engines=1)
    future = process()

    with pytest.raises(ef.ClusterError, match=r"(?s)Nothing can run: .*broken on purpose.*ef\.start\(\)"):
        ef.wait_on(future)
    assert running.snapshot().state is ClusterState.BROKEN
    with pytest.raises(ef.ClusterError, match="broken on purpose"):
        running.client()


def test_a_broken_cluster_can_be_replaced(broken_engines: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tasks that wait run on the engines of the next start."""
    ef.start(engines=1)
    future = process()
    with pytest.raises(ef.ClusterError):
        ef.wait_on(future)
    monkeypatch.delenv("PYTHONPATH")
    ef.start(engines=1)

    assert ef.wait_on(future) != os.getpid()


@pytest.mark.usefixtures("broken_engines")
def test_awaiting_on_a_broken_cluster_is_an_error() -> None:
    """A coroutine that awaits a future does not wait for ever either."""
    import asyncio

    async def main() -> None:
        await future

    ef.start(engines=1)
    future = process()
    with pytest.raises(ef.ClusterError, match="broken on purpose"):
        asyncio.run(main())


@pytest.mark.usefixtures("broken_engines")
def test_stopping_a_broken_cluster_runs_nothing_here() -> None:
    """Tasks that never found an engine are cancelled, not run in the client."""
    ef.start(engines=1)
    future = process()
    with pytest.raises(ef.ClusterError):
        ef.stop()

    assert future.state is TaskState.CANCELLED


# Start and stop ----------------------------------------------------------------------------------------


def test_start_returns_before_there_are_engines() -> None:
    """The first task is submitted meanwhile, and none runs in the client."""
    running = ef.start(engines=2)
    assert running.snapshot().engines == ()
    assert running.snapshot().state is ClusterState.STARTING
    futures = ef.map(process, range(10))
    assert not any(future.done() for future in futures)

    assert os.getpid() not in ef.wait_on(futures)


def test_starting_again_is_the_same_session_with_more_engines(gates: Any, hold: Any) -> None:
    """More engines join; fewer cannot be asked for; None changes nothing."""
    running = ef.start(engines=1)
    assert ef.start(engines=1) is running
    assert ef.start(engines=2) is running
    with pytest.raises(
        ef.ClusterError, match=r"2 engines are running, and start\(engines=1\) asks for fewer"
    ):
        ef.start(engines=1)
    first, second = gates(), gates()
    futures = [hold(*first.paths, 1), hold(*second.paths, 2)]

    assert first.wait_for_start() != second.wait_for_start()
    first.open(), second.open()
    assert ef.wait_on(futures) == [1, 2]


@pytest.mark.parametrize("engines", [0, -1, True, 1.5, "two", [2]])
def test_what_is_not_a_number_of_engines_is_refused(engines: Any) -> None:
    """The error names the value, and nothing is started."""
    with pytest.raises(ef.ClusterError, match=r"engines=.* is not a number of engines"):
        ef.start(engines=engines)
    assert session.current().snapshot().cluster == "inline"


def test_results_survive_a_stop() -> None:
    """Values that only engines held come home; later tasks run inline and read them."""
    array = np.zeros(100_000)
    increment = ef.task(array=ef.INOUT)(_increment())
    with ef.start(engines=2) as running:
        small, held = process(), large(1.0)
        nested = ef.task(lambda array: array + 1.0)(held)
        increment(array)
    after = ef.task(lambda array: float(array[0]))(nested)
    ef.start(engines=1)
    elsewhere = ef.wait_on(ef.task(lambda array: float(array.sum()))(nested))
    ef.stop()

    assert running.snapshot().cluster == "inline"
    assert ef.wait_on(small) != os.getpid()
    assert ef.wait_on(process()) == os.getpid()
    assert [ef.wait_on(future)[0] for future in (held, nested)] == [1.0, 2.0]
    assert ef.wait_on(after) == 2.0
    assert elsewhere == 200_000.0
    assert ef.wait_on(array)[0] == 1.0


def _increment() -> Any:
    def increment(array: Any) -> None:
        array += 1.0

    return increment


def test_the_block_waits_for_its_tasks_and_raises_their_failures() -> None:
    """At the end of ``with`` all tasks have ended; a failure that nobody saw is raised there."""

    @ef.task
    def fail() -> None:
        raise ValueError("unseen")

    futures = []
    with pytest.raises(ValueError, match="unseen"), ef.start(engines=1):
        futures += [process(), fail()]

    assert futures[0].done()
    assert session.current().snapshot().cluster == "inline"


def test_the_error_of_the_block_wins_over_those_of_its_tasks() -> None:
    """It is what the user has to see first; the other is told with it."""

    @ef.task
    def fail() -> None:
        raise ValueError("unseen")

    with pytest.raises(KeyError, match="mine") as caught, ef.start(engines=1):  # noqa: PT012
        failing = fail()
        next(ef.as_completed([failing]))
        raise KeyError("mine")

    assert caught.value.__notes__ == ["Besides, when the engines were stopped: ValueError: unseen"]


def test_a_start_without_a_number_leaves_the_engines_as_they_are(tmp_path: Path) -> None:
    """A folder of checkpoints is no wish for more of them; engines that are to go do not count."""
    with ef.start(engines=2) as running:
        process_of_all = ef.wait_on([process()])
        ef.start(checkpoint=tmp_path)
        requested = running.snapshot().requested
        ef.scale(1)
        said = repr(running)

    assert process_of_all
    assert requested == 2
    assert said.startswith(("<session on 1 of 1 engines", "<session on 0 of 1 engines"))


def test_a_stop_that_cancels_does_not_wait_for_what_others_submit(
    gates: Any, hold: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads of the program may go on submitting for ever; that is cancelled, too."""
    gate = gates()
    running = ef.start(engines=1)
    cancel_all = running.cancel_all
    late = iter([hold])
    futures: list[ef.Future] = []

    def cancel_all_but_one() -> None:
        cancel_all()
        futures.extend(function(*gate.paths) for function in late)

    monkeypatch.setattr(running, "cancel_all", cancel_all_but_one)
    ef.stop(cancel=True)

    assert [future.state for future in futures] == [TaskState.CANCELLED]


def test_what_comes_until_the_engines_are_gone_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops does not run what others submit meanwhile; what comes later runs where it is called."""
    running = ef.start(engines=1)
    cancel_all = running.cancel_all
    futures: list[ef.Future] = []

    def cancel_all_but_one() -> None:
        cancel_all()
        futures.append(process())

    monkeypatch.setattr(running, "cancel_all", cancel_all_but_one)
    ef.stop(cancel=True)

    assert {future.state for future in futures} == {TaskState.CANCELLED}
    assert ef.wait_on(process()) == os.getpid()


def test_an_error_in_the_block_cancels_its_tasks(gates: Any, hold: Any) -> None:
    """The error is the one that is raised, and nobody waits for tasks that it made useless."""
    gate = gates()

    def fail(future: ef.Future) -> None:
        gate.wait_for_start()
        futures.append(future)
        raise KeyError("mine")

    futures: list[ef.Future] = []
    with pytest.raises(KeyError, match="mine"), ef.start(engines=1):
        fail(hold(*gate.paths))

    assert futures[0].state is TaskState.CANCELLED
    assert session.current().snapshot().cluster == "inline"


def test_an_interrupted_stop_runs_nothing_here(gates: Any, hold: Any, interrupt_next_wait: Any) -> None:
    """Who interrupts the wait at the end of the block wants his prompt back."""
    gate = gates()
    ef.start(engines=1)
    futures = [hold(*gate.paths), *ef.map(process, range(3))]
    gate.wait_for_start()
    interrupt_next_wait()
    with pytest.raises(KeyboardInterrupt):
        ef.stop()

    assert session.current().snapshot().cluster == "inline"
    assert {future.state for future in futures} == {TaskState.CANCELLED}


def test_the_environment_overrides_the_number_of_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A headless run says how many engines there are; the notebook's own start and stop leave them alone."""
    monkeypatch.setenv("EFLOWS_ENGINES", "1")
    running = ef.start(engines=2)
    first = ef.wait_on(process())
    ef.stop()
    again = ef.start(engines=3)
    second = ef.wait_on(process())
    monkeypatch.delenv("EFLOWS_ENGINES")

    assert running is again
    assert running.snapshot().requested == 1
    assert first == second != os.getpid()


def test_a_wrong_number_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable, since no call shows the value."""
    monkeypatch.setenv("EFLOWS_ENGINES", "many")
    with pytest.raises(ef.ClusterError, match=r"EFLOWS_ENGINES='many'"):
        ef.start(engines=1)


def test_there_is_no_client_without_engines() -> None:
    """The inline cluster is not ipyparallel's."""
    with pytest.raises(ef.ClusterError, match=r"Start one with ef\.start\(\)"):
        session.current().client()


# More and fewer engines --------------------------------------------------------------------------------


def test_engines_go_and_come_while_tasks_run(gates: Any, hold: Any) -> None:
    """Results are right, what lay on the engines that went is still there, and their processes are not."""
    running = ef.start(engines=3)
    arrays = [large(float(number)) for number in range(12)]
    running._driver.wait(lambda: running.snapshot().state is ClusterState.READY, 60)
    before = {engine.pid for engine in running.snapshot().engines}
    gate = gates()
    held = hold(*gate.paths, 7)
    gate.wait_for_start()
    ef.scale(1)
    sums = [total(array) for array in arrays]
    gate.open()

    assert ef.wait_on(held) == 7
    assert ef.wait_on(sums) == [1e5 * number for number in range(12)]
    running._driver.wait(lambda: len(running.snapshot().engines) == 1, 60)
    [left] = running.snapshot().engines
    assert left.pid in before
    assert {pid for pid in before if _alive(pid)} == {left.pid}

    ef.scale(2)
    running._driver.wait(lambda: len(running.snapshot().engines) == 2, 60)
    assert running.snapshot().requested == 2
    assert ef.wait_on([total(array) for array in arrays]) == [1e5 * number for number in range(12)]


def test_engines_that_are_going_do_not_count(gates: Any, hold: Any) -> None:
    """Who asks for more engines while some are still at their last task gets others in their place."""
    running = ef.start(engines=2)
    running._driver.wait(lambda: running.snapshot().state is ClusterState.READY, 60)
    first, second = gates(), gates()
    held = [hold(*first.paths, 1), hold(*second.paths, 2)]
    before = {first.wait_for_start(), second.wait_for_start()}
    ef.scale(1)
    ef.scale(2)
    first.open(), second.open()

    def other_two() -> bool:
        now = {engine.pid for engine in running.snapshot().engines}
        return len(now) == 2 and len(now & before) == 1

    assert ef.wait_on(held) == [1, 2]
    running._driver.wait(other_two, 60)
    assert running.snapshot().requested == 2


def test_an_engine_that_dies_while_it_is_to_go_is_not_replaced(gates: Any, hold: Any) -> None:
    """Its task runs again on one that stays; that one is replaced when it dies, too."""
    running = ef.start(engines=2)
    running._driver.wait(lambda: running.snapshot().state is ClusterState.READY, 60)
    seen: list[Any] = []
    end = running.observe(seen.extend)
    first, second = gates(), gates()
    held = [hold(*first.paths, 1), hold(*second.paths, 2)]
    places = {first.wait_for_start(): first, second.wait_for_start(): second}
    futures = dict(zip(places, held, strict=True))
    ef.scale(1)
    [going] = [queue.number for queue in running._driver.scheduler.engines.values() if queue.leaving]
    [pid] = [engine.pid for engine in running.snapshot().engines if engine.engine == going]
    _kill(pid)
    [stays] = set(places) - {pid}
    places[stays].open()
    assert places[pid].wait_for_start() == stays
    assert ef.wait_on(futures[stays]) in (1, 2)  # before the engine dies that has said so
    _kill(stays)
    assert places[pid].wait_for_start() not in places
    places[pid].open()

    assert ef.wait_on(held) == [1, 2]
    end()
    assert sum(type(event) is EngineJoined for event in seen) == 1
    assert [event.expected for event in seen if type(event) is EngineLeft] == [False, False]
    assert running.snapshot().requested == len(running.snapshot().engines) == 1


def test_nothing_is_scaled_where_there_are_no_engines() -> None:
    """The error says how to start some."""
    with pytest.raises(ef.ClusterError, match=r"Start some with ef.start\(\)"):
        ef.scale(2)
