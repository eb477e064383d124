"""What tasks were called with and have made, as far as it is still here: for somebody who looks at one."""

from __future__ import annotations

import inspect
import pickle
import weakref
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from eflows_nb.engine import shared
from eflows_nb.engine.packing import SCALARS, Packed
from eflows_nb.runtime.history.quantities import size
from eflows_nb.runtime.preview import Preview, preview_of, read_pickle, unpacked
from eflows_nb.tasks.data import PENDING, Broken, Datum, Large, Turn
from eflows_nb.tasks.task import FunctionCode, Task

if TYPE_CHECKING:
    from eflows_nb.runtime.scheduler import Scheduler

__all__ = ["CALLS_KEPT", "Call", "NamedPreview", "RecentCalls", "describe", "find_call"]

CALLS_KEPT = 1000
"""Calls that are remembered when their tasks have ended."""

FAILED_KEPT = 100
"""Calls of failed tasks that are remembered besides."""

_PAYLOAD_LIMIT = 1 << 14
_OF_A_FLOOD = 8  # tasks that come together
_SHOWN = 20


class Call(NamedTuple):
    """What is kept of the call of a task: its arguments as they were sent, none where they are large.

    Data are referred to weakly, so that nothing lives longer for it.
    """

    task: int
    payload: bytes
    code: weakref.ref[FunctionCode]
    reads: tuple[Any, ...]
    outputs: tuple[Any, ...]
    definitions: Mapping[int, str] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedPreview:
    """One argument or result of a task.

    Parameters
    ----------
    name
        Of the parameter; of a result its place, empty for the only one.
    value
        What it is.
    task
        Number of the task that has made it, 0 where it came from the notebook.
    """

    name: str
    value: Preview
    task: int = 0


class RecentCalls:
    """The last calls, and the last of those that failed.

    To remember a call costs a microsecond or more. So of a flood, more than `CALLS_KEPT` tasks that are there
    at once, only some of those are remembered that come later.
    """

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self._later: deque[Call] = deque(maxlen=CALLS_KEPT)
        self._failed: deque[Call] = deque(maxlen=FAILED_KEPT)

    def note(self, tasks: Sequence[Task], unfinished: int) -> None:
        """Remember new tasks, beside which there are so many that have not ended."""
        if unfinished < CALLS_KEPT:
            self._calls.extend(map(_call_of, tasks[: CALLS_KEPT - unfinished]))
        else:
            self._later.extend(map(_call_of, tasks[:_OF_A_FLOOD]))

    def note_failed(self, task: Task) -> None:
        """Remember a task that is about to fail longer than others."""
        self._failed.append(_call_of(task))

    def find(self, number: int) -> Call | None:
        """Return the call of a task, None when it is remembered no more."""
        calls: Iterable[Call] = chain(reversed(self._failed), reversed(self._later), reversed(self._calls))
        for call in calls:
            if call.task == number:
                return call
        return None


def _call_of(task: Task) -> Call:
    payload = task.payload
    if type(payload) is not bytes:  # not the values themselves, which may be large
        payload = pickle.dumps((payload, {}) if type(payload) is tuple else payload, 5)
    return Call(
        task.number,
        payload if len(payload) <= _PAYLOAD_LIMIT else b"",
        weakref.ref(task.code),
        tuple([weakref.ref(datum) for datum in task.reads]) if task.reads else (),
        tuple([weakref.ref(datum) for datum in task.outputs]),
        {code.number: code.name for code in task.definitions} if task.definitions else None,
    )


def find_call(scheduler: Scheduler, number: int) -> Call | None:
    """Return the call of a task that has not ended, or is remembered; under the lock of the runtime."""
    recent = scheduler.graph.recent
    call = recent.find(number) if recent is not None else None
    if call is None or not call.payload:
        for task in scheduler.find([number]):
            return _call_of(task)
    return call


def describe(call: Call) -> tuple[list[NamedPreview] | None, list[NamedPreview]]:
    """Return what a task was called with, None where that is not known, and what it has made.

    It may be called from any thread. Nothing is fetched from an engine.
    """
    reads = {datum.number: datum for datum in _living(call.reads)}
    return _inputs(call, reads), _outputs(call)


def _living(references: Iterable[Any]) -> list[Datum]:
    return [datum for reference in references if (datum := reference()) is not None]


def _inputs(call: Call, reads: Mapping[int, Datum]) -> list[NamedPreview] | None:
    if not call.payload:
        return None
    try:
        loaded = read_pickle(call.payload, names=call.definitions)
        args, kwargs, data = _arguments(loaded)
    except ValueError:
        return None
    code = call.code()
    names = _parameters(code.original if code is not None else None, len(args))

    def known(number: int) -> Preview:
        datum = reads.get(number)
        return _datum(datum) if datum is not None else Preview(kind="let go of since")

    def one(name: str, value: Any, number: int) -> NamedPreview:
        datum = reads.get(number)
        return NamedPreview(
            name=name,
            value=known(number) if number else preview_of(value, known),
            task=datum.maker if datum is not None else 0,
        )

    given = [*zip(names, args, strict=True), *kwargs.items()]
    return [
        one(str(name), value, data.get(place, getattr(value, "datum", 0)) or 0)
        for place, (name, value) in enumerate(islice(given, _SHOWN))
    ]


def _arguments(loaded: Any) -> tuple[list[Any], dict[str, Any], dict[int, int]]:
    """Return the arguments, and by position the numbers of the data that stand for some of them."""
    if isinstance(loaded, tuple) and len(loaded) == 2:
        return list(loaded[0]), dict(loaded[1]), {}
    if isinstance(loaded, list):
        *args, places = loaded
        return args, {}, {place: args[place] for place in places}
    raise ValueError("these are no arguments")


def _parameters(function: Any, count: int) -> list[str]:
    """Return the names of the first parameters of a function; numbers where it does not tell."""
    names: list[str] = []
    with suppress(TypeError, ValueError):
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is parameter.VAR_POSITIONAL:
                names += [f"{parameter.name}[{place}]" for place in range(count - len(names))]
            elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
                names.append(parameter.name)
    names = names[:count]
    return [*names, *(f"argument {place + 1}" for place in range(len(names), count))]


def _outputs(call: Call) -> list[NamedPreview]:
    one = len(call.outputs) == 1
    made = []
    for place, reference in enumerate(call.outputs[:_SHOWN]):
        datum = reference()
        if type(datum) is not Turn:
            value = _datum(datum) if datum is not None else Preview(kind="let go of: nothing refers to it")
            made.append(NamedPreview(name="" if one else str(place), value=value))
    return made


def _datum(datum: Datum) -> Preview:
    """Describe the value of a datum as it is here."""
    value = datum.value
    if value is PENDING:
        return Preview(kind="not there yet")
    if type(value) is Broken:
        return Preview(kind="never made")
    if type(value) is Large:
        return _large(value)
    if type(value) in SCALARS:
        return preview_of(value)
    if type(value) is Packed:
        with suppress(ValueError):
            return preview_of(unpacked(value))
        return Preview(kind="a value", about=size(value.size))
    return Preview(kind=type(value).__name__)


def _large(large: Large) -> Preview:
    """Describe what lies in a file of this machine, or on engines: there it stays."""
    if large.shared is not None and not large.shared.server:
        with suppress(OSError, ValueError, AttributeError):
            seen = preview_of(unpacked(shared.attach(large.shared)))
            return Preview(kind=seen.kind, about=_joined(seen.about, size(large.size)), text=seen.text)
    kind, _, about = large.brief.partition(", ")
    engines = sorted(large.engines)
    where = f"on engine {', '.join(map(str, engines[:3]))}" if engines else "on another host"
    return Preview(kind=kind or "a large value", about=_joined(about, f"{size(large.size)} {where}"))


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
