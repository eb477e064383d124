"""A worker on plain messages: batches come in, results go out."""

from __future__ import annotations

import operator
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

import cloudpickle
import numpy as np
import pytest

from eflows_nb.engine import shared, store
from eflows_nb.engine.messages import Batch, Cancel, Code, Export, Exported, Outputs, Results, WireFunction
from eflows_nb.engine.packing import pack
from eflows_nb.engine.worker import SLICE, Worker, inside_task
from eflows_nb.tasks.task import FunctionCode

TOKEN = "test-of-worker"


class Reads:
    """Takes the place of an argument, as a future does."""

    def __init__(self, datum: int, *, writable: bool = False) -> None:
        self._datum = datum
        self._writable = writable

    def __reduce__(self) -> tuple[Any, ...]:
        return (store.fetch_writable if self._writable else store.fetch), (self._datum,)


_hearers: list[Worker] = []


class CancelsWhenLoaded:
    """An argument that takes so long to load that its task is cancelled meanwhile."""

    def __init__(self, task: int) -> None:
        self._task = task

    def __reduce__(self) -> tuple[Any, ...]:
        return _cancel, (self._task,)


def _cancel(task: int) -> int:
    _hearers[0].handle(Cancel((task,)))
    return task


class Bench:
    """A worker, what it has said, and what it has not heard yet."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.unheard: deque[Any] = deque()
        self.worker = Worker(self.said.append, self._hear, session=TOKEN)
        self._functions: dict[Any, int] = {}

    def _hear(self) -> list[Any]:
        heard = list(self.unheard)
        self.unheard.clear()
        return heard

    def batch(
        self,
        *calls: tuple[Any, ...],
        data: Any = None,
        drop: Any = (),
        keep: int = 0,
        budget: float = 100.0,
        last_reads: Any = None,
    ) -> None:
        """Give it a batch of ``(task, function, args)`` or ``(task, function, args, outputs)``."""
        tasks, functions = [], {}
        for task, function, args, *outputs in calls:
            number = self._functions.setdefault(function, len(self._functions))
            functions[number] = WireFunction(cloudpickle.dumps(function))
            tasks.append((task, number, cloudpickle.dumps((args, {})), outputs[0] if outputs else None))
        self.worker.handle(
            Batch(tasks, functions, data or {}, list(drop), keep, budget, {}, last_reads=last_reads or {})
        )

    def run(self) -> list[Any]:
        """Let it work until it has nothing to do; return the results since the last time."""
        while self.worker.busy:
            self.worker.run_slice()
        said, self.said[:] = list(self.said), []
        return [result for message in said if type(message) is Results for result in message.results]


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Give a worker to speak to."""
    yield Bench()
    shared.remove_all(TOKEN)


def add(x: Any, y: Any) -> Any:
    """Return the sum."""
    return x + y


def half_good() -> Any:
    """Return something large, and something that cannot be pickled."""
    import threading

    return bytes(1 << 20), threading.Lock()


def wait(seconds: float) -> float:
    """Be busy for some time."""
    import time

    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return seconds


def test_scalars_are_told_bare(bench: Bench) -> None:
    """The most frequent result costs the least."""
    bench.batch((1, add, (1, 2)), (2, add, ("a", "b")), (3, lambda: None, ()))
    assert bench.run() == [3, "ab", None]


def test_small_values_are_told_and_large_ones_kept(bench: Bench) -> None:
    """A large result stays where it was made."""
    bench.batch((1, list, ("ab",)), (2, np.ones, (100_000,)), (3, str.ljust, ("x", 100_000)))
    small, array, text = bench.run()

    assert small[0] is Code.SMALL
    assert small[1].value() == ["a", "b"]
    assert (array[0], text[0]) == (Code.KEPT, Code.KEPT)
    assert array[1] >= 800_000


def test_tasks_of_a_batch_read_each_others_results(bench: Bench) -> None:
    """A chain resolves on the engine, large values included."""
    bench.batch(
        (1, np.ones, (100_000,)),
        (2, add, (Reads(1), 1.0)),
        (3, lambda array: float(array.sum()), (Reads(2),)),
    )
    assert bench.run()[2] == 200_000.0


def test_a_missing_input_is_told(bench: Bench) -> None:
    """The task did not run, and neither did those behind it that read its result."""
    bench.batch((2, add, (Reads(1), 1)), (3, add, (Reads(2), 1)), (4, add, (1, 1)))
    assert bench.run() == [(Code.MISSING, 1), (Code.MISSING, 2), 2]


def test_data_come_with_the_batch_or_in_shared_files(bench: Bench) -> None:
    """Values are held as long as they may be read; a file is mapped, and stays."""
    file = shared.export(pack(np.full(100_000, 2.0)), TOKEN)
    bench.batch((3, add, (Reads(1), 1)), data={1: 41, 2: file})
    bench.batch((4, lambda array: float(array[0]), (Reads(2),)), (5, add, (Reads(1), 1)), keep=0)

    assert bench.run() == [42, 2.0, (Code.MISSING, 1)]


def test_a_removed_file_is_missing(bench: Bench) -> None:
    """Whoever reads it is given back."""
    file = shared.export(pack(np.ones(100_000)), TOKEN)
    shared.remove(file)
    bench.batch((2, add, (Reads(1), 1)), data={1: file})

    assert bench.run() == [(Code.MISSING, 1)]


def test_what_is_dropped_is_missing(bench: Bench) -> None:
    """Nobody needs it any more, says the client."""
    bench.batch((1, np.ones, (100_000,)))
    bench.batch((2, add, (Reads(1), 1)), drop=[1], keep=1)

    assert bench.run()[1] == (Code.MISSING, 1)


def test_several_results_and_written_arguments_are_told_together(bench: Bench) -> None:
    """In the order of their numbers: returned ones first, then written ones."""

    def work(numbers: list[int]) -> tuple[int, Any]:
        numbers.append(3)
        return 1, np.ones(100_000)

    bench.batch((1, work, ([],), Outputs((1, 2), True, ((0, 3),))), (4, add, (Reads(3), [4])))
    many, read = bench.run()

    assert many[0] is Code.MANY
    assert [many[1][0], many[1][1][0], many[1][2][1].value()] == [1, Code.KEPT, [3]]
    assert read[1].value() == [3, 4]


def test_a_failure_is_told_and_the_others_go_on(bench: Bench) -> None:
    """Those that read its result find nothing."""
    bench.batch((1, add, (1, "a")), (2, add, (Reads(1), 1)), (3, add, (1, 1)))
    failed, missing, done = bench.run()

    assert failed[0] is Code.FAILED
    assert failed[1].kind == "TypeError"
    assert (missing, done) == ((Code.MISSING, 1), 2)


def test_a_function_that_cannot_be_loaded_fails_its_tasks(bench: Bench) -> None:
    """A module that the engine lacks is an error of the task, and not the end of the engine."""
    bench.worker.handle(
        Batch([(1, 0, b"", None)], {0: WireFunction(b"cno_such_module\nf\n.")}, {}, [], 0, 1.0, {})
    )
    [failed] = bench.run()

    assert failed[1].kind == "ModuleNotFoundError"


def test_a_batch_that_takes_too_long_is_given_back(bench: Bench) -> None:
    """At least one task has run, and each is told in order."""
    bench.batch(*[(task, wait, (0.02,)) for task in range(1, 6)], budget=0.03)
    results = bench.run()

    assert results[0] == 0.02
    assert results[-1] == (Code.UNRUN,)
    assert len(results) == 5


def test_results_are_told_while_the_batch_runs(bench: Bench) -> None:
    """Nobody waits for the end of a batch to hear of its first tasks."""
    bench.batch(*[(task, wait, (2 * SLICE,)) for task in range(1, 4)])
    bench.worker.run_slice()

    assert [len(message.results) for message in bench.said] == [1]
    assert bench.worker.busy


def test_an_interrupt_between_two_tasks_leaves_what_was_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task whose time was not taken any more has run: it is told, and does not run again."""

    def interrupt() -> float:
        raise KeyboardInterrupt

    looks = chain([lambda: 0.0, lambda: 1.0, interrupt], repeat(lambda: 1.0))
    bench.batch((1, add, (1, 1)), (2, add, (2, 2)), (3, add, (3, 3)))
    with monkeypatch.context() as patch:
        patch.setattr("time.perf_counter", lambda: next(looks)())
        patch.setattr("eflows_nb.engine.worker.SLICE", 9.0)
        with pytest.raises(KeyboardInterrupt):
            bench.worker.run_slice()
    [message] = bench.said

    assert (message.results, message.seconds) == ([2, 4], [1.0, 0.0])
    assert bench.run() == [2, 4, 6]


def test_a_cancelled_task_does_not_run(bench: Bench) -> None:
    """Whether the word comes before the batch is begun or in its middle."""
    bench.batch((1, wait, (2 * SLICE,)), (2, add, (1, 1)), (3, add, (1, 1)))
    bench.worker.handle(Cancel((2,)))
    bench.worker.run_slice()
    bench.worker.handle(Cancel((3,)))

    assert bench.run() == [2 * SLICE, (Code.CANCELLED,), (Code.CANCELLED,)]


def test_a_cancellation_can_be_asked_for_in_the_middle_of_a_task(bench: Bench) -> None:
    """A signal may overtake the word of the client, which is then looked for."""
    bench.unheard.append(Cancel((7,)))

    assert bench.worker.is_cancelled(7)
    assert not bench.worker.is_cancelled(8)


def test_a_task_that_is_cancelled_while_it_is_loaded_does_not_run(bench: Bench) -> None:
    """What is being loaded is not interrupted, and the task is looked after when that is done."""
    _hearers[:] = [bench.worker]
    bench.batch((1, add, (CancelsWhenLoaded(1), 1)), (2, add, (1, 1)))

    assert bench.run() == [(Code.CANCELLED,), 2]


def test_the_number_of_a_cancelled_task_is_forgotten(bench: Bench) -> None:
    """A task that was cancelled too late may run again under its number."""
    bench.batch((1, add, (1, 1)))
    bench.run()
    bench.worker.handle(Cancel((1,)))
    bench.batch((2, add, (1, 1)))
    bench.run()
    bench.batch((1, add, (1, 1)))

    assert bench.run() == [2]


def test_an_export_is_answered(bench: Bench) -> None:
    """With a file, or with the word that it is not here."""
    bench.batch((1, np.ones, (100_000,)))
    bench.run()
    bench.worker.handle(Export(1))
    bench.worker.handle(Export(2))
    here, gone = bench.said

    assert shared.attach(here.shared).value().sum() == 100_000
    assert gone == Exported(2, None)


def test_an_export_without_room_tells_the_reason(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client decides what that means."""

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    bench.batch((1, np.ones, (100_000,)))
    bench.run()
    monkeypatch.setattr(shared, "export", full)
    bench.worker.handle(Export(1))

    assert bench.said[0].shared is None
    assert "No space left on device" in bench.said[0].reason


def test_what_is_behind_a_task_that_has_ended_is_not_given_back(bench: Bench) -> None:
    """The next one may be running already: given back, it would run twice."""

    def ask(task: int) -> int | None:
        return bench.worker.empty_behind(task)

    functions = {0: WireFunction(b"", code=FunctionCode(0, "ask", b"", original=ask))}
    for tasks in ((1, 2), (3,)):
        calls = [(task, 0, cloudpickle.dumps(((1,), {})), None) for task in tasks]
        bench.worker.handle(Batch(calls, functions, {}, [], 0, 100.0, {}))

    assert bench.run() == [1, None]


def test_a_task_that_fails_leaves_none_of_its_results(bench: Bench) -> None:
    """The first of two was kept when the second could not be: nobody would let it go."""
    outputs = Outputs((1, 2), True, ())
    bench.batch((1, half_good, (), outputs))
    (result,) = bench.run()
    bench.worker.handle(Export(1))

    assert result[0] is Code.FAILED
    assert bench.said == [Exported(1, None)]


def test_who_runs_in_a_task_knows_it(bench: Bench) -> None:
    """And nobody else."""
    bench.batch((1, inside_task, ()))

    assert bench.run() == [True]
    assert not inside_task()


def test_output_is_captured_task_by_task(bench: Bench) -> None:
    """Whoever sees to the output knows which task it is that ends."""
    heard: list[Any] = []

    class Capture:
        task = -1

        def end(self) -> None:
            heard.append(self.task)

    bench.worker = Worker(bench.said.append, list, session=TOKEN, capture=Capture())
    bench.batch((1, add, (1, 1)), (2, add, (1, "a")))
    bench.run()

    assert heard == [1, 2]


_FORKING = """
import os
import cloudpickle
from eflows_nb.engine.messages import Batch, Outputs, WireFunction
from eflows_nb.engine.worker import Worker, become_engine

def fork(time_out):
    pid = os.fork()
    return (os.waitpid(pid, 0)[1], time_out) if pid else 1 / 0

become_engine()
told = []
worker = Worker(told.append, list, session="test-of-forks")
pickled = cloudpickle.dumps(fork)
functions = {0: WireFunction(pickled), 1: WireFunction(pickled, time_out=60.0)}
tasks = [(1, 0, (None,), None), (2, 0, (None,), Outputs((3, 4), True, ())), (5, 1, (60,), None)]
worker.handle(Batch(tasks, functions, {}, [], 0, 100.0, {}))
while worker.busy:
    worker.run_slice()
print([result[0].name for message in told for result in message.results])
"""


def test_the_traceback_of_a_forked_process_begins_in_the_task() -> None:
    """However the engine has called it."""
    done = subprocess.run([sys.executable, "-c", _FORKING], capture_output=True, text=True, check=True)

    assert done.stdout == "['SMALL', 'MANY', 'SMALL']\n"
    assert done.stderr.count("ZeroDivisionError: division by zero\n") == 3
    assert "eflows_nb" not in done.stderr


def test_an_input_is_dropped_after_the_task_that_reads_it_last(bench: Bench) -> None:
    """Not before, and not when the task fails: it may run again."""
    bench.batch((1, np.ones, (1 << 16,)))
    bench.run()
    bench.batch((2, operator.getitem, (Reads(1), "x")), (3, len, (Reads(1),)), last_reads={2: [1], 3: [1]})
    bench.batch((4, len, (Reads(1),)))

    failed, length, missing = bench.run()
    assert failed[0] is Code.FAILED
    assert length == 1 << 16
    assert missing == (Code.MISSING, 1)
