"""The journal: what is written is read, survives a kill, and replays to the state of the session."""

from __future__ import annotations

import itertools
import json
import logging
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eflows_nb.clusters.cluster import Arrival, ClusterState, EngineDown, EngineUp, Message, StateChange
from eflows_nb.engine import shared
from eflows_nb.engine.store import fetch
from eflows_nb.engine.worker import Worker
from eflows_nb.errors import JournalError
from eflows_nb.runtime.driver import Driver
from eflows_nb.runtime.history.decoding import LineDecoder
from eflows_nb.runtime.history.encoding import TRACEBACKS, LineEncoder
from eflows_nb.runtime.journal import Journal, attach, journal_of, read, replay
from eflows_nb.runtime.session import Session
from eflows_nb.tasks.data import Datum
from eflows_nb.tasks.events import (
    ClusterChanged,
    DataShared,
    EnergyRead,
    EngineJoined,
    EngineLeft,
    Event,
    SessionEnded,
    TaskFailed,
    TaskOutput,
    TasksChanged,
    TasksSubmitted,
    WaitEnded,
    WaitStarted,
)
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.state import TaskState
from eflows_nb.tasks.task import FunctionCode, Task

# Lines -------------------------------------------------------------------------------------------------

times = st.integers(0, 10**12).map(lambda n: n * 1e-6)
numbers = st.integers(1, 10**7)
engines = st.integers(-1, 1000)
text = st.text(max_size=20)
sizes = st.integers(0, 10**12)


@st.composite
def submissions(draw: st.DrawFn) -> TasksSubmitted:
    """Draw new tasks: in a row or not, of one function or several, with parents or without."""
    tasks = draw(
        st.one_of(st.builds(range, numbers, numbers).filter(lambda r: 0 < len(r) < 30), _lists(numbers))
    )
    each = {"min_size": len(tasks), "max_size": len(tasks)}
    return TasksSubmitted(
        time=draw(times),
        tasks=tuple(tasks),
        names=tuple(draw(st.lists(st.sampled_from(["f", 'g"\n', "λ"]), **each))),
        parents=tuple(draw(st.lists(st.lists(numbers, max_size=3).map(tuple), **each))),
        origins=tuple(draw(st.lists(st.sampled_from([-1, 3, 4]), **each))),
    )


@st.composite
def changes(draw: st.DrawFn) -> TasksChanged:
    """Draw tasks that ended together, one after the other or with pauses, or reached another state."""
    tasks = tuple(draw(_lists(numbers)))
    state = draw(st.sampled_from(TaskState))
    if state not in (TaskState.DONE, TaskState.FAILED):
        return TasksChanged(time=draw(times), state=state, tasks=tasks, engine=draw(engines))
    each = {"min_size": len(tasks), "max_size": len(tasks)}
    seconds = [n * 1e-9 for n in draw(st.lists(st.integers(1, 10**10), **each))]
    pauses = draw(st.one_of(st.just([0.0] * len(tasks)), st.lists(times.map(lambda t: t + 1), **each)))
    begin = draw(times)
    starts = [begin]
    for pause, lasted in zip(pauses[1:], seconds, strict=False):
        starts.append(starts[-1] + lasted + pause)
    return TasksChanged(
        time=draw(times),
        state=state,
        tasks=tasks,
        engine=draw(engines),
        starts=tuple(starts) if begin else (0.0,) * len(tasks),
        seconds=tuple(seconds),
        sizes=tuple(draw(st.lists(sizes, **each))),
        memory=draw(sizes),
    )


def _lists(items: st.SearchStrategy[int]) -> st.SearchStrategy[list[int]]:
    return st.lists(items, min_size=1, max_size=20, unique=True)


events = st.one_of(
    submissions(),
    changes(),
    st.builds(TaskFailed, time=times, task=numbers, error=text, traceback=text),
    st.builds(EngineJoined, time=times, engine=engines, host=text, pid=numbers),
    st.builds(EngineLeft, time=times, engine=engines, expected=st.booleans()),
    st.builds(ClusterChanged, time=times, cluster=text, state=text, reason=text),
    st.builds(DataShared, time=times, engine=engines, datum=numbers, size=sizes),
    st.builds(EnergyRead, time=times, engine=engines, joules=st.integers(0, 10**9).map(float)),
    st.builds(WaitStarted, time=times, wait=numbers, tasks=st.frozensets(numbers, max_size=5)),
    st.builds(WaitEnded, time=times, wait=numbers),
    st.builds(SessionEnded, time=times),
)


@given(st.lists(events, max_size=5))
def test_every_event_is_read_as_it_was_written(told: list[Event]) -> None:
    """Nothing but the last digits of a start is lost between an event, its line and the event again."""
    encoder, decoder = LineEncoder(0.0), LineDecoder(0.0)
    lines = "".join(encoder.encode(event) for event in told).splitlines()

    found = [event for line in lines for event in decoder.decode(line)]

    assert [_fields(event) for event in found] == [_nearly(event) for event in told]


def _fields(event: Event) -> dict[str, Any]:
    return {"type": type(event), **{name: getattr(event, name) for name in type(event).__slots__}}


def _nearly(event: Event) -> dict[str, Any]:
    inexact = ("time", "starts", "seconds")
    return {
        name: pytest.approx(value, abs=2e-6) if name in inexact else value
        for name, value in _fields(event).items()
    }


def test_many_tasks_take_few_bytes() -> None:
    """A thousand tasks of one function, one after the other on an engine, take less than 10 bytes each."""
    encoder = LineEncoder(0.0)
    tasks = tuple(range(10**6, 10**6 + 1000))
    starts = tuple(itertools.accumulate([2e-6] * 999, initial=1.0))
    told = [
        TasksSubmitted(
            time=1.0, tasks=tasks, names=("f",) * 1000, parents=((),) * 1000, origins=(-1,) * 1000
        ),
        TasksChanged(time=1.0, state=TaskState.RUNNING, tasks=tasks, engine=0),
        TasksChanged(
            time=1.0,
            state=TaskState.DONE,
            tasks=tasks,
            engine=0,
            starts=starts,
            seconds=(2e-6,) * 999 + (3e-6,),
            sizes=(0,) * 1000,
        ),
    ]

    assert sum(len(encoder.encode(event)) for event in told) < 10_000


def test_output_of_tasks_is_not_in_the_journal() -> None:
    """What a task prints has its place in the notebook; a journal stays small."""
    told = TaskOutput(time=1.0, task=1, origin=1, stream="stdout", text="x" * 10**6)

    assert LineEncoder(0.0).encode(told) == ""


def test_only_the_first_failures_have_their_traceback() -> None:
    """A million failures do not fill the disk."""
    encoder = LineEncoder(0.0)
    told = TaskFailed(time=1.0, task=1, error="ValueError: no", traceback="x" * 1000)
    lines = [encoder.encode(told) for _ in range(TRACEBACKS + 1)]

    assert len(lines[TRACEBACKS - 1]) > 1000
    assert len(lines[TRACEBACKS]) < 100


# Files -------------------------------------------------------------------------------------------------


def _written(folder: Path, told: Sequence[Event]) -> Path:
    journal = Journal(folder, "token")
    journal(told)
    journal.flush()
    assert journal.path is not None
    return journal.path


def _submission(*tasks: int, time: float = 1.0) -> TasksSubmitted:
    count = len(tasks)
    return TasksSubmitted(
        time=time, tasks=tasks, names=("f",) * count, parents=((),) * count, origins=(-1,) * count
    )


def test_a_journal_says_whose_it_is(tmp_path: Path) -> None:
    """The first line names the session and its process."""
    header, _ = read(_written(tmp_path, [_submission(1)]))

    assert header.session == "token"
    assert header.program.startswith("eflows-nb")


def test_only_its_owner_can_read_a_journal(tmp_path: Path) -> None:
    """Names and errors of a user's tasks are nobody else's business."""
    assert _written(tmp_path, [_submission(1)]).stat().st_mode & 0o777 == 0o600


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    """What a killed process wrote half is as if it had not been written."""
    path = _written(tmp_path, [_submission(1), _submission(2)])
    path.write_bytes(path.read_bytes()[:-5])

    assert list(replay(path).tasks) == [1]


def test_a_damaged_line_is_an_error(tmp_path: Path) -> None:
    """A journal that was changed is not believed."""
    path = _written(tmp_path, [_submission(1), _submission(2)])
    path.write_text(path.read_text().replace('["submitted"', '["submitted', 1))

    with pytest.raises(JournalError, match="is not a line of a journal"):
        replay(path)


def test_a_line_of_another_kind_is_left_out(tmp_path: Path) -> None:
    """A later release may tell more, which an earlier one need not understand."""
    path = _written(tmp_path, [_submission(1)])
    path.write_text(path.read_text() + '["colour",12,"green"]\n')

    assert list(replay(path).tasks) == [1]


def test_a_journal_of_a_later_version_is_refused(tmp_path: Path) -> None:
    """A reader does not guess at what it does not know."""
    path = _written(tmp_path, [_submission(1)])
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))

    with pytest.raises(JournalError, match=r"version 2; this program reads .* up to version 1"):
        read(path)


def test_another_file_is_no_journal(tmp_path: Path) -> None:
    """A file without the first line of a journal is named as such."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"cells": []}))

    with pytest.raises(JournalError, match="is not a journal"):
        read(path)


def test_a_session_without_tasks_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is created at the first task."""
    monkeypatch.setenv("EFLOWS_JOURNAL", str(tmp_path / "journals"))
    session = Session()
    attach(session)
    session.wait_on(session.put([1]))

    with pytest.raises(JournalError, match="no task was called"):
        journal_of(session)
    assert not (tmp_path / "journals").exists()


def test_a_journal_lies_beside_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without another word it is in the folder .eflows of the current folder."""
    monkeypatch.delenv("EFLOWS_JOURNAL")
    monkeypatch.chdir(tmp_path)
    session = Session()
    attach(session)
    session.wait_on(_call(session, abs, -1))

    assert journal_of(session).parent == tmp_path / ".eflows"


def test_a_journal_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With EFLOWS_JOURNAL=off nothing is written."""
    monkeypatch.setenv("EFLOWS_JOURNAL", "off")
    monkeypatch.chdir(tmp_path)
    session = Session()
    attach(session)
    session.wait_on(_call(session, abs, -1))

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(JournalError, match="EFLOWS_JOURNAL=off"):
        journal_of(session)


def test_a_folder_that_cannot_be_written_is_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The work goes on without a journal."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("EFLOWS_JOURNAL", str(tmp_path / "file"))
    session = Session()
    attach(session)

    assert session.wait_on([_call(session, abs, -1), _call(session, abs, -2)]) == [1, 2]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "This session has no journal" in caplog.text


def _call(session: Session, function: Any, *args: Any) -> Any:
    return session.submit(TaskFunction(function, submit=session.submit), args, {})


def _run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={
            "EFLOWS_JOURNAL": str(folder),
            "PYTHONPATH": ":".join(sys.path),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


_PROGRAM = """
import os, resource, signal
import eflows_nb as ef
from eflows_nb.runtime import journal, session
double = ef.task(lambda x: 2 * x)
"""


def test_a_full_disk_ends_the_journal_but_not_the_work(tmp_path: Path) -> None:
    """What was written stays readable, and there is one warning."""
    # It would cut off compiled modules too, if any were still to be written.
    limit = "double(0)\nresource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
    work = "print(sum(ef.wait_on([double(i) for i in range(1000)])))"

    ended = _run(_PROGRAM + limit + work, tmp_path)

    assert ended.stdout == "999000\n"
    assert ended.stderr.count("ends here") == 1
    (path,) = tmp_path.iterdir()
    assert path.stat().st_size == 5000
    assert len(replay(path).tasks) > 10


def test_a_killed_process_leaves_what_it_has_written(tmp_path: Path) -> None:
    """A journal can be read after a kill, and shows that the session did not end as it should."""
    work = """
ef.wait_on([double(i) for i in range(100)])
journal.journal_of(session.current())
for i in range(100): double(i)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = _run(_PROGRAM + work, tmp_path)

    assert ended.returncode == -signal.SIGKILL
    (path,) = tmp_path.iterdir()
    state = replay(path)
    assert state.tasks.counts()[TaskState.DONE] >= 100
    assert not state.complete


def test_a_process_that_ends_leaves_everything(tmp_path: Path) -> None:
    """At the end of the interpreter the last events are written too."""
    ended = _run(_PROGRAM + "for i in range(100): double(i)", tmp_path)

    assert ended.stderr == ""
    (path,) = tmp_path.iterdir()
    state = replay(path)
    assert state.tasks.counts()[TaskState.DONE] == 100
    assert state.complete


def test_a_forked_process_writes_nothing(tmp_path: Path) -> None:
    """A child that inherits a journal leaves it to its parent."""
    work = """
double(1)
child = os.fork()
if child: os.waitpid(child, 0)
"""
    ended = _run(_PROGRAM + work, tmp_path)

    assert ended.stderr == ""
    (path,) = tmp_path.iterdir()
    assert path.read_text().count('["done"') == 1
    assert path.read_text().count('["ended"') == 1


# Replay ------------------------------------------------------------------------------------------------


class InProcess:
    """Engines in this process, each of which works when it is told to."""

    kind = "in process"
    requested = 0

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
