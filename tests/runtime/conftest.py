"""What tests of the runtime share: a task graph on plain lists, told runs, clusters."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.engine.messages import Code, Failure, Outputs
from eflows_nb.runtime import session
from eflows_nb.runtime.commands import Command, ExportFrom, Send
from eflows_nb.runtime.files import FileAccess, Files
from eflows_nb.runtime.history.run_state import RunState
from eflows_nb.runtime.scheduler import Scheduler
from eflows_nb.tasks.data import Datum, Large, Source, Turn
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.events import (
    EngineJoined,
    EngineLeft,
    Event,
    TasksChanged,
    TasksSubmitted,
    WaitStarted,
)
from eflows_nb.tasks.policy import Policy
from eflows_nb.tasks.state import TaskState
from eflows_nb.tasks.task import FunctionCode, Task


class Graph:
    """Makes tasks for a scheduler, and plays engines by hand."""

    kept = (Code.KEPT, 1 << 20)
    missing = (Code.MISSING,)
    unrun = (Code.UNRUN,)
    interrupted = (Code.CANCELLED,)
    failed = (Code.FAILED, Failure("ValueError", "no", None, (), "Traceback"))

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.files = Files()
        self._numbers = itertools.count(1)
        self._codes: dict[str, FunctionCode] = {}

    def make(self, *reads: Datum, name: str = "f", outputs: int = 1) -> Task:
        """Make a task that reads these data, and submit it."""
        code = self._codes.setdefault(name, FunctionCode(len(self._codes), name, b""))
        task = Task(next(self._numbers), code, b"payload", reads)
        data = [Datum(task.number, task)] + [Datum(next(self._numbers), task) for _ in range(outputs - 1)]
        task.outputs = tuple(data)
        if outputs > 1:
            task.wire_outputs = Outputs(tuple(datum.number for datum in data), True, ())
        self.scheduler.submit([task])
        return task

    def result(self, *reads: Datum, name: str = "f") -> Datum:
        """Make a task of one result, submit it, and return the result."""
        return self.make(*reads, name=name).outputs[0]

    def use_file(self, direction: Direction, *reads: Datum, name: str = "f") -> Task:
        """Make a task that uses the file 'f' and returns one result, and submit it."""
        code = self._codes.setdefault(name, FunctionCode(len(self._codes), name, b""))
        access = FileAccess(self.files, name)
        path = access.add("f", direction, "path")
        task = Task(next(self._numbers), code, b"payload", (*reads, *access.reads()))
        versions = {path: Datum(next(self._numbers), task)} if direction.writes else {}
        turn = Turn(next(self._numbers), task)
        turn.source = Source(task.number, writes=direction.writes)
        task.sources = (turn.source,)
        task.outputs = (Datum(task.number, task), *versions.values(), turn)
        beside = tuple(((), datum.number) for datum in task.outputs[1:])
        task.wire_outputs = Outputs((task.number,), False, beside)
        access.enter(turn, versions)
        self.scheduler.submit([task])
        return task

    def shared_datum(self, path: str = "file", size: int = 1 << 20) -> Datum:
        """Make a datum as `ef.put` makes one: in a shared file and on no engine."""
        number = next(self._numbers)
        large = Large(datum=number, size=size, engines=set(), released=self.scheduler.released, shared=path)
        return Datum(number, value=large)

    def engines(self, *numbers: int) -> None:
        """Let engines join."""
        for number in numbers:
            self.scheduler.engine_up(number)

    def know(self, name: str, seconds: float) -> None:
        """Let the duration of a function be known."""
        code = self._codes.setdefault(name, FunctionCode(len(self._codes), name, b""))
        self.scheduler.durations.learn(code.number, [seconds])

    def define(self, name: str, policy: Policy) -> None:
        """Let a function have a policy."""
        self._codes.setdefault(name, FunctionCode(len(self._codes), name, b"", policy))

    def advance(self) -> list[Command]:
        """Return the commands that follow from what has happened."""
        return self.scheduler.advance()

    def sent(self) -> dict[int, list[int]]:
        """Advance; return the numbers of the tasks that were sent to each engine, in order."""
        found: dict[int, list[int]] = {}
        for command in self.advance():
            if type(command) is Send:
                found.setdefault(command.engine, []).extend(task.number for task in command.tasks)
        return found

    def exports(self) -> list[tuple[int, int]]:
        """Advance; return engine and datum of each export that is asked for."""
        return [tuple(c) for c in self.advance() if type(c) is ExportFrom]

    def finish(self, engine: int, *results: Any, seconds: float = 0.001) -> None:
        """Let the next tasks of an engine come back with these results."""
        self.scheduler.results(engine, results, [seconds] * len(results))

    def share(self, engine: int, datum: Datum) -> None:
        """Let an engine export a datum."""
        self.scheduler.exported(engine, datum.number, f"file-{datum.number}", "")

    def holder(self, datum: Datum) -> set[int]:
        """Return the engines that hold a large datum."""
        assert type(datum.value) is Large
        return datum.value.engines


@pytest.fixture
def interrupt_next_wait() -> Iterator[Callable[[], None]]:
    """Return a function that lets the user interrupt the next wait as soon as it has begun."""
    ends: list[Callable[[], None]] = []

    def arrange() -> None:
        def interrupt(events: Sequence[Event]) -> None:
            if any(type(event) is WaitStarted for event in events):
                ends[-1]()
                os.kill(os.getpid(), signal.SIGINT)

        ends.append(session.current().observe(interrupt))

    yield arrange
    for end in ends:
        end()


@pytest.fixture
def graph() -> Graph:
    """Return an empty task graph without engines."""
    return Graph()


@contextmanager
def _inline() -> Iterator[None]:
    ef.stop()
    yield


@contextmanager
def _local() -> Iterator[None]:
    with ef.start(engines=2):
        yield


@contextmanager
def _hosts() -> Iterator[None]:
    with ef.start(engines=2, hosts=["localhost"]):
        yield


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(_inline, id="inline"),
        pytest.param(_local, id="local", marks=pytest.mark.engines),
        pytest.param(_hosts, id="hosts", marks=pytest.mark.engines),
    ],
)
def every_cluster(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the tests of a module on each kind of cluster, one after the other."""
    with request.param():
        yield


@pytest.fixture(scope="module")
def two_engines() -> Iterator[ef.Session]:
    """Two engines of this machine, for the tests of a module."""
    with ef.start(engines=2) as session:
        yield session


class Gate:
    """Where a test meets one task: the task says that it runs, and waits until it may go on."""

    def __init__(self, folder: Path, number: int) -> None:
        self.started = folder / f"started-{number}"
        self.go = folder / f"go-{number}"
        os.mkfifo(self.started)
        os.mkfifo(self.go)

    def wait_for_start(self) -> int:
        """Return the process of the task when it says that it runs."""
        return int(self.started.read_text())

    def open(self) -> None:
        """Let the task go on."""
        self.go.write_text("go")

    def remove(self) -> None:
        """Let everybody pass from now on."""
        for path in (self.started, self.go):
            pipe = os.open(path, os.O_RDWR)  # whoever is blocked at it is not any more
            path.unlink()
            path.write_text("")
            os.close(pipe)

    @property
    def paths(self) -> tuple[str, str]:
        """What the task needs: a file to write its process to, and one to read before it goes on."""
        return str(self.started), str(self.go)


@pytest.fixture
def gates(tmp_path: Path) -> Iterator[Callable[[], Gate]]:
    """Make places to meet tasks at; nobody is left waiting there when the test ends."""
    made: list[Gate] = []

    def make() -> Gate:
        made.append(Gate(tmp_path, len(made)))
        return made[-1]

    yield make
    for gate in made:
        gate.remove()


@pytest.fixture
def hold(tmp_path: Path) -> Any:
    """A task function that meets the test at a gate, and returns a value; nobody knows yet how fast it is."""
    unlike_the_last_one = tmp_path

    @ef.task
    def hold(started: str, go: str, value: Any = None) -> Any:
        from pathlib import Path

        assert unlike_the_last_one
        Path(started).write_text(str(os.getpid()))
        Path(go).read_text()
        return value

    return hold


@pytest.fixture
def settled() -> Iterator[None]:
    """Let all tasks of a test end, and hide its failures from the next test."""
    yield
    with suppress(Exception):
        ef.barrier(10)


class Story:
    """Tells of a run that never was: what was called, where it ran, and when."""

    client = 1

    def __init__(self) -> None:
        self._told: list[Event] = []
        self._numbers = itertools.count(1)

    def joined(self, *engines: int, at: float = 0.0, host: str = "here") -> None:
        """Let engines join; they are processes of their own."""
        self._told += [EngineJoined(time=1e9 + at, engine=e, host=host, pid=100 + e) for e in engines]

    def inline(self, at: float = 0.0) -> None:
        """Let the client's process be an engine."""
        self._told.append(EngineJoined(time=1e9 + at, engine=0, host="here", pid=self.client))

    def left(self, engine: int, *, at: float, expected: bool = True) -> None:
        """Let an engine go."""
        self._told.append(EngineLeft(time=1e9 + at, engine=engine, expected=expected))

    def note(self, event: Event) -> None:
        """Tell something else; its time is counted like that of all the others."""
        self._told.append(replace(event, time=1e9 + event.time))

    def called(self, name: str = "f", *, at: float = 0.0, parents: tuple[int, ...] = ()) -> int:
        """Call a function; return the number of the task."""
        task = next(self._numbers)
        self._told.append(
            TasksSubmitted(time=1e9 + at, tasks=(task,), names=(name,), parents=(parents,), origins=(-1,))
        )
        return task

    def ran(
        self,
        name: str = "f",
        *,
        engine: int = 0,
        called: float = 0.0,
        start: float,
        seconds: float,
        parents: tuple[int, ...] = (),
        size: int = 0,
        memory: int = 0,
    ) -> int:
        """Call a function, and let the task run to its end; return its number."""
        task = self.called(name, at=called, parents=parents)
        self.done(task, engine=engine, start=start, seconds=seconds, size=size, memory=memory)
        return task

    def sent(self, task: int, *, engine: int, at: float, kept: tuple[int, ...] = ()) -> None:
        """Let a task go to an engine, and keep others."""
        where = {"tasks": (task,), "engine": engine, "kept": kept}
        self._told.append(TasksChanged(time=1e9 + at, state=TaskState.RUNNING, **where))

    def done(
        self, task: int, *, engine: int = 0, start: float, seconds: float, size: int = 0, memory: int = 0
    ) -> None:
        """Let a task run to its end."""
        end = 1e9 + start + seconds
        at = {"tasks": (task,), "engine": engine}
        self._told.append(TasksChanged(time=1e9 + start, state=TaskState.RUNNING, **at))
        ran = {"starts": (1e9 + start,), "seconds": (seconds,), "sizes": (size,), "memory": memory}
        self._told.append(TasksChanged(time=end, state=TaskState.DONE, **at, **ran))

    @property
    def state(self) -> RunState:
        """The state at the end."""
        told = sorted(self._told, key=lambda event: event.time)
        return RunState.of(told, session="story", pid=self.client)


@pytest.fixture
def story() -> Story:
    """Return a run of which nothing has been told yet."""
    return Story()
