"""The lines of a journal: events as JSON, a line for each, with columns where one tells of many tasks.

The format is described in ``docs/journal.md``. It is written for speed: text is put together by hand, since
the journal may cost little more than a microsecond a task.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from eflows_nb.errors import JournalError
from eflows_nb.tasks.events import (
    ClusterChanged,
    DataShared,
    EnergyRead,
    EngineJoined,
    EngineLeft,
    Event,
    SessionEnded,
    TaskFailed,
    TasksChanged,
    TasksSubmitted,
    WaitEnded,
    WaitStarted,
)
from eflows_nb.tasks.state import TaskState

__all__ = ["FORMAT", "TRACEBACKS", "VERSION", "LineDecoder", "LineEncoder"]

FORMAT = "eflows-journal"
"""First field of a journal."""

VERSION = 1
"""A reader of this version understands every journal of this or a smaller version."""

TRACEBACKS = 1000
"""Number of failures that are written with their traceback; of more, only the error."""

_TEXT_LIMIT = 10_000


class LineEncoder:
    """Writes events as lines.

    Parameters
    ----------
    started
        Seconds since the epoch from which times are counted.
    """

    def __init__(self, started: float) -> None:
        self._started = started
        self._functions: dict[str, int] = {}
        self._failures = 0
        self._writers: dict[type, Callable[[Any], str]] = {
            TasksSubmitted: self._submitted,
            TasksChanged: self._changed,
            TaskFailed: self._failed,
            EngineJoined: lambda e: self._line("joined", e.time, e.engine, e.host, e.pid),
            EngineLeft: lambda e: self._line("left", e.time, e.engine, e.expected),
            ClusterChanged: lambda e: self._line("cluster", e.time, e.cluster, e.state, e.reason),
            DataShared: lambda e: self._line("shared", e.time, e.engine, e.datum, e.size),
            EnergyRead: lambda e: self._line("energy", e.time, e.engine, round(e.joules, 3)),
            WaitStarted: self._wait,
            WaitEnded: lambda e: f'["waited",{self._time(e.time)},{e.wait}]\n',
            SessionEnded: lambda e: self._line("ended", e.time),
        }

    def encode(self, event: Event) -> str:
        """Return the lines of an event; none for the text that a task wrote."""
        writer = self._writers.get(type(event))
        return "" if writer is None else writer(event)

    def _time(self, time: float) -> int:
        return round((time - self._started) * 1e6)

    def _line(self, kind: str, time: float, *fields: Any) -> str:
        return json.dumps([kind, self._time(time), *fields], separators=(",", ":")) + "\n"

    def _submitted(self, event: TasksSubmitted) -> str:
        names = event.names
        new = [name for name in dict.fromkeys(names) if name not in self._functions]
        lines = "".join([self._function(event.time, name) for name in new])
        functions = self._functions
        column: Any = functions[names[0]]
        if names.count(names[0]) != len(names):
            column = [functions[name] for name in names]
        parents: Any = 0
        if any(event.parents):
            parents = [(p[0] if len(p) == 1 else list(p)) if p else 0 for p in event.parents]
        return (
            f'{lines}["submitted",{self._time(event.time)},{_numbers(event.tasks)},{_text(column)},'
            f"{_text(parents)},{_column(event.origins)}]\n"
        )

    def _function(self, time: float, name: str) -> str:
        number = self._functions[name] = len(self._functions)
        return self._line("function", time, number, name)

    def _changed(self, event: TasksChanged) -> str:
        head = f'["{event.state.value}",{self._time(event.time)},{_numbers(event.tasks)},{event.engine}'
        if not event.starts:
            return f"{head}]\n"
        sizes = _column(event.sizes) if any(event.sizes) else 0
        seconds = [round(s * 1e9) for s in event.seconds]
        memory = f",{event.memory}" if event.memory else ""
        return f"{head},{self._starts(event)},{_column(seconds)},{sizes}{memory}]\n"

    def _starts(self, event: TasksChanged) -> str:
        """Return one start where tasks ran one after the other without a pause, else one for each."""
        starts, seconds = event.starts, event.seconds
        if not starts[0]:
            return "null"
        if len(starts) == 1 or abs(starts[-1] + seconds[-1] - starts[0] - sum(seconds)) < 1e-6:
            return str(self._time(starts[0]))
        return _text([self._time(start) for start in starts])

    def _failed(self, event: TaskFailed) -> str:
        self._failures += 1
        traceback = event.traceback[-_TEXT_LIMIT:] if self._failures <= TRACEBACKS else ""
        return self._line("error", event.time, event.task, event.error[:_TEXT_LIMIT], traceback)

    def _wait(self, event: WaitStarted) -> str:
        tasks = _numbers(tuple(sorted(event.tasks))) if event.tasks else "0"
        return f'["wait",{self._time(event.time)},{event.wait},{tasks}]\n'


def _text(values: Any) -> str:
    return str(values).replace(" ", "")


def _numbers(numbers: tuple[int, ...]) -> str:
    first, last = numbers[0], numbers[-1]
    if len(numbers) == 1:
        return str(first)
    if last - first == len(numbers) - 1 and numbers == tuple(range(first, last + 1)):
        return f'"{first}-{last}"'
    return _text(list(numbers))


def _column(values: Sequence[int]) -> str:
    first = values[0]
    return str(first) if values.count(first) == len(values) else _text(list(values))


class LineDecoder:
    """Reads events from lines; what it does not know it leaves out.

    Parameters
    ----------
    started
        Seconds since the epoch from which times are counted.
    """

    def __init__(self, started: float) -> None:
        self._started = started
        self._functions: dict[int, str] = {}

    def decode(self, line: str) -> Iterator[Event]:
        """Yield what a line tells: one event, or none.

        Raises
        ------
        JournalError
            When it is not a line of a journal.
        """
        try:
            kind, time, *fields = json.loads(line)
            event = self._event(kind, self._time(time), fields)
        except (ValueError, TypeError, LookupError) as error:
            raise JournalError(f"{line[:80].rstrip()!r} is not a line of a journal: {error}.") from error
        if event is not None:
            yield event

    def _time(self, microseconds: int) -> float:
        return self._started + microseconds * 1e-6

    def _event(self, kind: str, time: float, fields: list[Any]) -> Event | None:
        match kind:
            case "submitted":
                return self._submitted(time, *fields[:4])
            case "waiting" | "ready" | "running" | "done" | "failed" | "cancelled":
                return self._changed(TaskState(kind), time, *fields[:6])
            case "function":
                self._functions[fields[0]] = fields[1]
            case "error":
                return TaskFailed(time=time, task=fields[0], error=fields[1], traceback=fields[2])
            case "joined":
                return EngineJoined(time=time, engine=fields[0], host=fields[1], pid=fields[2])
            case "left":
                return EngineLeft(time=time, engine=fields[0], expected=fields[1])
            case "cluster":
                return ClusterChanged(time=time, cluster=fields[0], state=fields[1], reason=fields[2])
            case "shared":
                return DataShared(time=time, engine=fields[0], datum=fields[1], size=fields[2])
            case "energy":
                return EnergyRead(time=time, engine=fields[0], joules=fields[1])
            case "wait":
                tasks = frozenset(_read_numbers(fields[1]) if fields[1] else ())
                return WaitStarted(time=time, wait=fields[0], tasks=tasks)
            case "waited":
                return WaitEnded(time=time, wait=fields[0])
            case "ended":
                return SessionEnded(time=time)
        return None

    def _submitted(self, time: float, tasks: Any, functions: Any, parents: Any, origins: Any) -> Event:
        numbers = _read_numbers(tasks)
        count = len(numbers)
        made: tuple[tuple[int, ...], ...] = ((),) * count
        if parents:
            made = tuple([(p,) if type(p) is int and p else tuple(p or ()) for p in parents])
        return TasksSubmitted(
            time=time,
            tasks=numbers,
            names=tuple([self._functions[f] for f in _read_column(functions, count)]),
            parents=made,
            origins=_read_column(origins, count),
        )

    def _changed(
        self,
        state: TaskState,
        time: float,
        tasks: Any,
        engine: int,
        starts: Any = None,
        seconds: Any = None,
        sizes: Any = 0,
        *memory: int,
    ) -> Event:
        numbers = _read_numbers(tasks)
        count = len(numbers)
        if seconds is None:
            return TasksChanged(time=time, state=state, tasks=numbers, engine=engine)
        lasted = tuple([s * 1e-9 for s in _read_column(seconds, count)])
        if starts is None:
            began: tuple[float, ...] = (0.0,) * count
        elif type(starts) is int:
            began = tuple(accumulate(lasted[:-1], initial=self._time(starts)))
        else:
            began = tuple([self._time(start) for start in starts])
        return TasksChanged(
            time=time,
            state=state,
            tasks=numbers,
            engine=engine,
            starts=began,
            seconds=lasted,
            sizes=_read_column(sizes, count),
            memory=sum(memory),
        )


def _read_numbers(told: Any) -> tuple[int, ...]:
    if type(told) is int:
        return (told,)
    if type(told) is str:
        first, _, last = told.partition("-")
        return tuple(range(int(first), int(last) + 1))
    return tuple(told)


def _read_column(told: Any, count: int) -> tuple[int, ...]:
    return (told,) * count if type(told) is int else tuple(told)
