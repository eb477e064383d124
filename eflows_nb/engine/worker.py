"""Runs batches of tasks in this process, one task at a time."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Lock, get_ident, main_thread
from typing import Any, NoReturn, Protocol

import cloudpickle

from eflows_nb.engine import checkpoint, failure, gpus, kept_files, places, shared, store
from eflows_nb.engine.brief import brief
from eflows_nb.engine.gauges import Gauges
from eflows_nb.engine.limit import call_within
from eflows_nb.engine.messages import (
    FILE,
    Batch,
    Cancel,
    Code,
    Export,
    Exported,
    GiveBack,
    Outputs,
    Place,
    Results,
    WireFunction,
    WireTask,
    has_run,
)
from eflows_nb.engine.offspring import is_offspring, watch_threads
from eflows_nb.engine.packing import INLINE, SCALARS, Packed, adopt_classes, pack
from eflows_nb.engine.shared import SharedFile
from eflows_nb.engine.store import MissingDatumError, Store
from eflows_nb.engine.threads import threads

__all__ = ["Capture", "Worker", "become_engine", "inside_task"]

SLICE = 0.010
"""Seconds of tasks after which results are sent and messages are looked at."""

LONG_SLICE = 0.050
"""The same when much was sent in advance: then nobody waits for each result, or cannot take so many."""

_MUCH = 3

_UNRUN, _CANCELLED = (Code.UNRUN,), (Code.CANCELLED,)
_FIXED = SCALARS - {str, bytes}

_running = 0  # the thread that runs tasks now
_moved = False  # whether somebody has changed the working folder
_engine = False
_forked = False  # whether this process is a fork of an engine


def become_engine() -> None:
    """From now on this process is an engine: whatever runs here is part of a task."""
    global _engine
    _engine = True
    adopt_classes()
    os.register_at_fork(before=_hold_signals, after_in_parent=_let_signals_come, after_in_child=_note_fork)


_FOR_ENGINES = (signal.SIGTERM, signal.SIGINT)


def _hold_signals() -> None:
    """Let none come to a fork before it has its own handlers: it would be lost."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _FOR_ENGINES)


def _let_signals_come() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FOR_ENGINES)


def _note_fork() -> None:
    global _forked
    _forked = True
    with suppress(ValueError):  # the handlers are those of an engine, which this is not
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _let_signals_come()


def inside_task() -> bool:
    """Return whether the caller is part of a task."""
    return _running == get_ident() or _engine or is_offspring()


class Capture(Protocol):
    """What sees to the output of tasks."""

    task: int
    """Set to the number of each task as it begins."""

    def end(self) -> None:
        """Tell what it has written: it has ended."""


class _NoCapture:
    task = -1

    def end(self) -> None:
        pass


class TaskCancelledByClient(KeyboardInterrupt):
    """Raised inside a running task that was cancelled."""


class Worker:
    """Takes messages of the client, runs tasks in slices, and sends what comes of them.

    Parameters
    ----------
    send
        Sends one message to the client.
    receive
        Returns the messages that have come since it was last called, without waiting.
    session
        Token of the session, part of the names of its shared files.
    capture
        Sees to the output of tasks; None leaves it alone.
    inline
        Whether this process is the client's: large results go to it like small ones, and an interrupt
        is the client's too.
    memory
        Bytes of large results that are held in memory; what is more goes to files.
    own_gpus
        Those of the engine, as CUDA knows them.
    attach
        Maps a shared file, and fetches it before if another node has it.
    """

    def __init__(
        self,
        send: Callable[[Any], None],
        receive: Callable[[], list[Any]],
        *,
        session: str,
        capture: Capture | None = None,
        inline: bool = False,
        memory: int = sys.maxsize,
        own_gpus: tuple[str, ...] = (),
        attach: Callable[[SharedFile], Packed] = shared.attach,
    ) -> None:
        self.current = -1
        """The task whose function runs now, -1 for none."""
        self.begun = -1
        """The same, also while its function and its arguments are loaded and its results are packed."""
        self._attach = attach
        self._send = send
        self._receive = receive
        self._session = session
        self._capture: Capture = capture or _NoCapture()
        self._inline = inline
        if not inline:
            _watch_moves()
        self._interrupt: KeyboardInterrupt | None = None
        self._gauges = Gauges(reset=not inline)
        self._store = Store(memory)
        self._gpus = own_gpus
        self._functions: dict[int, _Function] = {}
        self._batches: deque[Batch] = deque()
        self._lock = Lock()  # around what takes a batch away
        self._position = 0
        self._elapsed = 0.0
        self._returning = 0  # how many of the batches are to be given back unrun, the oldest first
        self._cancelled: set[int] = set()

    @property
    def busy(self) -> bool:
        """Whether tasks are waiting to be run."""
        return bool(self._batches)

    def is_patient(self, seconds: float) -> bool:
        """Return whether what is behind a task may wait still after it has run so long."""
        try:
            return not self._returning and seconds <= self._batches[0].budget
        except IndexError:
            return True

    def empty_behind(self, task: int) -> int | None:
        """Take the tasks out of all batches behind that of a task; return how many had any.

        May be called from another thread; nothing is done, and None returned, when the task does not run any
        more: what is behind it may run already. What else these batches bring is still taken.
        """
        emptied = 0
        with self._lock:
            if self.current != task:
                return None
            for place in range(1, len(self._batches)):
                if self._batches[place].tasks:
                    self._batches[place] = self._batches[place]._replace(tasks=[])
                    emptied += 1
        return emptied

    def handle(self, message: Any) -> None:
        """Take one message of the client."""
        if type(message) is Batch:
            self._batches.append(message)
        elif type(message) is Export:
            self.export(message.datum)
        elif type(message) is Cancel:
            self._cancelled.update(message.tasks)
        elif type(message) is GiveBack:
            self._returning = len(self._batches)

    def is_cancelled(self, task: int) -> bool:
        """Return whether the client has cancelled this task; looks at the messages that have come."""
        for message in self._receive():
            self.handle(message)
        return task in self._cancelled

    def run_slice(self, streams: AbstractContextManager[Any] | None = None) -> None:
        """Run tasks for about `SLICE` seconds, or `LONG_SLICE`, and send their results."""
        global _running
        if not self._batches:
            return
        batch = self._batches[0]
        if not self._position:
            self._begin(batch)
        store.activate(self._store, self._functions)
        if self._inline:
            watch_threads(inside_task)
        results: list[Any] = []
        seconds: list[float] = []
        started, begin = time.time(), time.perf_counter()
        _running = get_ident()
        try:
            with streams or nullcontext(), threads(batch.cores):
                self._run_tasks(batch, results, seconds, begin)
        finally:
            _running = 0
            if batch.gpus:
                gpus.show(self._gpus)
            seconds += [0.0] * (len(results) - len(seconds))  # of the last, when an interrupt came after it
            self._elapsed += sum(seconds)
            self._position += len(results)
            if self._position == len(batch.tasks):
                self._end()
            if results:
                self._send(Results(results, seconds, started, *self._gauges.read(begin + sum(seconds))))
        if self._interrupt is not None:
            interrupt, self._interrupt = self._interrupt, None
            raise interrupt

    def _begin(self, batch: Batch) -> None:
        self._store.begin_batch(batch.keep)
        self._store.drop(batch.drop)
        for number in batch.forget:
            self._functions.pop(number, None)
        for number, function in batch.functions.items():
            self._functions[number] = _Function(function)
        for datum, value in batch.data.items():
            self._take(datum, value)
        self._elapsed = 0.0

    def _end(self) -> None:
        with self._lock:
            self._batches.popleft()
        self._position = 0
        self._returning -= self._returning > 0
        if not self._batches:
            self._cancelled.clear()

    def _run_tasks(self, batch: Batch, results: list[Any], seconds: list[float], begin: float) -> None:
        """Run what is left of a batch until the slice is over; note what is told of each, and its time."""
        global _moved
        folder = "" if self._inline else _folder()
        enough = begin + (SLICE if len(self._batches) < _MUCH else LONG_SLICE)
        too_late = begin + batch.budget - self._elapsed
        is_usual = not (batch.gpus or batch.given_up or batch.checkpoints or batch.last_reads)
        clock = time.perf_counter
        last = begin
        for call in islice(batch.tasks, self._position, None):
            if self._returning or last > too_late:
                results.append(_UNRUN)
            elif is_usual:
                results.append(self._run(call))
            else:
                results.append(self._run_with_notes(call, batch))
            if _moved and folder:  # tasks that follow are not to be found elsewhere
                with suppress(OSError):
                    os.chdir(folder)
                _moved = False
            now = clock()
            seconds.append(now - last)
            last = now
            if now > enough or self._interrupt is not None:
                break

    def _run_with_notes(self, call: WireTask, batch: Batch) -> Any:
        """Run a task of a batch that says more of some of its tasks than how to call them."""
        task = call[0]
        if (why := batch.given_up.get(task)) is not None:
            return (Code.IGNORED, why, self._ignored(call))
        result = self._run(call, batch)
        if task in batch.last_reads and has_run(result):
            self._store.drop(batch.last_reads[task])
        return result

    def _take(self, datum: int, value: Any) -> None:
        if type(value) is SharedFile:
            if datum not in self._store:
                try:
                    self._store.keep_mapped(datum, self._attach(value))
                except OSError:
                    return  # its readers will report that it is missing
        else:
            self._store.keep_for_batch(datum, value)

    def _run(self, call: WireTask, notes: Batch | None = None) -> Any:
        """Run a task, and return what the client is told of its result.

        Parameters
        ----------
        notes
            The batch when it says more of the task; None when it does not.
        """
        task, number, payload, outputs = call
        if task in self._cancelled:
            return _CANCELLED
        code = self._functions[number]
        self._capture.task = self.begun = task
        try:
            function = code.function or code.load()
            args: Sequence[Any] = payload
            kwargs: dict[str, Any] | None = None
            if type(payload) is not tuple:
                args, kwargs = store.arguments(payload)
            self.current = task
            if task in self._cancelled:  # meanwhile: what is being loaded is not interrupted
                return _CANCELLED
            if outputs is not None or notes is not None or code.time_out is not None:
                return self._run_unusual(call, notes, code.time_out, function, args, kwargs or {})
            value = function(*args, **kwargs) if kwargs else function(*args)
            if _forked:
                _leave(None)
            if type(value) in _FIXED:
                self._store.small[task] = value
                return value
            self.current = -1
            return self._result(task, value)
        except MissingDatumError as error:
            return (Code.MISSING, *error.args)
        except TaskCancelledByClient:
            return _CANCELLED
        except BaseException as error:  # noqa: BLE001 - the task's own code, SystemExit included
            self.current = -1  # it is over: a cancellation that comes now must not break what follows
            if _forked:
                _leave(error)
            if self._inline and isinstance(error, KeyboardInterrupt):
                self._interrupt = error
                return _CANCELLED
            told = failure.describe(error, own_frames=1)
            return (Code.IGNORED, told, self._ignored(call)) if code.ignores else (Code.FAILED, told)
        finally:
            self.current = self.begun = -1
            self._capture.end()

    def _run_unusual(
        self,
        call: WireTask,
        notes: Batch | None,
        time_out: float | None,
        function: Callable[..., Any],
        args: Any,
        kwargs: Any,
    ) -> Any:
        """Run a task that has several results, that has a time limit, or of which the batch says more."""
        __tracebackhide__ = True
        task, _, _, outputs = call
        path = notes.checkpoints.get(task, "") if notes is not None else ""
        if notes is not None and notes.gpus:
            gpus.show(notes.gpus)
        if path:
            saved = _saved(path)
            if saved is not None:
                return (Code.CACHED, self._results(*saved, outputs or Outputs((task,), False, ())))
        shapes = places.shapes(outputs, args, kwargs) if outputs is not None else ()
        if time_out is None or get_ident() != main_thread().ident:
            value = function(*args, **kwargs)
        else:
            value = call_within(time_out, function, args, kwargs)
        if _forked:
            _leave(None)
        self.current = -1
        if outputs is not None and shapes:
            places.refuse_other_shapes(shapes, outputs, args, kwargs)
        if path:
            _save(path, value, args, kwargs, outputs)
        if outputs is None:
            return self._result(task, value)
        return self._results(value, args, kwargs, outputs)

    def _ignored(self, call: WireTask) -> Any:
        """Return what an ignored failure leaves: None, and the arguments as they were before."""
        task, _, payload, outputs = call
        if outputs is None:
            return self._result(task, None)
        args, kwargs = store.arguments(payload)
        nothing = (None,) * len(outputs.returns) if outputs.split else None
        return self._results(nothing, args, kwargs, outputs)

    def _result(self, datum: int, value: Any) -> Any:
        """Hold one result and return what the client is told of it."""
        kind = type(value)
        if kind in _FIXED or (kind in SCALARS and len(value) < INLINE):
            self._store.small[datum] = value
            return value
        try:
            packed = pack(value, writable=True)
        except Exception as error:
            raise TypeError(
                f"The task function returned a {kind.__name__}, which cannot be pickled: {error}"
            ) from error
        if packed.size >= INLINE:
            if not self._inline:
                self._store.keep(datum, packed)
                return (Code.KEPT, packed.size, brief(value))
            packed = Packed(packed.head, [bytes(buffer) for buffer in packed.buffers])
        self._store.keep_for_batch(datum, packed)
        return (Code.SMALL, packed)

    def _results(self, value: Any, args: Any, kwargs: Any, outputs: Outputs) -> Any:
        values = _split(value, len(outputs.returns)) if outputs.split else (value,)
        told: list[Any] = []
        kept: list[int] = []
        try:
            for datum, item in zip(outputs.returns, values, strict=True):
                kept += [] if datum in self._store else [datum]
                told.append(self._result(datum, item))
            for where, datum in outputs.writes:
                kept += [] if datum in self._store else [datum]
                told.append(self._result(datum, places.value_at(where, args, kwargs)))
        except BaseException:
            self._store.drop(kept)  # the task fails: nobody will ask for them, or let them go
            raise
        return (Code.MANY, told)

    def export(self, datum: int) -> None:
        """Share a datum; may be called from another thread while a task runs."""
        try:
            value = self._store[datum]
        except KeyError:
            self._send(Exported(datum, None))
            return
        try:
            self._send(Exported(datum, shared.export(value, self._session)))
        except OSError as error:
            self._send(Exported(datum, None, f"it could not be shared: {error}"))


def _leave(error: BaseException | None) -> NoReturn:
    """End a process that a task has forked, where the task's function ends in it: it is no engine."""
    status = 0
    if isinstance(error, SystemExit):
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    elif error is not None:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code in _OWN:
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        status = 1
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(status)


_OWN = frozenset(one.__code__ for one in (Worker._run, Worker._run_unusual, call_within))


def _folder() -> str:
    """Return the working folder, empty when it has been removed."""
    try:
        return os.getcwd()  # noqa: PTH109 - the text is all that is wanted, each time a slice begins
    except OSError:
        return ""


@cache
def _watch_moves() -> None:
    """Know when the working folder changes: to ask for it takes longer than many a task."""
    sys.addaudithook(_note_move)


def _note_move(event: str, _: Any) -> None:
    global _moved
    if event == "os.chdir":
        _moved = True


class _Function:
    """A function of the client, unpickled when it is first called."""

    __slots__ = ("_code", "_imports", "_pickled", "function", "ignores", "time_out")

    def __init__(self, told: WireFunction) -> None:
        self._pickled = told.pickled
        self.function: Callable[..., Any] | None = None
        """The function; None until it is loaded, and always where the client's own process has it."""
        # The task that needs it has it.
        self._code: weakref.ref[Any] | None = None if told.code is None else weakref.ref(told.code)
        self._imports = told.imports
        self.ignores = told.ignores
        self.time_out = told.time_out

    def load(self) -> Callable[..., Any]:
        if self._code is not None:
            code: Any = self._code()
            return code.original  # type: ignore[no-any-return]
        if self.function is None:
            self._imports.adopt()
            self.function = cloudpickle.loads(self._pickled)
            self._pickled = b""
        return self.function


def _saved(path: str) -> tuple[Any, dict[Place, Any], dict[Place, Any]] | None:
    """Return what a task returned in an earlier session and the arguments that it wrote, twice; or None."""
    try:
        value, written = checkpoint.load(path)
        for place in written:
            if file := _file_at(place):
                kept_files.put_back(file, written[place], _room_of(path))
                written[place] = kept_files.stamp(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        print(f"{error} The task runs again.", file=sys.stderr)
        return None
    return value, written, written


def _save(path: str, value: Any, args: Any, kwargs: Any, outputs: Outputs | None) -> None:
    """Keep what a task returned, and the arguments that it wrote, for a later session."""
    all_of_it = [place for place, _ in outputs.writes] if outputs is not None else []
    try:
        written = {
            place: kept_files.keep(file, _room_of(path))
            if (file := _file_at(place))
            else places.value_at(place, args, kwargs)
            for place in all_of_it
        }
        checkpoint.save(path, (value, written))
    except Exception as error:  # noqa: BLE001 - the task is done; only the next session has to run it again
        print(f"The result of the task was not kept for a later session: {error}", file=sys.stderr)


def _file_at(place: Place) -> str:
    """Return the path of a file that is kept, empty for what is no file."""
    return str(place[1]) if isinstance(place, tuple) and place[:1] == (FILE,) else ""


def _room_of(path: str) -> Path:
    """Return the folder of the checkpoints, of which this is one."""
    return Path(path).parent.parent


def _split(value: Any, count: int) -> tuple[Any, ...]:
    try:
        values = tuple(value)
    except TypeError:
        raise TypeError(
            f"The task function should return {count} values (returns={count}), "
            f"but returned one {type(value).__name__}."
        ) from None
    if len(values) != count:
        raise ValueError(
            f"The task function should return {count} values (returns={count}), but returned {len(values)}."
        )
    return values
