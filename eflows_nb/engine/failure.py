"""An exception of a task on its way from the engine to whoever waits for it."""

from __future__ import annotations

import io
import sys
import traceback
import types
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

import cloudpickle

from eflows_nb.engine.messages import Failure
from eflows_nb.engine.packing import load
from eflows_nb.errors import TaskFailedError

__all__ = ["FINAL", "FrameLine", "describe", "restore", "traceback_of"]

FINAL = "eflows_final"
"""An exception with this attribute, True, says what it says: its task is not tried again."""

L = TypeVar("L")

_CHAIN_LIMIT = 16
_ENDS = 50
"""Of a longer traceback so many calls are told from its begin, and as many from its end."""
_ENDS_OF_RECURSION = 10


class FrameLine(NamedTuple):
    """One line of a traceback: file, function and its first line, and the line that was running."""

    file: str
    function: str
    first_line: int
    line: int


def describe(error: BaseException, own_frames: int) -> Failure:
    """Describe an exception as a record, without the innermost `own_frames` callers of the task.

    Parameters
    ----------
    own_frames
        Number of frames between the handler and the task function.
    """
    trace: TracebackType | None = _plain(error, "__traceback__")
    for _ in range(own_frames):
        trace = trace.tb_next if trace is not None else None
    while trace is not None and _hides(trace):
        trace = trace.tb_next
    text = _traceback_text(error, trace)  # before frames are taken from it, to be pickled
    return _record(error, trace, ())._replace(traceback=text, final=_is_final(error))


def _plain(error: BaseException, name: str) -> Any:
    """Return what Python itself has put into an exception, whatever its class makes of the name."""
    return vars(BaseException)[name].__get__(error)


def _hides(trace: TracebackType) -> bool:
    return trace.tb_frame.f_locals.get("__tracebackhide__") is True


def _is_final(error: BaseException) -> bool:
    try:
        return getattr(error, FINAL, False) is True
    except BaseException:  # noqa: BLE001 - the exception's own code runs here
        return False


def _record(error: BaseException, trace: TracebackType | None, before: tuple[int, ...]) -> Failure:
    """Describe an exception, and what it was raised from, which is not among those `before` it."""
    before = (*before, id(error))
    cause = _plain(error, "__cause__")
    origin = cause
    if origin is None and not _plain(error, "__suppress_context__"):
        origin = _plain(error, "__context__")
    told = None
    if origin is not None and id(origin) not in before and len(before) < _CHAIN_LIMIT:
        told = _record(origin, _plain(origin, "__traceback__"), before)
    pickled: bytes | None = None
    if isinstance(error, Exception):  # others, such as SystemExit, would end the program that waits
        try:
            pickled = _pickled(error.with_traceback(None))  # frames hold what the task had
            load(pickled)  # some exceptions pickle but do not come back
        except BaseException:  # noqa: BLE001 - the exception's own code runs here
            pickled = None
    is_cause = told is not None and cause is not None
    lines = _shortened(_lines(trace), _ends(isinstance(error, RecursionError)), _left_out_line)
    return Failure(_kind(error), _text(error), pickled, lines, "", origin=told, is_cause=is_cause)


def _pickled(error: BaseException) -> bytes:
    file = io.BytesIO()
    _Pickler(file, 5).dump(error)
    return file.getvalue()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Packs exceptions whose class has a constructor of its own as they are: it would not take their `args`.

    Python makes an exception again by calling its class with these, which most such constructors have
    changed: they take other arguments, or put another text around what is a whole text already.
    """

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, BaseException) and isinstance(type(obj).__init__, types.FunctionType):
            reduced = obj.__reduce_ex__(5)
            if _is_plain(type(obj)) and type(reduced) is tuple and reduced[0] is type(obj):
                return (_remade, (type(obj), *reduced[1]), *reduced[2:])
        return super().reducer_override(obj)


def _is_plain(kind: type) -> bool:
    """Return whether the `args` of an exception and its attributes are all that there is of it."""
    methods = (kind.__new__, kind.__reduce__, kind.__reduce_ex__)
    return all(map(_is_builtin, methods)) and not any(
        vars(parent).get("__slots__") for parent in kind.__mro__
    )


def _is_builtin(method: Any) -> bool:
    return not isinstance(method, types.FunctionType)


def _remade(kind: type[BaseException], *args: Any) -> BaseException:
    """Return an exception with these `args`, without calling the constructor of its class."""
    error = kind.__new__(kind, *args)
    builtin: Any = next(
        parent for parent in kind.__mro__ if _is_builtin(vars(parent).get("__init__", _remade))
    )
    builtin.__init__(error, *args)
    return error


def _kind(error: BaseException) -> str:
    name: str = vars(type)["__name__"].__get__(type(error))
    return name


def _text(error: BaseException) -> str:
    try:
        return "".join((str(error),))  # which may be of a class that the client does not have
    except BaseException:  # noqa: BLE001 - the exception's own code runs here
        return "(the exception cannot be printed)"


def _traceback_text(error: BaseException, trace: TracebackType | None) -> str:
    """Return the traceback of an exception and of what it was raised from, long ones without their middle."""
    try:
        return _formatted(error, trace)
    except BaseException:  # noqa: BLE001 - the exception's own code runs here: only its lines are told
        shown = _shortened(_lines(trace), _ENDS, _left_out_line)
        lines = [f'  File "{one.file}", line {one.line}, in {one.function}\n' for one in shown]
        return f"Traceback (most recent call last):\n{''.join(lines)}{_kind(error)}: {_text(error)}\n"


def _formatted(error: BaseException, trace: TracebackType | None) -> str:
    told = traceback.TracebackException(type(error), error, trace)
    rest, seen = [told], {id(told)}
    while rest:
        one = rest.pop()
        lines = _shortened(one.stack, _ends(one.exc_type is RecursionError), _left_out_summary)
        one.stack = traceback.StackSummary.from_list(lines)
        for other in (one.__cause__, one.__context__, *(one.exceptions or ())):
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                rest.append(other)
    return "".join(told.format())


def _ends(is_recursion: bool) -> int:
    return _ENDS_OF_RECURSION if is_recursion else _ENDS


def _shortened(lines: Sequence[L], ends: int, left_out: Callable[[int], L]) -> tuple[L, ...]:
    """Return the lines of a traceback, in the middle of a long one a single line for those left out."""
    over = len(lines) - 2 * ends
    if over <= 1:
        return tuple(lines)
    return (*lines[:ends], left_out(over), *lines[-ends:])


def _left_out_line(count: int) -> FrameLine:
    return FrameLine(_left_out(count), "...", 1, 1)


def _left_out_summary(count: int) -> traceback.FrameSummary:
    return traceback.FrameSummary(_left_out(count), 1, "...", lookup_line=False, line="")


def _left_out(count: int) -> str:
    return f"<{count} calls left out>"


def _lines(trace: TracebackType | None) -> tuple[FrameLine, ...]:
    lines = []
    while trace is not None:
        code = trace.tb_frame.f_code
        line = trace.tb_lineno or code.co_firstlineno  # generated code may have no lines: None
        lines.append(FrameLine(code.co_filename, code.co_name, code.co_firstlineno, line))
        trace = trace.tb_next
    return tuple(lines)


def restore(failure: Failure) -> tuple[BaseException | None, TracebackType | None]:
    """Return the exception, None where it could not be brought here, and its traceback.

    It has what it was raised from, where that could not be brought here a `TaskFailedError` that tells of it.
    """
    error: Any = None
    if failure.exception is not None:
        try:
            error = load(failure.exception)
        except Exception:  # noqa: BLE001 - a class that cannot be imported here
            error = None
    if error is not None and failure.origin is not None:
        origin, trace = restore(failure.origin)
        if origin is None:
            origin = TaskFailedError(f"{failure.origin.kind}: {failure.origin.message}")
        origin = origin.with_traceback(trace)
        if failure.is_cause:
            error.__cause__ = origin
        else:
            error.__context__ = origin
    return error, traceback_of(failure.frames)


def traceback_of(lines: Iterable[FrameLine]) -> TracebackType | None:
    """Return a traceback of lines of source that ran elsewhere; None where there are none."""
    trace: TracebackType | None = None
    for line in reversed(list(lines)):
        trace = _traceback(line, trace)
    return trace


def _traceback(line: FrameLine, following: TracebackType | None) -> TracebackType:
    """Make a traceback entry that names a line of source: front ends show the line itself, cells included."""
    # The line of an instruction is counted from the first line of its code.
    source = "\n" * (line.line - line.first_line) + "raise ZeroDivisionError"
    code = compile(source, line.file, "exec").replace(
        co_name=line.function, co_qualname=line.function, co_firstlineno=line.first_line
    )
    try:
        exec(code, {"__name__": line.file})
    except ZeroDivisionError:
        raised = sys.exc_info()[2]
    assert raised is not None
    assert raised.tb_next is not None
    return TracebackType(following, raised.tb_next.tb_frame, raised.tb_next.tb_lasti, line.line)
