"""Moves a session along: carries messages between its scheduler and its cluster, and tells observers.

Whoever waits drives, without a hand-over between threads; a thread of its own drives while nobody waits.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from eflows_nb.clusters.cluster import (
    Cluster,
    ClusterState,
    EngineDown,
    EngineUp,
    Message,
    StateChange,
)
from eflows_nb.engine import shared
from eflows_nb.engine.messages import (
    Batch,
    Cancel,
    Export,
    Exported,
    Lasting,
    Results,
    WireFunction,
    WireTask,
    Written,
)
from eflows_nb.engine.packing import Packed
from eflows_nb.errors import ClusterError, WaitTimeoutError
from eflows_nb.runtime.commands import Command, ExportFrom, Interrupt, Remove, Send
from eflows_nb.runtime.deadlines import GRACE_SECONDS, Deadlines
from eflows_nb.runtime.scheduler import Scheduler
from eflows_nb.runtime.snapshot import EngineSnapshot, SessionSnapshot
from eflows_nb.tasks.data import PENDING, Broken, Datum, Large
from eflows_nb.tasks.events import (
    ClusterChanged,
    DataShared,
    EnergyRead,
    EngineJoined,
    EngineLeft,
    Event,
    TaskFailed,
    TaskOutput,
    TasksChanged,
    TasksSubmitted,
)
from eflows_nb.tasks.policy import OnFailure
from eflows_nb.tasks.state import TaskState
from eflows_nb.tasks.task import FunctionCode, Task

__all__ = ["TASKS_LIMIT", "Driver", "Observer"]

logger = logging.getLogger(__name__)

Observer = Callable[[Sequence[Event]], None]

# Without its conversions to and from enums, which take twenty times as long as the call.
_set_handler: Callable[..., Any] = getattr(signal.signal, "__wrapped__", signal.signal)

TASKS_LIMIT = 1_000_000
"""Unfinished tasks at most; who submits more waits until some have ended."""

_PUMP_EVERY = 128
_POLL_SECONDS = 1.0
_GRACE_SECONDS = 0.01


class Driver:
    """The moving part of a session.

    Parameters
    ----------
    cluster
        Where tasks run first.
    token
        Token of the session, part of the names of its shared files.
    """

    def __init__(self, cluster: Cluster, token: str) -> None:
        self.scheduler = Scheduler()
        self.cluster = cluster
        self.state = ClusterState.STARTING
        self.reason = ""
        self._token = token
        self._inbox: deque[Task] = deque()
        self._lock = threading.Lock()
        self._turn = threading.Lock()  # whoever holds it waits for the cluster
        self._waiters = 0
        self._alone = threading.Event()  # set while the thread should drive
        self._polling = False
        self._closed = False
        self._hungry = True
        self._since_pump = 0
        self._thread: threading.Thread | None = None
        self._observers: list[Observer] = []
        self._events: deque[Event] = deque()
        self._telling = threading.RLock()
        self._hosts: dict[int, tuple[str, int]] = {}
        self._interrupted = False
        self._deadlines = Deadlines()
        self._limited = False  # whether any function has a time_out
        cluster.start()
        self.pump()

    # Submitting ----------------------------------------------------------------------------------------

    def submit(self, task: Task) -> None:
        """Take a task; it is sent now if it can run and an engine has nothing to do, else with others."""
        self._inbox.append(task)
        self._since_pump += 1
        if self._since_pump >= _PUMP_EVERY or (self._hungry and not _waits(task)):
            self._since_pump = 0
            if self._lock.locked():
                self.cluster.wake()  # whoever is at it has perhaps not seen this task
            else:
                self.pump()
            if self.cluster.kind == "inline":
                self._run_inline()
            elif self.scheduler.unfinished > TASKS_LIMIT:
                self.wait(lambda: self.scheduler.unfinished < TASKS_LIMIT * 9 // 10)

    def _run_inline(self) -> None:
        while self.scheduler.unfinished or self._inbox:
            before = self.scheduler.unfinished
            try:
                with self._turn:
                    self.cluster.wait(0)
            finally:
                self.pump()
            if self.scheduler.unfinished == before and not self._inbox:
                return

    # Waiting -------------------------------------------------------------------------------------------

    def wait(
        self, done: Callable[[], bool], timeout: float | None = None, *, asked: float | None = None
    ) -> None:
        """Drive until `done` returns True.

        Parameters
        ----------
        timeout
            Seconds to wait at most.
        asked
            Of how many seconds these are the rest, for the message; None for `timeout`.

        Raises
        ------
        WaitTimeoutError
            When that takes longer than `timeout` seconds.
        ClusterError
            When the cluster is broken and nothing will come any more.
        """
        __tracebackhide__ = True
        deadline = None if timeout is None else time.monotonic() + timeout
        self.pump()
        if done():
            return
        self._waiters += 1
        try:
            self._alone.clear()
            if self._polling:
                self.cluster.wake()
            while not done():
                left = _POLL_SECONDS if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    raise WaitTimeoutError(
                        f"The results did not come within {asked or timeout:g} s; their tasks go on. "
                        "Wait again, or pass timeout=None."
                    )
                self.check()
                if self._turn.acquire(timeout=min(left, 0.1)):
                    try:
                        if not done():
                            self.cluster.wait(min(left, _POLL_SECONDS))
                    finally:
                        self._turn.release()
                    self.pump()
                    if self._waiters > 1:
                        self.cluster.wake()
        finally:
            self._waiters -= 1
            if not self._waiters and self.cluster.kind != "inline":
                self._alone.set()

    def check(self) -> None:
        """Make sure that what was submitted can still run.

        Raises
        ------
        ClusterError
            When the cluster is broken and nothing will come any more.
        """
        if self.state is ClusterState.BROKEN and not self.scheduler.engines:
            raise ClusterError(
                f"Nothing can run: {self.reason}. Start engines again with ef.start(); "
                "the tasks that wait will run on them."
            )

    def _drive_alone(self) -> None:
        while not self._closed:
            self._alone.wait()
            time.sleep(_GRACE_SECONDS)  # whoever has waited often waits again at once
            while not self._waiters and not self._closed and self.cluster.kind != "inline":
                with self._turn:
                    self._polling = True
                    if not self._waiters and not self._closed:
                        self.cluster.wait(_POLL_SECONDS)
                    self._polling = False
                self.pump()

    # Moving --------------------------------------------------------------------------------------------

    def pump(self) -> None:
        """Carry all messages that have come and all commands that follow; never half-way interrupted."""
        self._uninterrupted(self._move_and_tell)

    def _move_and_tell(self) -> None:
        with self._lock:
            self._move()
        self._tell()

    def _uninterrupted(self, work: Callable[[], None]) -> None:
        """Do some work; an interrupt of the user comes after it."""
        if threading.current_thread() is not threading.main_thread():
            work()
            return
        previous = _set_handler(signal.SIGINT, self._note_interrupt) or signal.default_int_handler
        try:
            work()
        finally:
            _set_handler(signal.SIGINT, previous)
        if self._interrupted:
            self._interrupted = False
            signal.raise_signal(signal.SIGINT)

    def _note_interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        self._interrupted = True

    def _move(self) -> None:
        scheduler, cluster = self.scheduler, self.cluster
        if self._deadlines:
            self._enforce(time.monotonic())
        moved = True
        while moved:
            moved = False
            if self._inbox:
                count = len(self._inbox)
                tasks = [self._inbox.popleft() for _ in range(count)]
                if self._observers:  # now, since the scheduler may end a task and empty it
                    self._events.append(_submitted(time.time(), tasks))
                scheduler.submit(tasks)
                moved = True
            for arrival in cluster.receive():
                moved = True
                if type(arrival) is Message:
                    self._take(arrival.engine, arrival.content)
                elif type(arrival) is EngineUp:
                    scheduler.engine_up(arrival.engine)
                    self._hosts[arrival.engine] = (arrival.host, arrival.pid)
                    self._note(EngineJoined, engine=arrival.engine, host=arrival.host, pid=arrival.pid)
                elif type(arrival) is EngineDown:
                    self._note_changes()
                    scheduler.engine_down(arrival.engine, blame=not arrival.expected)
                    self._deadlines.forget(arrival.engine)
                    self._note(EngineLeft, engine=arrival.engine, expected=arrival.expected)
                elif type(arrival) is StateChange:
                    self.state, self.reason = arrival.state, arrival.reason
                    self._note(
                        ClusterChanged,
                        cluster=cluster.kind,
                        state=arrival.state.value,
                        reason=arrival.reason,
                    )
            for command in scheduler.advance():
                moved = True
                self._carry_out(command)
        self._hungry = cluster.kind == "inline" or any(
            queue.wants_more() for queue in scheduler.engines.values()
        )
        self._note_changes()

    def _take(self, engine: int, content: Any) -> None:
        if type(content) is Results:
            self._take_results(engine, content)
        elif type(content) is Exported:
            if content.shared is not None:
                self._note(DataShared, engine=engine, datum=content.datum, size=content.shared.size)
            self.scheduler.exported(engine, content.datum, content.shared, content.reason)
        elif type(content) is Lasting:
            self.scheduler.lasting(engine, content.task)
        elif type(content) is Written:
            self._note(
                TaskOutput,
                task=content.task,
                origin=self._origin(engine, content.task),
                stream="stdout" if content.stream == 1 else "stderr",
                text=content.text,
            )

    def _take_results(self, engine: int, content: Results) -> None:
        if content.memory:
            self._note_changes()  # what is not of this engine
        self.scheduler.results(engine, content.results, content.seconds, content.start)
        if content.memory:
            self._note_changes(content.memory)
        if content.joules is not None:
            self._note(EnergyRead, engine=engine, joules=content.joules)

    def _origin(self, engine: int, number: int) -> int:
        queue = self.scheduler.engines.get(engine)
        if queue is None:
            return -1
        task = queue.find(number)
        if task is not None:
            return task.origin
        return queue.last[1] if queue.last[0] == number else -1

    def _carry_out(self, command: Command) -> None:
        if type(command) is Send:
            data = {number: self._portable(datum, command.engine) for number, datum in command.data.items()}
            tasks: list[WireTask] = [
                (task.number, task.code.number, task.payload, task.wire_outputs) for task in command.tasks
            ]
            inline = self.cluster.kind == "inline"
            functions = {code.number: _wire_function(code, inline=inline) for code in command.functions}
            checkpoints = {task.number: task.checkpoint for task in command.tasks if task.checkpoint}
            batch = Batch(tasks, functions, data, command.drop, command.keep, command.budget, checkpoints)
            self.cluster.send(command.engine, batch)
            for code in command.functions:
                self._limited = self._limited or code.policy.time_out is not None
            if self._limited:
                self._limit(command)
        elif type(command) is ExportFrom:
            self.cluster.send(command.engine, Export(command.datum))
        elif type(command) is Interrupt:
            self.cluster.send(command.engine, Cancel(command.tasks))
            self.cluster.interrupt(command.engine)
            self._deadlines.set(command.engine, command.tasks, time.monotonic() + GRACE_SECONDS)
        elif type(command) is Remove:
            shared.remove(command.shared)

    def _limit(self, command: Send) -> None:
        now = time.monotonic()
        for task in command.tasks:
            limit = task.code.policy.time_out
            if limit is not None:
                end = now + command.budget + limit.total_seconds() + GRACE_SECONDS
                self._deadlines.set(command.engine, [task.number], end)

    def _enforce(self, now: float) -> None:
        """End the engines of tasks that were asked to end and do not."""
        for engine, number in self._deadlines.overdue(now):
            queue = self.scheduler.engines.get(engine)
            running = queue.current if queue is not None else None
            if queue is None or running is None or queue.find(number) is None:
                continue
            if running.number == number:
                self.scheduler.expire(running, engine)
                self.cluster.kill(engine)
            else:  # its turn has not come
                self._deadlines.set(engine, [number], now + GRACE_SECONDS)

    def _portable(self, datum: Datum, engine: int) -> Any:
        """Return a value as it is sent: large buffers go through shared files."""
        value = datum.value
        if type(value) is Packed and value.buffers and self.cluster.kind != "inline":
            value = datum.value = self.share(datum.number, value)
            value.engines.add(engine)
            self.scheduler.engines[engine].holds.add(value)
        return value.shared if type(value) is Large else value

    def share(self, number: int, packed: Packed) -> Large:
        """Put a packed value where all engines of this machine can map it."""
        file = shared.export(packed, self._token)
        self._note(DataShared, engine=-1, datum=number, size=packed.size)
        return Large(
            datum=number, size=packed.size, engines=set(), released=self.scheduler.released, shared=file
        )

    def change(self, what: Callable[[Scheduler], None]) -> None:
        """Let the scheduler know something, and carry out what follows."""
        self.pump()
        with self._lock:
            what(self.scheduler)
        self.pump()

    # The cluster ---------------------------------------------------------------------------------------

    def use(self, cluster: Cluster) -> None:
        """Work on another cluster from now on; what the old one had runs on the new one."""
        self.cluster.wake()
        with self._turn:
            with self._lock:
                for number in list(self.scheduler.engines):
                    self.scheduler.engine_down(number, blame=False)
                    self._note(EngineLeft, engine=number, expected=True)
                self._hosts.clear()
                self.cluster = cluster
                cluster.start()
            if cluster.kind != "inline" and self._thread is None:
                self._thread = threading.Thread(target=self._drive_alone, name="eflows", daemon=True)
                self._thread.start()
        if cluster.kind == "inline":
            self._alone.clear()
        elif not self._waiters:
            self._alone.set()
        self.pump()
        if cluster.kind == "inline":
            self._run_inline()

    def bring_home(self) -> None:
        """Share everything that lies only on engines, so that it outlives them."""

        def missing(scheduler: Scheduler) -> list[Large]:
            held = {id(large): large for queue in scheduler.engines.values() for large in queue.holds}
            return [large for large in held.values() if large.shared is None]

        with self._lock:
            self.scheduler.want([Datum(large.datum, value=large) for large in missing(self.scheduler)])
        self.wait(lambda: not self.scheduler.exporting or not self.scheduler.engines)

    def close(self) -> None:
        """Let the thread end."""
        self._closed = True
        self._alone.set()
        self.cluster.wake()

    # Watching ------------------------------------------------------------------------------------------

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Let an observer be told of every event from now on; the returned function ends that."""
        self._observers.append(observer)

        def end() -> None:
            if observer in self._observers:
                self._observers.remove(observer)

        return end

    def note(self, event: Event) -> None:
        """Tell the observers of an event."""
        if self._observers:
            self._events.append(event)
            self._uninterrupted(self._tell)

    @property
    def idle(self) -> bool:
        """Whether every task that was submitted has ended."""
        return not self._inbox and not self.scheduler.unfinished

    def _note(self, kind: Callable[..., Event], **fields: Any) -> None:
        if self._observers:
            self._events.append(kind(time=time.time(), **fields))

    def _note_changes(self, memory: int = 0) -> None:
        changes = self.scheduler.changes
        if changes and self._observers:
            now = time.time()
            for change in changes:
                self._events.append(
                    TasksChanged(
                        time=now,
                        state=change.state,
                        tasks=tuple([task.number for task in change.tasks]),
                        engine=change.engine,
                        starts=tuple(change.starts),
                        seconds=tuple(change.seconds),
                        sizes=tuple(change.sizes),
                        memory=memory if change.sizes else 0,
                    )
                )
            for broken in self.scheduler.failures:
                if not broken.told:
                    broken.told = True
                    self._events.append(_failed(now, broken))
        changes.clear()

    def _tell(self) -> None:
        if self._events and self._telling.acquire(blocking=False):
            try:
                while self._events:
                    events = [self._events.popleft() for _ in range(len(self._events))]
                    for observer in list(self._observers):
                        try:
                            observer(events)
                        except Exception:  # an observer must not stop the work
                            logger.exception("An observer failed and is told nothing more.")
                            self._observers.remove(observer)
            finally:
                self._telling.release()
        for datum in self._take_resolved():
            callbacks, datum.callbacks = datum.callbacks or [], None
            for callback in callbacks:
                callback()

    def _take_resolved(self) -> list[Datum]:
        resolved = self.scheduler.resolved
        taken = resolved[:]
        del resolved[: len(taken)]
        return taken

    def snapshot(self) -> SessionSnapshot:
        """Return the state of this moment."""
        with self._lock:
            engines = tuple(
                EngineSnapshot(
                    engine=number,
                    host=self._hosts.get(number, ("", 0))[0],
                    pid=self._hosts.get(number, ("", 0))[1],
                    running=queue.running,
                    finished=queue.finished,
                )
                for number, queue in self.scheduler.engines.items()
            )
            return SessionSnapshot(
                cluster=self.cluster.kind,
                state=self.state,
                reason=self.reason,
                requested=self.cluster.requested,
                engines=engines,
                tasks={state: self.scheduler.counts[state] for state in TaskState},
            )


def _wire_function(code: FunctionCode, *, inline: bool) -> WireFunction:
    limit = code.policy.time_out
    return WireFunction(
        b"" if inline else code.pickled,
        code.policy.on_failure is OnFailure.IGNORE,
        None if limit is None else limit.total_seconds(),
        code if inline else None,
    )


def _waits(task: Task) -> bool:
    return any(datum.value is PENDING for datum in task.reads)


def _submitted(now: float, tasks: list[Task]) -> TasksSubmitted:
    return TasksSubmitted(
        time=now,
        tasks=tuple([task.number for task in tasks]),
        names=tuple([task.code.name for task in tasks]),
        parents=tuple([_parents(task.reads) if task.reads else () for task in tasks]),
        origins=tuple([task.origin for task in tasks]),
    )


def _parents(reads: tuple[Datum, ...]) -> tuple[int, ...]:
    if len(reads) == 1:
        maker = reads[0].maker
        return (maker,) if maker else ()
    return tuple(dict.fromkeys([datum.maker for datum in reads if datum.maker]))


def _failed(now: float, broken: Broken) -> TaskFailed:
    told = broken.failure
    return TaskFailed(
        time=now, task=broken.task.number, error=f"{told.kind}: {told.message}", traceback=told.traceback
    )
