"""Moves a session along: decides who drives, and when.

Whoever waits drives, without a hand-over between threads; a thread of its own drives while nobody waits.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType

from eflows_nb.clusters.cluster import Cluster, ClusterState
from eflows_nb.engine.packing import Packed
from eflows_nb.engine.signals import set_handler
from eflows_nb.errors import ClusterError, WaitTimeoutError
from eflows_nb.runtime.backlog import why_waiting
from eflows_nb.runtime.bell import Bell
from eflows_nb.runtime.breakdown import Breakdown
from eflows_nb.runtime.exchange import Exchange
from eflows_nb.runtime.observers import Observer, Observers
from eflows_nb.runtime.scheduler import Scheduler
from eflows_nb.runtime.snapshot import EngineSnapshot, SessionSnapshot
from eflows_nb.tasks.data import PENDING, Datum, Large
from eflows_nb.tasks.events import Event
from eflows_nb.tasks.state import TaskState
from eflows_nb.tasks.task import Task

__all__ = ["TASKS_LIMIT", "Driver", "Observer"]

TASKS_LIMIT = 1_000_000
"""Unfinished tasks at most; who submits more waits until some have ended."""

_PUMP_EVERY = 256
_AT_ONCE = 8
_FEW = 4
_PAUSE_SECONDS = 0.002
_PUMPED_SECONDS = 0.003
_SUBMITTING_SECONDS = 0.020
_POLL_SECONDS = 1.0
_GRACE_SECONDS = 0.01
_LOSS_SECONDS = 15.0  # after which the loss of a host is known


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
        self._observers = Observers()
        self._exchange = Exchange(self.scheduler, cluster, token, self._observers)
        self._inbox: deque[Task] = deque()
        self._lock = threading.RLock()  # a finalizer may come where it is taken and nothing moves yet
        self._pid = os.getpid()
        self._mover = 0  # the thread that holds it
        self._late_changes: deque[Callable[[Scheduler], None]] = deque()
        self._turn = threading.Lock()  # whoever holds it waits for the cluster
        self._waiters = 0
        self._alone = Bell()  # rung when the thread should look whether it is to drive
        self._polling = False
        self._closed = False
        self._hungry = True
        self._since_pump = 0
        self._at_once = _AT_ONCE
        self._pumped = 0.0
        self._woken = False
        self._again = False
        self._thread: threading.Thread | None = None
        self._interrupted = False
        self.breakdown = Breakdown()
        """What ended all movement for good, if anything did."""
        cluster.start()
        self.pump()

    @property
    def cluster(self) -> Cluster:
        """Where tasks run."""
        return self._exchange.cluster

    @property
    def state(self) -> ClusterState:
        """How the cluster is."""
        return self._exchange.state

    # Submitting ----------------------------------------------------------------------------------------

    def submit(self, task: Task, enter: Callable[[], None] | None = None) -> None:
        """Take a task; it is sent now if it can run and an engine has nothing to do, else with others.

        Parameters
        ----------
        enter
            Lets others know of the task. An interrupt of the user cannot come between that and the task.

        Raises
        ------
        InternalError
            When the session does nothing any more.
        """
        if self.breakdown.cause is not None:
            self.breakdown.check()
        if enter is None:
            self._inbox.append(task)
        else:
            self._uninterrupted(partial(self._enter, task, enter))
        self._since_pump += 1
        if self._since_pump >= _PUMP_EVERY or (
            self._hungry and not (task.reads and _waits(task)) and self._is_due()
        ):
            self._since_pump = 0
            self._pumped = time.perf_counter()
            self.pump()
            if self.cluster.kind == "inline":
                self._run_inline(task)
            elif self.scheduler.unfinished > TASKS_LIMIT:
                self.wait(lambda: self.scheduler.unfinished < TASKS_LIMIT * 9 // 10)

    def _enter(self, task: Task, enter: Callable[[], None]) -> None:
        try:
            enter()
        finally:  # half-way, too: what it has told others of has to be made
            self._inbox.append(task)

    def _is_due(self) -> bool:
        """Return whether to send a task at once: one of a few. Many go together, soon."""
        if self.cluster.kind == "inline":
            return True
        if self._at_once:
            self._at_once -= 1
            return True
        if time.perf_counter() - self._pumped > _PAUSE_SECONDS:
            if self._since_pump <= _FEW:
                self._at_once = _AT_ONCE
            return True
        if self._polling and not self._woken:
            self._woken = True
            self.cluster.wake()  # if no more follow, the thread sends them
        return False

    def _run_inline(self, task: Task) -> None:
        """Run what there is until this task has ended; others may go on submitting without end."""
        ended = False
        while (self.scheduler.unfinished or self._inbox) and not ended:
            ended = task.state.is_final  # once more after that: it may have let others in
            before = self.scheduler.unfinished
            try:
                with self._turn:
                    self.cluster.wait(0)
            finally:
                self.pump()
            self.breakdown.check()
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
        InternalError
            When this package itself is.
        """
        __tracebackhide__ = True
        self.check_process()
        deadline = None if timeout is None else time.monotonic() + timeout
        self._waiters += 1
        try:
            if self._inbox or self.scheduler.look_ahead or self.cluster.kind == "inline":
                self.pump()
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
                if self._wait_in_turn(done, min(left, _POLL_SECONDS)):
                    self.pump()
                    if self._waiters > 1:
                        self.cluster.wake()
        finally:
            self._waiters -= 1
            if not self._waiters and self.cluster.kind != "inline":
                self._alone.ring()

    def check_process(self) -> None:
        """Make sure that this is the process whose tasks are driven here.

        Raises
        ------
        ClusterError
            When it is a fork of that.
        """
        if self._pid != os.getpid():
            raise ClusterError(
                f"This future belongs to process {self._pid}, of which this one is a fork. Wait for it "
                "there, and pass its value on. Task functions that are called here run in this process."
            )

    def check(self) -> None:
        """Make sure that what was submitted can still run.

        Raises
        ------
        ClusterError
            When the cluster is broken and nothing will come any more.
        InternalError
            When this package itself is.
        """
        __tracebackhide__ = True
        self.breakdown.check()
        if self.state is ClusterState.BROKEN and not self.scheduler.engines:
            raise ClusterError(
                f"Nothing can run: {self._exchange.reason}. Start engines again with ef.start(); "
                "the tasks that wait will run on them."
            )

    def _fail(self, cause: Exception) -> None:
        """Stop for good, and let those who wait be told why."""
        if not self.breakdown and not self._closed:
            self.breakdown.note(cause)
            self._exchange.end(self.breakdown.reason)
        self.cluster.wake()

    def _drive_alone(self) -> None:
        try:
            self._keep_driving()
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._fail(error)
        self._observers.tell()

    def _keep_driving(self) -> None:
        while not self._closed and not self.breakdown:
            self._alone.wait()
            time.sleep(_GRACE_SECONDS)  # whoever has waited often waits again at once
            self._tell()
            seen = 0
            while not (self._waiters or self._closed or self.breakdown) and self.cluster.kind != "inline":
                ago = time.perf_counter() - self._pumped
                if ago < _PUMPED_SECONDS or (ago < _SUBMITTING_SECONDS and self._since_pump != seen):
                    seen = self._since_pump
                    time.sleep(_PAUSE_SECONDS)  # whoever submits many tasks drives while doing so
                    continue
                self._polling = True  # from here on it is woken for what its pump does not see
                self.pump()
                with self._turn:
                    if not self._waiters and not self._closed:
                        self._wait_for_cluster(_POLL_SECONDS)
                    self._polling = False

    def _wait_in_turn(self, done: Callable[[], bool], timeout: float) -> bool:
        """Wait for the cluster when nobody else does, unless all is done; return whether it was our turn."""
        if threading.get_ident() == threading.main_thread().ident and self.cluster.kind != "inline":
            if self._turn.locked():
                self.cluster.wake()  # whoever waits for it lets go soon
            # Not `acquire`: an interrupt could come between that and what follows, and nobody would let go.
            with self._turn:
                if not done():
                    self._wait_for_cluster(timeout)
            return True
        if not self._turn.acquire(timeout=min(timeout, 0.1)):
            return False
        try:
            if not done():
                self._wait_for_cluster(timeout)
        finally:
            self._turn.release()
        return True

    def _wait_for_cluster(self, timeout: float) -> None:
        if self.cluster.kind == "inline":
            self.cluster.wait(timeout)  # what is raised there is the caller's
            return
        try:
            self.cluster.wait(timeout)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._fail(error)

    # Moving --------------------------------------------------------------------------------------------

    def pump(self) -> None:
        """Carry all messages that have come and all commands that follow; never half-way interrupted."""
        self.check_process()
        if not self.breakdown:
            self._uninterrupted(self._move_and_tell)

    def _move_and_tell(self) -> None:
        try:
            self._move()
            self._tell()
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._fail(error)

    def _move(self) -> None:
        self._again = True
        if self._mover == threading.get_ident():  # a finalizer of the user's submits, within a move
            return
        while self._again:
            with self._alone_moving():
                self._again = self._woken = False
                while self._late_changes:
                    self._late_changes.popleft()(self.scheduler)
                self._exchange.move(self._inbox, attended=self._waiters > 0)
                self._hungry = self.cluster.kind == "inline" or any(
                    queue.wants_more(0.0) for queue in self.scheduler.engines.values()
                )

    @contextmanager
    def _alone_moving(self) -> Iterator[None]:
        with self._lock:
            self._mover = threading.get_ident()
            try:
                yield
            finally:
                self._mover = 0

    def _uninterrupted(self, work: Callable[[], None]) -> None:
        """Do some work; an interrupt of the user comes after it."""
        if threading.get_ident() != threading.main_thread().ident:
            work()
            return
        previous = set_handler(signal.SIGINT, self._note_interrupt) or signal.default_int_handler
        try:
            work()
        finally:
            interrupted, self._interrupted = self._interrupted, False
            set_handler(signal.SIGINT, previous)  # where another one may come, and this is left
            if interrupted:
                signal.raise_signal(signal.SIGINT)

    def _note_interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        self._interrupted = True

    def _tell(self) -> None:
        self._observers.tell()
        resolved = self.scheduler.graph.resolved
        if resolved:
            taken = resolved[:]
            del resolved[: len(taken)]
            for datum in taken:
                callbacks, datum.callbacks = datum.callbacks or [], None
                for callback in callbacks:
                    callback()

    def share(self, number: int, packed: Packed) -> Large:
        """Put a packed value where all engines of this machine can map it."""
        return self._exchange.share(number, packed)

    def change(self, what: Callable[[Scheduler], None]) -> None:
        """Let the scheduler know something, and carry out what follows.

        Raises
        ------
        InternalError
            When nothing would follow any more.
        """
        if self._mover == threading.get_ident():  # a finalizer of the user's, within a move
            self._late_changes.append(what)
            self._again = True
            return
        self.pump()
        self.breakdown.check()
        self._uninterrupted(partial(self._change, what))
        self.pump()

    def _change(self, what: Callable[[Scheduler], None]) -> None:
        with self._alone_moving():
            what(self.scheduler)

    @property
    def idle(self) -> bool:
        """Whether every task that was submitted has ended."""
        return not self._inbox and not self.scheduler.unfinished

    # The cluster ---------------------------------------------------------------------------------------

    def use(self, cluster: Cluster, *, cancel: str = "") -> None:
        """Work on another cluster from now on; what the old one had runs on the new one.

        Parameters
        ----------
        cancel
            Why it is cancelled instead; empty to let it run.
        """
        self.cluster.wake()
        self._uninterrupted(partial(self._use, cluster, cancel))
        self._alone.ring()
        self.pump()

    def _use(self, cluster: Cluster, cancel: str) -> None:
        with self._turn:
            with self._lock:
                if not self.breakdown:
                    self._exchange.use(cluster)
                else:
                    self._exchange.cluster = cluster
                cluster.start()
                self._hungry = True  # from now on who submits sees to it that it runs
                if cancel and not self.breakdown:
                    self._exchange.submit(self._inbox)
                    self.scheduler.cancel_all(cancel)
            if cluster.kind != "inline" and self._thread is None:
                self._thread = threading.Thread(target=self._drive_alone, name="eflows", daemon=True)
                self._thread.start()

    def bring_home(self) -> None:
        """Share everything that lies only on engines, so that it outlives them."""
        if self.breakdown:
            return

        def missing(scheduler: Scheduler) -> list[Large]:
            held = {id(large): large for queue in scheduler.engines.values() for large in queue.holds}
            return [large for large in held.values() if large.shared is None]

        def share(scheduler: Scheduler) -> None:
            scheduler.want([Datum(large.datum, value=large) for large in missing(scheduler)])

        self.change(share)
        self.wait(lambda: not self.scheduler.exporting or not self.scheduler.engines)
        with self._lock:  # whoever drives may add to these sets
            elsewhere = self.scheduler.elsewhere()
        for large in elsewhere:
            with suppress(ClusterError):  # it can be made again
                self.bring(large)

    def bring(self, large: Large) -> None:
        """Bring the shared file of a value to this node if it is on another one, or learn that it is lost.

        Raises
        ------
        ClusterError
            When it can be had neither now nor when its host should have answered.
        """
        file = large.shared
        if file is None or not file.server:
            return
        try:
            brought = self.cluster.files.fetch(file)
        except OSError as error:
            failed = error
        else:
            self.change(lambda scheduler: scheduler.brought(large, brought))
            return
        try:
            self.wait(lambda: large.shared is None, _LOSS_SECONDS)
        except WaitTimeoutError:
            raise ClusterError(
                f"A result of {large.size} bytes lies at {file.server} and cannot be brought here: {failed}. "
                "Free some space here, or let tasks read it."
            ) from failed

    def close(self) -> None:
        """Let the thread end."""
        self._closed = True
        self._alone.ring()
        self.cluster.wake()

    # Watching ------------------------------------------------------------------------------------------

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Let an observer be told of every event from now on; the returned function ends that."""
        return self._observers.add(observer)

    def note(self, event: Event) -> None:
        """Tell the observers of an event, now or in a moment with others."""
        self._observers.note_event(event)
        if self._closed or self.breakdown or self.cluster.kind == "inline":
            self._uninterrupted(self._tell)
            return
        self._alone.ring()
        if self._polling:
            self.cluster.wake()

    def snapshot(self) -> SessionSnapshot:
        """Return the state of this moment."""
        hosts = self._exchange.hosts
        with self._lock:
            engines = tuple(
                EngineSnapshot(
                    engine=number,
                    host=hosts.get(number, ("", 0))[0],
                    pid=hosts.get(number, ("", 0))[1],
                    running=queue.running,
                    finished=queue.finished,
                )
                for number, queue in self.scheduler.engines.items()
            )
            return SessionSnapshot(
                cluster=self.cluster.kind,
                state=self.state,
                reason=self._exchange.reason,
                requested=self.cluster.requested,
                engines=engines,
                tasks={state: self.scheduler.graph.counts[state] for state in TaskState},
                waiting=why_waiting(self.scheduler, self.state, self.cluster.requested),
            )


def _waits(task: Task) -> bool:
    return any(datum.value is PENDING for datum in task.reads)
