"""What engines add: tasks that really run at once, in processes that start late and can be interrupted."""

from __future__ import annotations

import asyncio
import errno
import os
import pickle
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eflows_nb as ef
from eflows_nb.clusters.channel import Channel
from eflows_nb.engine import shared
from eflows_nb.errors import ForeignFutureError
from eflows_nb.runtime.scheduler import Scheduler
from eflows_nb.tasks.events import Event, TasksChanged, WaitStarted
from eflows_nb.tasks.shown_state import ShownState
from eflows_nb.tasks.state import TaskState

pytestmark = [pytest.mark.engines, pytest.mark.usefixtures("two_engines", "settled")]


@ef.task
def process(_x: Any = None) -> int:
    """Return the number of the process that runs the task."""
    import os

    return os.getpid()


def _shared_files(session: ef.Session) -> list[Path]:
    return list(Path("/dev/shm").glob(f"eflows-{session.token}-*"))


def test_tasks_run_on_all_engines_at_once(gates: Any, hold: Any) -> None:
    """Two tasks that wait for the same thing are under way together, and not in this process."""
    first, second = gates(), gates()
    futures = [hold(*first.paths, 0), hold(*second.paths, 1)]
    processes = {first.wait_for_start(), second.wait_for_start()}
    first.open(), second.open()

    assert ef.wait_on(futures) == [0, 1]
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_a_function_that_was_quick_does_not_hold_up_its_neighbours(gates: Any, hold: Any) -> None:
    """A wrong guess of durations does not leave one engine idle while a task waits for another one."""

    @ef.task
    def sometimes(go: str = "") -> None:
        from pathlib import Path

        Path(go).read_text() if go else None

    ef.wait_on([sometimes() for _ in range(50)])
    first, second, lasting = gates(), gates(), gates()
    busy = [hold(*first.paths), hold(*second.paths)]
    first.wait_for_start(), second.wait_for_start()
    futures = [sometimes(lasting.paths[1]), *[sometimes() for _ in range(9)]]
    first.open(), second.open()
    ef.wait_on(busy)

    ef.wait_on(futures[1:], timeout=30)


def test_what_ends_first_is_yielded_first(gates: Any, hold: Any) -> None:
    """`as_completed` does not wait for a slow future that comes first in the list."""
    gate = gates()
    slow = hold(*gate.paths)
    gate.wait_for_start()
    quick = process()
    ended = ef.as_completed([slow, quick])

    assert next(ended) is quick
    gate.open()
    assert next(ended) is slow


@pytest.mark.parametrize(
    "wait", [ef.wait_on, lambda f, timeout: f.result(timeout)], ids=["wait_on", "result"]
)
def test_a_wait_that_takes_too_long_ends(gates: Any, hold: Any, wait: Any) -> None:
    """The error names the time; the task goes on and can be waited for again."""
    gate = gates()
    future = hold(*gate.paths, 7)
    gate.wait_for_start()
    with pytest.raises(ef.WaitTimeoutError, match=r"did not come within 0\.05 s; their tasks go on"):
        wait(future, timeout=0.05)
    gate.open()

    assert ef.wait_on(future) == 7


def test_a_barrier_and_as_completed_can_take_too_long(gates: Any, hold: Any) -> None:
    """All ways to wait have a limit."""
    gate = gates()
    future = hold(*gate.paths)
    gate.wait_for_start()
    with pytest.raises(ef.WaitTimeoutError):
        ef.barrier(0.05)
    with pytest.raises(TimeoutError):
        list(ef.as_completed([future], timeout=0.05))
    gate.open()
    ef.barrier()


def test_a_running_task_is_cancelled(gates: Any, hold: Any) -> None:
    """It is interrupted, what reads it is cancelled too, and its engine goes on with other tasks."""
    gate, first, second = gates(), gates(), gates()
    future = hold(*gate.paths)
    reader = process(future)
    engine = gate.wait_for_start()

    assert ef.cancel([future, reader]) == 2
    with pytest.raises(ef.TaskCancelledError, match="it was cancelled by the user"):
        ef.wait_on(future)
    assert reader.state is TaskState.CANCELLED
    others = [hold(*first.paths), hold(*second.paths)]
    assert engine in {first.wait_for_start(), second.wait_for_start()}
    first.open(), second.open()
    ef.wait_on(others)


def test_a_cancelled_task_may_clean_up(gates: Any, hold: Any, tmp_path: Path) -> None:
    """The interrupt runs through the task's own ``finally``."""
    gate = gates()
    mark = tmp_path / "cleaned"

    @ef.task
    def careful(started: str, go: str, mark: Path) -> None:
        try:
            Path(started).write_text("1")
            Path(go).read_text()
        finally:
            mark.write_text("yes")

    future = careful(*gate.paths, mark)
    gate.wait_for_start()
    future.cancel()
    first, second = gates(), gates()
    both = [hold(*first.paths), hold(*second.paths)]
    first.wait_for_start(), second.wait_for_start()  # so the task has left its engine

    assert mark.read_text() == "yes"
    first.open(), second.open()
    ef.wait_on(both)


def test_only_the_cancelled_task_is_interrupted(gates: Any, hold: Any) -> None:
    """Cancelling a task that has ended, or waits, does not disturb the one that runs."""
    first, second = gates(), gates()
    running = [hold(*first.paths, 0), hold(*second.paths, 1)]
    first.wait_for_start(), second.wait_for_start()
    waiting = [process() for _ in range(10)]

    assert ef.cancel(waiting) == 10
    first.open(), second.open()
    assert ef.wait_on(running) == [0, 1]


def test_the_state_of_a_running_task_is_told(gates: Any, hold: Any) -> None:
    """A future says that its task runs, and on which engine."""
    gate = gates()
    future = hold(*gate.paths)
    gate.wait_for_start()

    assert future.state is TaskState.RUNNING
    assert "hold #" in repr(future)
    assert "running on engine" in repr(future)
    assert not future.done()
    gate.open()
    ef.wait_on(future)


def test_a_task_behind_another_is_not_said_to_run(two_engines: ef.Session, gates: Any, hold: Any) -> None:
    """An engine that has two tasks runs one; who reads of a future, or of the session, is told so."""
    number = two_engines._functions.code(hold).number
    two_engines._driver.change(lambda scheduler: scheduler.durations.learn(number, [4.0]))
    doors = [gates() for _ in range(4)]
    first = [hold(*door.paths) for door in doors[:2]]
    for door in doors[:2]:
        door.wait_for_start()
    sent: set[int] = set()
    all_sent = threading.Event()

    def note(events: Sequence[Event]) -> None:
        changes = [event for event in events if type(event) is TasksChanged]
        sent.update(task for event in changes if event.state is TaskState.RUNNING for task in event.tasks)
        if len(sent) == 2:
            all_sent.set()

    end = two_engines.observe(note)
    behind = [hold(*door.paths) for door in doors[2:]]
    assert all_sent.wait(60)  # nobody waits for results, so engines get tasks in advance
    end()

    assert {future.state for future in first + behind} == {TaskState.RUNNING}
    assert {future.shown_state for future in first} == {ShownState.RUNNING}
    assert all(re.search(r": running on engine \d>", repr(future)) for future in first)
    assert all(re.search(r": sent to engine \d>", repr(future)) for future in behind)
    assert " 2 sent, 2 running" in repr(two_engines)
    assert repr(two_engines).endswith("; 2 tasks are sent to their engines, behind what runs there>")
    for door in doors:
        door.remove()
    ef.wait_on(first + behind)


def test_an_interrupt_of_a_wait_leaves_the_tasks_alone(
    gates: Any, hold: Any, interrupt_next_wait: Any
) -> None:
    """Who has interrupted a wait can wait again."""
    gate = gates()
    future = hold(*gate.paths, 7)
    gate.wait_for_start()
    session = ef.start(engines=2)
    interrupt_next_wait()
    with pytest.raises(KeyboardInterrupt):
        ef.wait_on(future)
    gate.open()

    assert ef.wait_on(future) == 7
    assert len(session.snapshot().engines) == 2


def test_a_large_argument_is_shared_once(two_engines: ef.Session) -> None:
    """The same array passed to many tasks lies in one file, which goes when nobody needs it any more."""
    before = set(_shared_files(two_engines))
    array = np.ones(100_000)
    total = ef.task(lambda array, x: float(array.sum()) + x)
    futures = [total(array, number) for number in range(20)]

    assert ef.wait_on(futures) == [100_000.0 + number for number in range(20)]
    assert len(set(_shared_files(two_engines)) - before) == 1
    del array, futures
    ef.wait_on(process())
    assert set(_shared_files(two_engines)) <= before


def test_what_was_put_before_the_engines_comes_to_them_without_room_for_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It travels with the messages, where an error would leave its tasks waiting for ever."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    ef.stop()
    frozen = ef.put(np.ones(100_000))
    ef.start(engines=2)
    monkeypatch.setattr(shared, "export", full)
    total = ef.task(lambda array, x: float(array.sum()) + x)

    assert ef.wait_on([total(frozen, 1), total(frozen, 2)], timeout=60) == [100_001.0, 100_002.0]


def test_large_results_stay_on_their_engine_until_they_are_needed(two_engines: ef.Session) -> None:
    """A chain of large arrays passes through no file and not through the client."""
    before = set(_shared_files(two_engines))
    array = ef.task(lambda: np.zeros(100_000))()
    step = ef.task(lambda array: array + 1.0)
    for _ in range(10):
        array = step(array)
    total = ef.task(lambda array: float(array.sum()))(array)

    assert ef.wait_on(total) == 1_000_000.0
    assert set(_shared_files(two_engines)) <= before


def test_a_wait_for_what_lies_on_an_engine_is_one_for_its_task(two_engines: ef.Session) -> None:
    """Not for all tasks, though it has ended."""
    large = ef.task(lambda: np.ones(1 << 17))()
    ef.barrier()
    told: list[Any] = []
    end = two_engines.observe(told.extend)
    ef.wait_on(large)
    ef.wait_on(large)
    end()

    waits = [event.tasks for event in told if isinstance(event, WaitStarted)]
    assert waits == [{large.datum.number}]


def test_large_values_without_arrays_pass_the_client_by(
    two_engines: ef.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether they were put or made by a task, and however many tasks read them."""
    sent: list[int] = []
    send = Channel.send

    def weigh(self: Channel, engine: int, message: Any) -> None:
        sent.append(len(pickle.dumps(message)))
        send(self, engine, message)

    monkeypatch.setattr(Channel, "send", weigh)
    text = {"text": "x" * 500_000}
    frozen, made = ef.put(text), ef.task(lambda: {"text": "x" * 500_000})()
    length = ef.task(lambda value, x: len(value["text"]) + x)
    futures = [length(value, number) for value in (frozen, made) for number in range(10)]

    assert ef.wait_on(futures) == [500_000 + number for _ in range(2) for number in range(10)]
    assert max(sent) < 100_000
    assert ef.wait_on([frozen, made]) == [text, text]
    assert sum(len(future.datum.value.shared.head) for future in (frozen, made)) == 0


def test_a_large_result_can_be_had_while_its_engine_is_busy(gates: Any, hold: Any) -> None:
    """The task that runs there knows nothing of it, and need not end before."""
    made = [ef.task(lambda: np.ones(100_000))() for _ in range(4)]
    list(ef.as_completed(made))
    first, second = gates(), gates()
    busy = [hold(*first.paths), hold(*second.paths)]
    first.wait_for_start(), second.wait_for_start()

    assert [made[0].exception(0), ef.wait_on(made, timeout=60)[3].sum()] == [None, 100_000.0]
    first.open(), second.open()
    ef.wait_on(busy)


def test_the_event_loop_goes_on_while_a_large_result_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its engine may need time to share it."""
    future = ef.task(lambda: np.ones(100_000))()
    list(ef.as_completed([future]))
    loop_goes_on = threading.Event()
    exported = Scheduler.exported

    def wait_for_the_loop(*told: Any) -> None:
        assert loop_goes_on.wait(60)
        exported(*told)

    async def look() -> None:
        loop_goes_on.set()

    async def both() -> Any:
        task = asyncio.create_task(look())
        value = await future
        await task
        return value

    monkeypatch.setattr(Scheduler, "exported", wait_for_the_loop)

    assert asyncio.run(both()).sum() == 100_000.0


def test_an_exception_that_does_not_come_in_time_is_raised(gates: Any, hold: Any) -> None:
    """It is not returned, as if the task had raised it."""
    gate = gates()
    future = hold(*gate.paths)
    gate.wait_for_start()
    with pytest.raises(ef.WaitTimeoutError):
        future.exception(timeout=0.05)
    gate.open()

    assert future.exception() is None


def test_engines_leave_cores_to_each_other() -> None:
    """Libraries with threads of their own are told how many cores they may use."""
    threads = ef.wait_on(ef.task(lambda: int(__import__("os").environ["OMP_NUM_THREADS"]))())
    assert 1 <= threads <= max(1, len(os.sched_getaffinity(0)) // 2)


def test_an_ipyparallel_client_reaches_busy_engines(two_engines: ef.Session) -> None:
    """What ``%px`` does is answered while tasks run on all engines."""
    spin = ef.task(lambda x: sum(range(20_000)) + x)
    futures = ef.map(spin, range(500))
    client = two_engines.client()
    try:
        answers = client[:].apply_sync(os.getpid)
    finally:
        client.close()

    assert {engine.pid for engine in two_engines.snapshot().engines} == set(answers)
    assert len(ef.wait_on(futures)) == 500


def test_engines_keep_what_px_defines(two_engines: ef.Session) -> None:
    """Tasks see the modules and environment of the engine that other commands have changed."""
    client = two_engines.client()
    try:
        # Not `execute`, which waits for output that a client on a busy machine may subscribe to too late.
        client[:].apply_sync(exec, "import os; os.environ['SET_BY_PX'] = 'yes'")
    finally:
        client.close()

    assert ef.wait_on(ef.task(lambda: __import__("os").environ["SET_BY_PX"])()) == "yes"


# What tasks print --------------------------------------------------------------------------------------


def _printed(capfd: pytest.CaptureFixture[str], future: ef.Future) -> tuple[str, str]:
    future.exception()
    ef.barrier()
    captured = capfd.readouterr()
    return captured.out, captured.err


def test_all_that_a_task_writes_reaches_the_client(capfd: pytest.CaptureFixture[str]) -> None:
    """What Python prints, what goes to the file descriptor, and what a program writes, in order."""

    @ef.task
    def speaks() -> None:
        import os
        import subprocess
        import sys

        print("one")
        os.write(1, b"two\n")
        subprocess.run(["echo", "three"], check=True)
        print("four", end="")
        print("five é", file=sys.stderr)

    out, err = _printed(capfd, speaks())

    assert out == "one\ntwo\nthree\nfour"
    assert err == "five é\n"


def test_a_failing_task_has_said_what_it_said(capfd: pytest.CaptureFixture[str]) -> None:
    """Output before an exception is not lost."""

    @ef.task
    def fails() -> None:
        print("before")
        raise ValueError

    assert _printed(capfd, fails())[0] == "before\n"


def test_output_comes_while_the_task_runs(capfd: pytest.CaptureFixture[str], gates: Any) -> None:
    """A long task can be followed."""
    gate = gates()
    told = threading.Event()
    session = ef.start(engines=2)

    @ef.task
    def speaks(go: str) -> None:
        print("working", flush=True)
        Path(go).read_text()

    stop = session.observe(
        lambda events: told.set() if any(getattr(e, "text", "") == "working\n" for e in events) else None
    )
    future = speaks(gate.paths[1])

    assert told.wait(20)
    assert not future.done()
    gate.open()
    ef.wait_on(future)
    stop()


def test_too_much_output_goes_to_a_file(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The first megabyte is shown, and then the name of a file that has all of it, wherever a task goes."""

    @ef.task
    def floods(folder: Path) -> None:
        import os

        os.chdir(folder)
        for _ in range(3):
            os.write(1, b"x" * 500_000)

    future = floods(tmp_path)
    out, _ = _printed(capfd, future)
    shown, _, told = out.partition("\n[1500000 bytes in all; they are in ")
    file = Path(told.partition("]")[0])
    written = file.read_bytes()
    file.unlink()

    assert shown == "x" * (1 << 20)
    assert file.parent == Path.cwd() / ".eflows" / "output"
    assert written == b"x" * 1_500_000


def test_a_task_does_not_take_others_to_another_folder(tmp_path: Path) -> None:
    """Where one leaves its engine, the next ones do not find themselves."""
    move = ef.task(lambda folder: os.chdir(folder))
    here = ef.task(lambda _: str(Path.cwd()))
    batch = [task for _ in range(20) for task in (move(tmp_path), here(0))]

    assert set(ef.wait_on(batch)) == {None, str(Path.cwd())}


def test_text_is_not_cut_within_a_character(capfd: pytest.CaptureFixture[str]) -> None:
    """A character of several bytes that is written in parts is shown as one."""

    @ef.task
    def speaks() -> None:
        import os
        import time

        for byte in "héé€\n".encode():
            os.write(1, bytes([byte]))
            time.sleep(0.15)

    assert _printed(capfd, speaks())[0] == "héé€\n"


@pytest.mark.filterwarnings("ignore::eflows_nb.ScarceResourceWarning")
def test_a_task_of_many_cores_has_its_engines_for_itself(gates: Any, hold: Any) -> None:
    """While it runs nothing else does, and it is told how many threads to start."""
    gate = gates()

    @ef.task(cores=10_000)
    def wide(started: str, go: str) -> str:
        from pathlib import Path

        Path(started).write_text("1")
        Path(go).read_text()
        return os.environ["OMP_NUM_THREADS"]

    first, second = gates(), gates()
    busy = [hold(*first.paths), hold(*second.paths)]
    first.wait_for_start(), second.wait_for_start()
    future, other = wide(*gate.paths), process()
    first.open()
    ef.wait_on(busy[0])
    assert other.state is TaskState.READY
    second.open()
    gate.wait_for_start()
    assert other.state is TaskState.READY
    gate.open()

    assert int(ef.wait_on(future)) >= 2
    assert ef.wait_on(other) != os.getpid()


def test_a_task_that_asks_for_more_than_there_is_runs_with_what_there_is() -> None:
    """With a warning that says so, once; not with a wait for ever."""

    @ef.task(cores=10_000, memory="900 TB", gpus=99)
    def greedy(x: int) -> int:
        return x

    with pytest.warns(
        ef.ScarceResourceWarning, match=r"'greedy' asks for 10000 cores of \d+ and .* of memory"
    ) as told:
        assert ef.wait_on([greedy(1), greedy(2)]) == [1, 2]
    assert len(told) == 1
    assert told[0].filename == __file__


@pytest.mark.parametrize(("how", "status"), [("exit", 7), ("raise", 1), ("return", 0)])
def test_a_process_that_a_task_forks_is_no_engine(how: str, status: int) -> None:
    """Where the function of the task ends in it, it ends, and its parent can wait for it."""

    @ef.task
    def fork() -> int:
        import os
        import sys

        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if how == "exit":
            sys.exit(status)
        if how == "raise":
            raise ValueError
        return -1

    assert ef.wait_on(fork(), timeout=60) == status


def test_a_task_can_use_a_pool_of_processes(two_engines: ef.Session) -> None:
    """A signal that came to a fork before it had its own handlers would be lost, and the pool would wait."""

    @ef.task
    def pooled() -> int:
        import multiprocessing

        with multiprocessing.get_context("fork").Pool(2) as pool:
            return sum(pool.map(abs, range(-5, 5)))

    assert ef.wait_on([pooled() for _ in range(10)], timeout=120) == [25] * 10


def test_a_task_may_run_an_event_loop() -> None:
    """That of its engine is not in its way, and goes on after that."""

    @ef.task
    def loop() -> int:
        import asyncio

        async def work() -> int:
            await asyncio.sleep(0)
            return 5

        return asyncio.run(work())

    assert ef.wait_on([loop() for _ in range(3)], timeout=60) == [5, 5, 5]


def test_a_future_that_a_task_function_uses_by_itself_is_told() -> None:
    """It means nothing on an engine; the way out is to pass it."""
    future = ef.task(abs)(-3)

    @ef.task
    def use() -> int:
        result: int = ef.wait_on(future) + 1
        return result

    with pytest.raises(ForeignFutureError, match="Pass it as an argument: the task waits for its result"):
        ef.wait_on(use())
