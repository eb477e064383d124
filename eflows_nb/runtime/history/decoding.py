"""Events from the lines of a journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    TryEnded,
    WaitEnded,
    WaitStarted,
)
from eflows_nb.tasks.state import TaskState

__all__ = ["LineDecoder"]

_STATES = frozenset(TaskState)


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
            case _ if kind in _STATES:
                return self._changed(TaskState(kind), time, *fields[:6])
            case "function":
                self._functions[fields[0]] = fields[1]
            case "error":
                return TaskFailed(time=time, task=fields[0], error=fields[1], traceback=fields[2])
            case "try":
                task, engine, start, nanos, reason = fields[:5]
                began = self._time(start) if start else 0.0
                return TryEnded(
                    time=time, task=task, engine=engine, start=began, seconds=nanos * 1e-9, reason=reason
                )
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
            return TasksChanged(
                time=time, state=state, tasks=numbers, engine=engine, kept=tuple(starts or ())
            )
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
