"""The session: the task graph of one notebook, and the cluster that it runs on."""

from __future__ import annotations

import atexit
import itertools
import logging
import os
import secrets
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from eflows_nb.clusters.cluster import ClusterState
from eflows_nb.clusters.inline import InlineCluster
from eflows_nb.engine import shared
from eflows_nb.engine.packing import SCALARS, Packed
from eflows_nb.engine.worker import inside_task
from eflows_nb.errors import ClusterError, EflowsError, InternalError, TaskFailedError
from eflows_nb.runtime import containers
from eflows_nb.runtime.arguments import Arguments, UnsendableError, level_of_caller
from eflows_nb.runtime.checkpoint import Checkpoint
from eflows_nb.runtime.driver import Driver, Observer
from eflows_nb.runtime.files import Files
from eflows_nb.runtime.functions import FunctionTable
from eflows_nb.runtime.future import Future, raise_broken
from eflows_nb.runtime.given import as_futures, check_timeout, listed
from eflows_nb.runtime.group import in_groups, join_groups
from eflows_nb.runtime.held import warn_of_held
from eflows_nb.runtime.placement import load
from eflows_nb.runtime.queues import EngineQueue
from eflows_nb.runtime.recent_calls import Call, NamedPreview, RecentCalls, find_call
from eflows_nb.runtime.recent_calls import describe as describe_call
from eflows_nb.runtime.scheduler import Scheduler
from eflows_nb.runtime.snapshot import SessionSnapshot
from eflows_nb.runtime.submission import Plan, Planner
from eflows_nb.runtime.unseen import Unseen
from eflows_nb.tasks.data import PENDING, Broken, Datum, Large
from eflows_nb.tasks.events import SessionEnded, WaitEnded, WaitStarted
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.policy import OnFailure
from eflows_nb.tasks.resources import USUAL, Resources, ScarceResourceWarning
from eflows_nb.tasks.task import FunctionCode, Task

if TYPE_CHECKING:
    from eflows_nb.clusters.protection import Protection

__all__ = ["ENGINES", "Session", "current", "existing", "on_created", "submit"]

ENGINES = "EFLOWS_ENGINES"
"""Environment variable by which a headless run gives the number of engines; overrides the notebook's own."""

_CHECK_SECONDS = 1.0
_STOPPED = "the session was stopped"

logger = logging.getLogger(__name__)

_session: Session | None = None
_making = threading.RLock()  # watchers may ask for the session, too
_watchers: list[Callable[[Session], None]] = []
_inherited: list[Session] = []  # whose finalizers must not run in a forked process


def existing() -> Session | None:
    """Return the session of this process, None before its first task."""
    return _session


def current() -> Session:
    """Return the session of this process; the first call makes it."""
    global _session
    if _session is None:
        with _making:
            if _session is None:
                _session = Session()
                for watcher in _watchers:
                    watcher(_session)
                if os.environ.get(ENGINES) and not inside_task():
                    _session.start()
    return _session


def submit(function: TaskFunction[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Make a task of a call, in the session of this process."""
    return (_session or current()).submit(function, args, kwargs)


def _begin_anew() -> None:
    """In a forked process there is no session yet; that of its parent stays the parent's."""
    global _session, _making
    if _session is not None:
        _inherited.append(_session)
        _session = None
    _making = threading.RLock()


os.register_at_fork(after_in_child=_begin_anew)


def on_created(watcher: Callable[[Session], None]) -> None:
    """Have this called with the session when it is made."""
    _watchers.append(watcher)


class Session:
    """The task graph of one notebook and the cluster that it runs on.

    There is one session a process, from its first task to its end. Starting and stopping a cluster changes
    where tasks run; futures stay valid, and results survive.
    """

    def __init__(self) -> None:
        self.token = secrets.token_hex(4)
        self.origin = -1
        """Number of the notebook cell execution that submits tasks now, -1 outside a notebook."""
        self._numbers = itertools.count(1)
        self._waits = itertools.count(1)
        self.files = Files()
        """The files that tasks read and write."""
        self._functions = FunctionTable()
        self._scarce: dict[int, str] = {}  # of each function what was last said to be lacking
        self._arguments = Arguments(self._freeze, self._functions.definition)
        self._planner = Planner(self._arguments, self.files, self._numbers)
        self._driver = Driver(InlineCluster(self.token), self.token)
        self._protection: Protection | None = None
        self._changing = threading.RLock()  # a page may want engines while a cell starts or stops some
        self._checkpoint: Checkpoint | None = None
        self._pid = os.getpid()
        atexit.register(self._close)

    # Tasks ---------------------------------------------------------------------------------------------

    def submit(self, function: TaskFunction[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make a task of a call; return its future, or a tuple of them for ``returns=2`` and more.

        Inside a task the function runs on the spot, and its value is returned.
        """
        if inside_task():
            return function.function(*args, **kwargs)
        if _inherited:
            containers.collect([args, kwargs], self._refuse_inherited, [])
        code = self._functions.code(function)
        if not code.is_usual:
            self._prepare_for(code)
        checkpoint = self._checkpoint
        try:
            if function.is_simple and checkpoint is None and not function.private_inputs and not in_groups():
                task = self._planner.task(code, self.origin, *self._arguments.pack(args, kwargs))
                future = Future(self, task.outputs[0])
                self._driver.submit(task)
                return future
            plan = self._planner.plan(function, code, args, kwargs, origin=self.origin, checkpoint=checkpoint)
        except UnsendableError as error:
            raise TypeError(
                f"The argument '{function.name_of(error.place)}' of '{function.name}' cannot be sent to a "
                f"task: {error.__cause__ or error}. Make it inside the function, or pass what it is made of."
            ) from error.__cause__
        if function.returns == 1:
            futures: Any = Future(self, plan.results[0])
            first = futures
        else:
            futures = tuple(Future(self, datum) for datum in plan.results)
            first = futures[0]
        if plan.has_versions or in_groups():
            self._driver.submit(plan.task, partial(_enter, plan, first))
        else:
            self._driver.submit(plan.task)
        return futures

    def _prepare_for(self, code: FunctionCode) -> None:
        """See to what a function asks for whose tasks are not as others."""
        if code.policy.resources is not USUAL:
            self._warn_of_scarcity(code)
        if code.policy.on_failure is OnFailure.CANCEL_SUCCESSORS:
            self._arguments.keep_versions()

    def wait_on_file(self, path: str | Path, *, timeout: float | None = None) -> None:
        """Wait until the tasks that write a file have ended; see `eflows_nb.wait_on_file`."""
        __tracebackhide__ = True
        if not inside_task():
            self._wait_for(self.files.versions(path), timeout)

    def wait_for_turn(self, path: str | Path) -> None:
        """Wait until the tasks that use a file have ended, in whatever way, and need it no more."""
        if not inside_task():
            self._wait_for(self.files.turns(path), None)
            self._wait_for(self.files.made_of(path), None)

    def datum_of(self, value: Any) -> Datum | None:
        """Return the newest version of an object that tasks have written to, None if none has."""
        return self._arguments.written(value)

    def bind(self, value: Any, future: Future) -> None:
        """Let an object stand for the result of a task, as if the task had written it."""
        self._arguments.write(value, future.datum)

    def living(self, value: Any) -> Datum | None:
        """Return the newest datum of a future or object that was not given up on purpose."""
        return self._arguments.living(value)

    def remember_calls(self) -> None:
        """From now on keep what the last tasks were called with, for `describe_task`."""
        if self._driver.scheduler.graph.recent is None:
            self._driver.scheduler.graph.recent = RecentCalls()

    def describe_task(self, number: int) -> tuple[list[NamedPreview] | None, list[NamedPreview] | None]:
        """Return what a task was called with and has made, as far as it is known here; None for what is not.

        Nothing is fetched: of what lies on an engine it is told where it is, and how large.
        """
        if self._driver.breakdown:
            return None, None
        found: list[Call | None] = []
        self._driver.change(lambda scheduler: found.append(find_call(scheduler, number)))
        call = found[0] if found else None
        return (None, None) if call is None else describe_call(call)

    def keep_versions(self) -> None:
        """From now on what tasks would have written that are given up on purpose is as it was before."""
        self._arguments.keep_versions()

    def forget(self, value: Any) -> None:
        """Let go of the versions of an object; see `eflows_nb.delete`."""
        if not inside_task():
            self._arguments.forget(value)

    def lacking(self, resources: Resources) -> str:
        """Return in words what of some resources no host has, empty when nothing is lacking."""
        return resources.lacking(self._driver.cluster.capacity)

    def _warn_of_scarcity(self, code: FunctionCode) -> None:
        """Say once of each function, and of other engines again, when its tasks cannot have what they ask."""
        lacking = self.lacking(code.policy.resources)
        if self._scarce.get(code.number, "") == lacking:
            return
        self._scarce[code.number] = lacking
        if lacking:
            warnings.warn(
                f"Task function '{code.name}' asks for {lacking}; its tasks run "
                "with what there is. Ask for less, or start engines where there is more.",
                ScarceResourceWarning,
                stacklevel=level_of_caller(),
            )

    def put(self, value: Any) -> Future:
        """Freeze a value that many tasks read; see `eflows_nb.put`."""
        if inside_task():
            return value  # type: ignore[no-any-return]
        return Future(self, self._arguments.put(value))

    def _freeze(self, packed: Packed) -> Datum:
        """Make a datum of a packed value whose buffers belong to somebody else."""
        datum = Datum(next(self._numbers))
        if not packed.buffers:
            datum.value = packed
        elif self._driver.cluster.kind == "inline":
            datum.value = Packed(packed.head, [bytes(buffer) for buffer in packed.buffers])
        else:
            if self._driver.scheduler.released:  # what nobody refers to any more makes room
                self._driver.pump()
            try:
                datum.value = self._driver.share(datum.number, packed)
            except OSError as error:
                raise ClusterError(
                    f"An argument of {packed.size} bytes cannot be shared with the engines: {error}. "
                    "Free some space in /dev/shm or in the temporary folder."
                ) from error
        if self._checkpoint is not None:
            self._checkpoint.name(datum, packed)
        return datum

    def cancel(self, futures: Iterable[Future]) -> int:
        """Cancel the tasks of futures; return how many had not ended."""
        if inside_task():
            return 0
        futures = as_futures(futures, "ef.cancel")
        if _inherited:
            containers.collect(futures, self._refuse_inherited, [])
        tasks = [
            future.datum.producer
            for future in futures
            if future.datum.value is PENDING and future.datum.producer is not None
        ]
        alive = {task.number: task for task in tasks}
        self._driver.change(
            lambda scheduler: scheduler.cancel(alive.values(), "it was cancelled by the user")
        )
        return len(alive)

    def cancel_tasks(self, numbers: Iterable[int]) -> int:
        """Cancel the tasks with these numbers; return how many had not ended."""
        cancelled = 0

        def cancel(scheduler: Scheduler) -> None:
            nonlocal cancelled
            tasks = scheduler.find(numbers)
            cancelled = len(tasks)
            scheduler.cancel(tasks, "it was cancelled by the user")

        self._driver.change(cancel)
        return cancelled

    # Waiting -------------------------------------------------------------------------------------------

    def wait_on(self, value: Any, *, timeout: float | None = None) -> Any:
        """Return the value with results in the place of futures; see `eflows_nb.wait_on`."""
        __tracebackhide__ = True
        check_timeout(timeout)
        value = listed(value)
        if type(value) is list and not self._arguments.keeps_versions and set(map(type, value)) == {Future}:
            return self._wait_on_futures(value, timeout)
        data: list[Datum] = []
        containers.collect(value, self._datum_of, data)
        if data:
            self._wait_for(data, timeout)
            return containers.replace(value, self._datum_of, self._bring)
        warn_of_held(value)
        return value

    def _wait_on_futures(self, futures: list[Future], timeout: float | None) -> list[Any]:
        """Return the values of futures, as `wait_on` does of whatever it is given."""
        __tracebackhide__ = True
        for future in futures:
            if future._session is not self:
                self._datum_of(future)
        data = [future.datum for future in futures]
        self._wait_for(data, timeout)
        values = [datum.value for datum in data]
        return values if SCALARS.issuperset(map(type, values)) else [_value(datum) for datum in data]

    def _datum_of(self, value: Any) -> Datum | None:
        if type(value) is not Future:
            return self._arguments.current(value)
        if _inherited:
            self._refuse_inherited(value)
        if isinstance(value.datum.value, EflowsError):
            raise_broken(value.datum.value)
        return self._arguments.current(value)

    def _refuse_inherited(self, value: Any) -> Datum | None:
        """Refuse a future of the process that this one is a fork of, unless its value has come there."""
        inherited = type(value) is Future and value.is_own and value.session is not self
        if inherited and (value.datum.value is PENDING or not _has_come(value.datum)):
            value.session.refuse_forks()
        return None

    def refuse_forks(self) -> None:
        """Do nothing in the process that made this session.

        Raises
        ------
        ClusterError
            In one that was forked off it.
        """
        self._driver.check_process()

    def _bring(self, value: Any, datum: Datum) -> Any:
        if type(value) is not Future:
            self._arguments.synchronised(value)
        return _value(datum)

    def _wait_for(self, data: list[Datum], timeout: float | None) -> None:
        """Wait until all data have come to the client, or the first in order is broken."""
        __tracebackhide__ = True
        deadline = None if timeout is None else time.monotonic() + timeout
        position = _first_away(data, 0)
        if position < len(data):
            away = [datum for datum in data[position:] if datum.value is PENDING or not _has_come(datum)]
            makers = frozenset(datum.maker for datum in away if datum.maker)
            with self._waiting(makers) if makers else nullcontext():
                while position < len(data) and type(data[position].value) is not Broken:
                    datum = data[position]
                    left = None if deadline is None else max(0.0, deadline - time.monotonic())
                    if datum.value is PENDING:
                        self._driver.wait(partial(_has_value, datum), left, asked=timeout)
                    else:
                        wanted = [d for d in data[position:] if type(d.value) is Large]
                        self._driver.change(partial(Scheduler.want, data=wanted))
                        self._driver.wait(partial(_is_shared, datum), left, asked=timeout)
                        if type(datum.value) is Large:
                            self._driver.bring(datum.value)
                    position = _first_away(data, position)
        if position < len(data):
            raise_broken(data[position].value)

    def _waiting(self, tasks: frozenset[int]) -> _Waiting:
        return _Waiting(self._driver, next(self._waits), tasks)

    def barrier(self, timeout: float | None = None) -> None:
        """Wait for all tasks; see `eflows_nb.barrier`."""
        __tracebackhide__ = True
        check_timeout(timeout)
        if inside_task():
            return
        driver = self._driver
        if driver.scheduler.unfinished or not driver.idle:
            with self._waiting(frozenset()):
                driver.wait(lambda: driver.idle, timeout)
        self._arguments.settle(next(self._numbers))
        self.files.settle()
        self._raise_unseen()

    def _raise_unseen(self) -> None:
        """Raise the first failure that nobody was told of, with a note of the others."""
        __tracebackhide__ = True
        graph = self._driver.scheduler.graph
        unseen, graph.unseen = graph.unseen, Unseen()
        if not unseen:
            return
        first = unseen.first
        others = unseen.describe_others(first)
        if first is None:
            raise TaskFailedError(f"{others} Keep their futures and wait for them to learn why.")
        try:
            raise_broken(first)
        except BaseException as error:
            if others:
                error.add_note(others)
            raise

    def as_completed(self, futures: Iterable[Future], timeout: float | None = None) -> Iterator[Future]:
        """Return an iterator of futures as their tasks end; see `eflows_nb.as_completed`."""
        if inside_task():
            return iter(futures)
        check_timeout(timeout)
        return self._as_completed(list(dict.fromkeys(as_futures(futures, "ef.as_completed"))), timeout)

    def _as_completed(self, waiting: list[Future], timeout: float | None) -> Iterator[Future]:
        deadline = None if timeout is None else time.monotonic() + timeout
        unfinished = frozenset(
            future.datum.producer.number
            for future in waiting
            if future.datum.producer is not None and not _has_value(future.datum)
        )
        ended: deque[Future] = deque()
        calls: list[tuple[Datum, Callable[[], None]]] = []

        def listen(_: object) -> None:
            for future in waiting:
                call = partial(ended.append, future)
                if _call_at_end(future.datum, call):
                    calls.append((future.datum, call))
                else:
                    call()

        self._driver.change(listen)
        try:
            with self._waiting(unfinished) if unfinished else nullcontext():
                for _ in waiting:
                    if not ended:
                        left = None if deadline is None else max(0.0, deadline - time.monotonic())
                        self._driver.wait(partial(bool, ended), left, asked=timeout)
                    yield ended.popleft()
        finally:
            self._forget_calls(calls)

    def _forget_calls(self, calls: Iterable[tuple[Datum, Callable[[], None]]]) -> None:
        """Take back what would be called at the end of tasks that nobody waits for any more."""
        left = [(datum, call) for datum, call in calls if datum.value is PENDING]

        def forget(_: object) -> None:
            for datum, call in left:
                if datum.callbacks is not None and call in datum.callbacks:
                    datum.callbacks.remove(call)

        if left:
            with suppress(EflowsError):  # nothing moves any more: nothing will be called
                self._driver.change(forget)

    async def awaited(self, future: Future) -> Any:
        """Return the result of a future without blocking the event loop."""
        import asyncio  # here, since it takes half of the time of importing this package

        datum = future.datum
        if datum.value is PENDING:
            loop = asyncio.get_running_loop()
            came = asyncio.Event()

            def tell() -> None:
                with suppress(RuntimeError):  # the loop has ended: nobody awaits any more
                    loop.call_soon_threadsafe(came.set)

            def register(_: object) -> None:
                if not _call_at_end(datum, tell):
                    came.set()

            self._driver.change(register)
            try:
                while not came.is_set():
                    self._driver.check()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(came.wait(), _CHECK_SECONDS)
            finally:
                self._forget_calls([(datum, tell)])
        if not _has_come(datum):
            await asyncio.to_thread(self._wait_for, [datum], None)
        return self.wait_on(future)

    def progress(self) -> None:
        """Take in what has come, without waiting."""
        self._driver.pump()
        self._driver.breakdown.check()

    # The cluster ---------------------------------------------------------------------------------------

    def start(
        self,
        engines: int | None = None,
        *,
        hosts: Sequence[str] | None = None,
        address: str | None = None,
        checkpoint: str | Path | None = None,
    ) -> Session:
        """Run tasks on engines of this machine, or of hosts, from now on; see `eflows_nb.start`."""
        if inside_task():
            return self
        with self._changing:
            if checkpoint is not None:
                self._checkpoint = Checkpoint(checkpoint)
            self._start(engines, hosts, address)
        return self

    def _start(self, engines: int | None, hosts: Sequence[str] | None, address: str | None) -> None:
        given = os.environ.get(ENGINES)
        number = _number_of_engines(given, f"{ENGINES}=") if given else _number_of_engines(engines)
        self._driver.breakdown.check()
        cluster = self._driver.cluster
        if cluster.kind != "inline" and self._driver.state is not ClusterState.BROKEN:
            if number < cluster.requested and engines is not None:
                raise ClusterError(
                    f"{cluster.requested} engines are running, and start(engines={number}) asks for fewer. "
                    f"Call ef.scale({number}) to let some go."
                )
            if hosts is not None:
                raise ClusterError(
                    f"A {cluster.kind} cluster is running, and start(hosts={hosts!r}) asks for another one. "
                    "Call ef.stop() first, or leave out hosts= to have more engines on the hosts there are."
                )
            if engines is not None or given:
                self._driver.change(lambda _: cluster.grow(number))
            return
        from eflows_nb.clusters.engines import EngineCluster
        from eflows_nb.clusters.hosts import HostsLauncher
        from eflows_nb.clusters.launcher import Launcher
        from eflows_nb.clusters.local import LocalLauncher
        from eflows_nb.clusters.protection import Protection

        if self._protection is None:
            self._protection = Protection()
            for prefix in shared.prefixes(self.token):
                self._protection.add_files(prefix)
        launcher: Launcher
        if hosts is None:
            launcher = LocalLauncher(self.token, self._protection)
        else:
            launcher = HostsLauncher(hosts, self.token, self._protection, address)
            number = number if given or engines is not None else 0
        self._driver.use(EngineCluster(number, self.token, self._protection, launcher))
        if cluster.kind != "inline":
            cluster.stop()

    def scale(self, engines: int) -> None:
        """Have so many engines from now on; see `eflows_nb.scale`."""
        number = _number_of_engines(engines)
        if inside_task() or os.environ.get(ENGINES):
            return
        with self._changing:
            cluster = self._driver.cluster
            if cluster.kind == "inline":
                raise ClusterError(
                    "There are no engines yet, to be more or fewer. Start some with ef.start()."
                )
            if number >= cluster.requested:
                self._driver.change(lambda _: cluster.grow(number))
                return
        self._driver.wait(lambda: self._driver.state is not ClusterState.STARTING)
        self._driver.check()

        def retire(scheduler: Scheduler) -> None:
            staying = [queue for queue in scheduler.engines.values() if not queue.leaving]
            for queue in sorted(staying, key=load)[: max(0, len(staying) - number)]:
                self._driver.cluster.release(queue.number)
                scheduler.retire(queue.number)

        self._driver.change(retire)

    def stop(self, *, cancel: bool = False) -> None:
        """End the engines; see `eflows_nb.stop`."""
        if self._driver.cluster.kind == "inline" or inside_task():
            return
        try:
            if cancel:  # and do not wait: others may go on submitting without end
                self.cancel_all()
                if not self._driver.breakdown.told:
                    self._driver.breakdown.check()
                self._raise_unseen()
            elif not self._driver.breakdown.told:
                self.barrier()
        finally:
            if not os.environ.get(ENGINES):
                self.cancel_all()  # after an interrupt: what is left must not run in this process
                self._stop_cluster()

    def let_engines_go(self, *, cancel: bool) -> None:
        """End the engines for somebody who watches; the program is told of no failure by that.

        Parameters
        ----------
        cancel
            Cancel the tasks that have not ended, rather than wait for them.
        """
        if self._driver.cluster.kind == "inline" or inside_task():
            return
        try:
            if not cancel:
                self._driver.wait(lambda: self._driver.idle)
        except (ClusterError, InternalError):
            logger.debug("There was nothing to wait for.", exc_info=True)
        self.cancel_all()  # what has come meanwhile must not run in this process
        self._stop_cluster()

    def _stop_cluster(self) -> None:
        with self._changing:
            cluster = self._driver.cluster
            if cluster.kind == "inline":
                return  # another thread was first
            self._driver.bring_home()
            self._driver.use(InlineCluster(self.token), cancel=_STOPPED)
            self._checkpoint = None
            cluster.stop()

    def cancel_all(self) -> None:
        """Cancel all tasks that have not ended."""
        if not self._driver.breakdown:
            self._driver.change(lambda scheduler: scheduler.cancel_all(_STOPPED))

    def _close(self) -> None:
        if os.getpid() != self._pid:
            return
        cluster = self._driver.cluster
        if cluster.kind != "inline":
            self.cancel_all()
            self._driver.close()
            cluster.stop()
        shared.remove_all(self.token)
        self._driver.note(SessionEnded(time=time.time()))
        if self._protection is not None:
            self._protection.close()

    def client(self) -> Any:
        """Return a connected `ipyparallel.Client` of the running cluster, for ``%px`` and views.

        Raises
        ------
        ClusterError
            When no engines were started.
        """
        cluster = self._driver.cluster
        if cluster.kind == "inline":
            raise ClusterError("There is no ipyparallel cluster to connect to. Start one with ef.start().")
        self._driver.wait(lambda: self._driver.state is not ClusterState.STARTING)
        self._driver.check()
        return cluster.client()  # type: ignore[attr-defined]

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.stop()
            return
        try:
            self.stop(cancel=True)
        except Exception as other:  # noqa: BLE001 - the error of the block is the one to be seen
            error.add_note(f"Besides, when the engines were stopped: {type(other).__name__}: {other}")

    # Watching ------------------------------------------------------------------------------------------

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Let an observer be told of everything that happens; the returned function ends that.

        Parameters
        ----------
        observer
            Called with lists of the records of `eflows_nb.tasks.events`, in order, from whatever thread is
            at work. It must return soon; one that raises is told nothing more.
        """
        return self._driver.observe(observer)

    def snapshot(self) -> SessionSnapshot:
        """Return the state of this moment."""
        return self._driver.snapshot()

    def has_begun(self, task: Task) -> bool:
        """Return whether a task that an engine has is the first of those, and not behind others."""
        queue = self._driver.scheduler.engines.get(task.engine)
        return queue is not None and _current(queue) is task

    def at_work(self) -> set[int]:
        """Return the numbers of the tasks that engines run now, one an engine."""
        found = map(_current, list(self._driver.scheduler.engines.values()))
        return {task.number for task in found if task is not None}

    def __repr__(self) -> str:
        shot = self.snapshot()
        leaving = sum(queue.leaving for queue in list(self._driver.scheduler.engines.values()))
        going = f" ({leaving} more will go)" if leaving else ""
        engines = f"{max(0, len(shot.engines) - leaving)} of {shot.requested} engines{going}"
        where = "this process" if shot.cluster == "inline" else engines
        told = [f"{count:,} {state}" for state, count in shot.shown.items() if count]
        tasks = ", ".join(told) or "no tasks yet"
        state = f"{shot.state} ({shot.reason})" if shot.reason else shot.state
        waiting = f"; {shot.waiting}" if shot.waiting else ""
        return f"<session on {where}, {state}: {tasks}{waiting}>"


def _current(queue: EngineQueue) -> Task | None:
    try:
        return queue.current
    except IndexError:  # another thread takes in just now that it has ended
        return None


def _enter(plan: Plan, future: Future) -> None:
    plan.enter()
    join_groups(future)


class _Waiting:
    """Tells observers of a wait while it lasts."""

    def __init__(self, driver: Driver, number: int, tasks: frozenset[int]) -> None:
        self._driver = driver
        self._number = number
        self._tasks = tasks

    def __enter__(self) -> None:
        self._driver.note(WaitStarted(time=time.time(), wait=self._number, tasks=self._tasks))

    def __exit__(self, *_: object) -> None:
        self._driver.note(WaitEnded(time=time.time(), wait=self._number))


def _has_value(datum: Datum) -> bool:
    return datum.value is not PENDING


def _call_at_end(datum: Datum, call: Callable[[], None]) -> bool:
    """Have this called when a datum gets its value, or will never have one; False when that is so already."""
    if _has_value(datum):
        return False
    if datum.callbacks is None:
        datum.callbacks = []
    datum.callbacks.append(call)
    return True


def _is_shared(datum: Datum) -> bool:
    """Return whether the client has a value or can get it, or must wait for it to be made again."""
    return type(datum.value) is not Large or datum.value.shared is not None


def _has_come(datum: Datum) -> bool:
    """Return whether the client has a value or can map it."""
    value = datum.value
    return type(value) is not Large or (value.shared is not None and not value.shared.server)


def _first_away(data: list[Datum], position: int) -> int:
    """Return the position of the first datum, from this one on, that the client does not have."""
    for place in range(position, len(data)):
        value = data[place].value
        kind = type(value)
        if value is PENDING or kind is Broken or (kind is Large and not _has_come(data[place])):
            return place
    return len(data)


def _number_of_engines(asked: int | str | None, where: str = "engines=") -> int:
    from eflows_nb.clusters.machine import usable_cores

    if asked is None:
        return usable_cores()
    try:
        number = int(asked)
    except (TypeError, ValueError):
        number = 0
    if number < 1 or isinstance(asked, (bool, float)):
        raise ClusterError(f"{where}{asked!r} is not a number of engines. Give a whole number, 1 or more.")
    return number


def _value(datum: Datum) -> Any:
    value = datum.value
    if type(value) is Large:
        return shared.attach(value.shared).private_value()
    if type(value) is Packed:
        return value.writable_value()
    return value
