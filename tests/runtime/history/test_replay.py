"""A journal replays to the state of its session, whatever happened."""

from __future__ import annotations

import itertools
from collections import deque
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eflows_nb.clusters.cluster import Arrival, ClusterState, EngineDown, EngineUp, Message, StateChange
from eflows_nb.clusters.files import FilesHere
from eflows_nb.engine import shared
from eflows_nb.engine.store import fetch
from eflows_nb.engine.worker import Worker
from eflows_nb.runtime.driver import Driver
from eflows_nb.runtime.journal import Journal, replay
from eflows_nb.tasks.data import Datum
from eflows_nb.tasks.events import (
    DataShared,
    Event,
    TaskFailed,
)
from eflows_nb.tasks.resources import Resources
from eflows_nb.tasks.state import TaskState
from eflows_nb.tasks.task import FunctionCode, Task


class InProcess:
    """Engines in this process, each of which works when it is told to."""

    kind = "in process"
    requested = 0
    capacity = Resources()
    files = FilesHere()

    def __init__(self, token: str) -> None:
        self._token = token
        self._arrived: deque[Arrival] = deque()
        self._numbers = itertools.count()
        self.workers: dict[int, Worker] = {}

    def join(self) -> None:
        """Let one more engine join."""
        number = next(self._numbers)

        def say(message: Any) -> None:
            self._arrived.append(Message(number, message))

        self.workers[number] = Worker(say, list, session=self._token)
        self._arrived.append(EngineUp(number, "here", 1000 + number))

    def lose(self, place: int) -> None:
        """Let an engine die, with what it has not said yet."""
        if self.workers:
            number = list(self.workers)[place % len(self.workers)]
            del self.workers[number]
            self._arrived = deque(
                arrival
                for arrival in self._arrived
                if not (type(arrival) is Message and arrival.engine == number)
            )
            self._arrived.append(EngineDown(number, expected=False))

    def work(self, place: int) -> None:
        """Let an engine run a slice of its tasks."""
        if self.workers:
            list(self.workers.values())[place % len(self.workers)].run_slice()

    def start(self) -> None:
        """Be ready."""
        self._arrived.append(StateChange(ClusterState.READY))

    def wait(self, timeout: float) -> None:
        """Let all engines work."""
        for worker in self.workers.values():
            worker.run_slice()

    def receive(self) -> list[Arrival]:
        """Return what has come."""
        arrived, self._arrived = list(self._arrived), deque()
        return arrived

    def send(self, engine: int, message: Any) -> None:
        """Hand a message to an engine that is there."""
        if engine in self.workers:
            self.workers[engine].handle(message)

    def wake(self) -> None:
        """Nobody waits."""

    def interrupt(self, engine: int) -> None:
        """Nothing runs while the client does."""

    def kill(self, engine: int) -> None:
        """Nothing hangs."""

    def retire(self, engine: int) -> None:
        """Nobody goes."""

    def grow(self, engines: int) -> None:
        """Engines join when they are told to."""

    def stop(self) -> None:
        """There is nothing to end."""


def _small(*args: Any) -> int:
    return len(args)


def _large(*args: Any) -> bytes:
    return b"x" * 100_000


def _failing(*args: Any) -> None:
    raise ValueError("no")


class _Run:
    """A driver with engines in this process, a journal, and a record of all tasks."""

    def __init__(self, folder: Path) -> None:
        self.token = f"test-{next(_tokens)}"
        self.cluster = InProcess(self.token)
        self.driver = Driver(self.cluster, self.token)
        self.journal = Journal(folder, self.token)
        self.told: list[Event] = []
        self.driver.observe(self.journal)
        self.driver.observe(self.told.extend)
        self.tasks: list[Task] = []
        self.data: list[Datum] = []
        functions = (_small, _large, _failing)
        self.codes = [FunctionCode(n, f.__name__, cloudpickle.dumps(f)) for n, f in enumerate(functions)]

    def submit(self, code: int, places: list[int]) -> None:
        """Call a function on results of earlier tasks."""
        reads = tuple(
            {id(d): d for d in (self.data[p % len(self.data)] for p in places if self.data)}.values()
        )
        number = len(self.tasks) + 1
        payload = cloudpickle.dumps((tuple(_Reading(datum.number) for datum in reads), {}))
        task = Task(number, self.codes[code], payload, reads)
        self.data.append(Datum(number, task))
        task.outputs = (self.data[-1],)
        self.tasks.append(task)
        self.driver.submit(task)

    def cancel(self, place: int) -> None:
        """Cancel a task that has not ended."""
        if self.tasks:
            self.driver.change(lambda s: s.cancel([self.tasks[place % len(self.tasks)]], "no"))

    def finish(self) -> None:
        """Let all tasks end."""
        self.cluster.join()
        self.driver.wait(lambda: self.driver.idle)

    def act(self, action: tuple[Any, ...]) -> None:
        """Do one thing, and let the driver see to it."""
        name, *arguments = action
        owner = self if name in ("submit", "cancel") else self.cluster
        getattr(owner, name)(*arguments)
        self.driver.pump()


class _Reading:
    def __init__(self, datum: int) -> None:
        self.datum = datum

    def __reduce__(self) -> Any:
        return fetch, (self.datum,)


_tokens = itertools.count()
_places = st.integers(0, 20)

actions = st.one_of(
    st.tuples(st.just("submit"), st.integers(0, 2), st.lists(_places, max_size=3)),
    st.tuples(st.just("submit"), st.just(1), st.lists(_places, max_size=3)),
    st.tuples(st.just("cancel"), _places),
    st.tuples(st.just("join")),
    st.tuples(st.just("lose"), _places),
    st.tuples(st.just("work"), _places),
    st.tuples(st.just("work"), _places),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(actions, max_size=25), st.booleans())
def test_a_journal_replays_to_the_state_of_its_session(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[Any, ...]], finish: bool
) -> None:
    """Whatever happened: each task is in its state, and each engine is there or gone."""
    run = _Run(tmp_path_factory.mktemp("run"))
    try:
        run.act(("join",))
        run.submit(0, [])
        for action in done:
            run.act(action)
        _ = finish and run.finish()
        run.journal.flush()
        assert run.journal.path is not None
        state = replay(run.journal.path)
    finally:
        shared.remove_all(run.token)

    pending = (TaskState.WAITING, TaskState.READY)
    told = {number: task.state for number, task in state.tasks.items()}
    assert {n: s for n, s in told.items() if s not in pending} == {
        task.number: task.state for task in run.tasks if task.state not in pending
    }
    counts, snapshot = state.tasks.counts(), run.driver.snapshot()
    assert sum(counts[s] for s in pending) == sum(snapshot.tasks[s] for s in pending)
    assert {engine.engine for engine in state.engines if engine.left is None} == set(run.cluster.workers)
    assert state.shared_bytes == sum(e.size for e in run.told if type(e) is DataShared)
    failures = {e.task: e.error for e in run.told if type(e) is TaskFailed}
    assert {n: t.error for n, t in state.tasks.items() if t.error} == failures
