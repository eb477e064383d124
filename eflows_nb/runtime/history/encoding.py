"""Events as the lines of a journal: JSON, a line for each, with columns where one tells of many tasks.

The format is described in ``docs/journal.md``. It is written for speed: text is put together by hand, since
the journal may cost little more than a microsecond a task.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

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
    TryEnded,
    WaitEnded,
    WaitStarted,
)

__all__ = ["FORMAT", "TRACEBACKS", "VERSION", "LineEncoder"]

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
            TryEnded: self._tried,
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
            return f"{head},{_text(list(event.kept))}]\n" if event.kept else f"{head}]\n"
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

    def _tried(self, event: TryEnded) -> str:
        start = self._time(event.start) if event.start else 0
        seconds = round(event.seconds * 1e9)
        return self._line("try", event.time, event.task, event.engine, start, seconds, event.reason)

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
