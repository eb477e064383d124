"""The task graph in columns, as pages draw it: kept up from events at little more than a copy each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from eflows_nb.tasks.events import (
    ClusterChanged,
    EngineJoined,
    EngineLeft,
    Event,
    TaskFailed,
    TasksChanged,
    TasksSubmitted,
    TryEnded,
)
from eflows_nb.tasks.state import TaskState

__all__ = ["CHANGING", "COLUMNS", "ERRORS", "STATES", "BoardEngine", "TaskBoard"]

STATES = tuple(TaskState)
"""States by the number that stands for them in a column."""

COLUMNS: dict[str, str] = {
    "task": "int32",
    "function": "int32",
    "origin": "int32",
    "submitted": "float64",
    "parents": "int32",
    "state": "uint8",
    "engine": "int32",
    "start": "float64",
    "seconds": "float32",
    "size": "float32",
    "memory": "float32",
}
"""The columns and their types; times are seconds since `TaskBoard.began`, ``parents`` is their number."""

CHANGING = ("state", "engine", "start", "seconds", "size", "memory")
"""Columns whose entries change after a task was submitted."""

ERRORS = 1000
"""Failures of which the error and the traceback are kept."""

_CODE = {state: code for code, state in enumerate(STATES)}
_RUNNING, _CANCELLED = _CODE[TaskState.RUNNING], _CODE[TaskState.CANCELLED]
_TEXT_LIMIT = 20_000
_TRIES = 20
_SAME = 2e-6  # seconds, to which a journal is exact
_APART = 1e-9  # seconds

Columns = dict[str, npt.NDArray[Any]]


class BoardEngine:
    """One engine from its joining to its end; `left` is None while it is there."""

    __slots__ = ("engine", "host", "joined", "left", "pid")

    def __init__(self, engine: int, host: str, pid: int, joined: float) -> None:
        self.engine = engine
        self.host = host
        self.pid = pid
        self.joined = joined
        self.left: float | None = None


class TaskBoard:
    """All tasks of a session in rows, in the order of their submission.

    A task's `parents` are rows too. The ``start`` of a running task says when it was sent to its engine, a
    nanosecond later for each that was sent before it, since the engine runs them in that order. Its
    ``seconds`` are -1; those of one that did not run are -1 as well.

    Parameters
    ----------
    began
        From when times are counted, seconds since the epoch.
    """

    def __init__(self, began: float) -> None:
        self.began = began
        self.rows = 0
        self.functions: list[str] = []
        self.engines: list[BoardEngine] = []
        self.errors: dict[int, tuple[str, str]] = {}
        """Error and traceback of failed tasks by number; the first `ERRORS`."""
        self.tries: dict[int, list[TryEnded]] = {}
        """What was tried in vain, by number of the task; the first `ERRORS` tasks, the last of many tries."""
        self.ended: dict[int, float] = {}
        """When the last task of each engine ended, in seconds since the board began."""
        self._clusters: dict[float, str] = {}
        self._columns: Columns = {name: np.zeros(1024, kind) for name, kind in COLUMNS.items()}
        self._parents = np.zeros(1024, np.int32)
        self._parent_count = 0
        self._row_of = np.full(1024, -1, np.int32)  # by number of the task
        self._function_of: dict[str, int] = {}
        self._touched: list[npt.NDArray[Any]] = []
        self._told_rows = self._told_parents = 0

    def take(self, events: Sequence[Event]) -> None:
        """Add events, in order.

        Events that were taken before change nothing in the end, if all that followed them come again too.
        """
        submitted = [event for event in events if type(event) is TasksSubmitted]
        if submitted:
            self._submit(submitted)
        changed = [event for event in events if type(event) is TasksChanged]
        if changed:
            self._change(changed)
        for event in events:
            if type(event) is TaskFailed:
                if len(self.errors) < ERRORS or event.task in self.errors:
                    self.errors[event.task] = (event.error[:_TEXT_LIMIT], event.traceback[-_TEXT_LIMIT:])
            elif type(event) is TryEnded:
                self._note_try(event)
            elif type(event) is EngineJoined:
                self._leave(event.engine, event.time)
                joined = event.time - self.began
                self.engines.append(BoardEngine(event.engine, event.host, event.pid, joined))
            elif type(event) is EngineLeft:
                self._leave(event.engine, event.time)
            elif type(event) is ClusterChanged:
                self._clusters[event.time - self.began] = event.cluster

    def _note_try(self, event: TryEnded) -> None:
        tries = self.tries.get(event.task)
        if tries is None:
            if len(self.tries) >= ERRORS:
                return
            tries = self.tries[event.task] = []
        if all(abs(known.time - event.time) > _SAME for known in tries):  # or the journal has told of it
            tries.append(event)
            del tries[:-_TRIES]

    def _leave(self, number: int, time: float) -> None:
        for engine in self.engines:
            if engine.engine == number and engine.left is None:
                engine.left = time - self.began

    def _submit(self, events: list[TasksSubmitted]) -> None:
        tasks = np.array(list(chain.from_iterable(event.tasks for event in events)), np.int32)
        self._row_of = _grown(self._row_of, int(tasks.max()) + 1, fill=-1)
        new = self._row_of[tasks] < 0
        if not new.all():  # the journal has told of some of them already
            events = [event for event in events if self._row_of[event.tasks[0]] < 0]
            tasks = tasks[new]
            if not events:
                return
        first, count = self.rows, len(tasks)
        self._row_of[tasks] = np.arange(first, first + count, dtype=np.int32)
        names = list(chain.from_iterable(event.names for event in events))
        for name in dict.fromkeys(names):
            if name not in self._function_of:
                self._function_of[name] = len(self.functions)
                self.functions.append(name)
        parents = list(chain.from_iterable(event.parents for event in events))
        entries = {
            "task": tasks,
            "function": list(map(self._function_of.__getitem__, names)),
            "origin": list(chain.from_iterable(event.origins for event in events)),
            "submitted": np.repeat(
                [event.time - self.began for event in events], [len(event.tasks) for event in events]
            ),
            "parents": self._take_parents(parents),
            "state": 0,
            "engine": -1,
            "start": 0.0,
            "seconds": -1.0,
            "size": 0.0,
            "memory": 0.0,
        }
        for name, entry in entries.items():
            column = self._columns[name] = _grown(self._columns[name], first + count)
            column[first : first + count] = entry
        self.rows = first + count

    def _take_parents(self, parents: list[tuple[int, ...]]) -> npt.NDArray[Any]:
        """Keep the rows of parents; return how many each task has."""
        counts = np.fromiter(map(len, parents), np.int32, len(parents))
        numbers = np.array(list(chain.from_iterable(parents)), np.int64)
        known = numbers < len(self._row_of)
        rows = np.full(len(numbers), -1, np.int32)
        rows[known] = self._row_of[numbers[known]]
        if len(rows) and rows.min() < 0:  # of before the board began, without a journal
            owner = np.repeat(np.arange(len(parents)), counts)
            counts = np.bincount(owner[rows >= 0], minlength=len(parents)).astype(np.int32)
            rows = rows[rows >= 0]
        until = self._parent_count + len(rows)
        self._parents = _grown(self._parents, until)
        self._parents[self._parent_count : until] = rows
        self._parent_count = until
        return counts

    def _change(self, events: list[TasksChanged]) -> None:
        self._enter([event for event in events if event.state is not TaskState.CANCELLED])
        for event in events:
            if event.starts:  # they ran one after the other
                self._note_end(event.engine, event.starts[-1] + event.seconds[-1] - self.began)
            if event.state is TaskState.CANCELLED:
                rows = self._known(np.array(event.tasks, np.int64))
                self._columns["start"][np.intersect1d(rows, self.behind())] = 0.0
                start = self._columns["start"][rows]
                for engine in self._columns["engine"][rows[start > 0]].tolist():
                    self._note_end(engine, event.time - self.began)
                lasted = np.where(start > 0, event.time - self.began - start, -1.0)
                self._columns["seconds"][rows] = lasted
                self._columns["state"][rows] = _CANCELLED
                self._touched.append(rows)

    def _note_end(self, engine: int, time: float) -> None:
        self.ended[engine] = max(self.ended.get(engine, 0.0), time)

    def _enter(self, events: list[TasksChanged]) -> None:
        """Let tasks be what the last of these events that names them says."""
        lengths = [len(event.tasks) for event in events]
        numbers = np.array(list(chain.from_iterable(event.tasks for event in events)), np.int64)
        rows, kept = self._known(numbers), self._is_known(numbers)
        if not len(rows):
            return
        states = np.repeat(np.array([_CODE[event.state] for event in events], np.uint8), lengths)[kept]
        engines = np.repeat([event.engine for event in events], lengths)[kept]
        times = np.repeat([event.time for event in events], lengths)[kept]
        memory = np.repeat([event.memory for event in events], lengths)[kept]
        starts = _column([event.starts for event in events], lengths, 0.0)[kept]
        running = states == _RUNNING
        starts = np.where(running, times, starts)
        later = np.where(running, np.arange(len(rows)) * _APART, 0.0)
        entries = {
            "state": states,
            "engine": np.where(states == 0, -1, engines),
            "start": np.where(starts > 0, starts - self.began + later, 0.0),
            "seconds": np.where(starts > 0, _column([e.seconds for e in events], lengths, -1.0)[kept], -1.0),
            "size": _column([event.sizes for event in events], lengths, 0)[kept],
            "memory": memory,
        }
        for name, entry in entries.items():
            self._columns[name][rows] = entry  # of several entries for a row the last one stays
        self._touched.append(rows)

    def _is_known(self, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        known: npt.NDArray[Any] = numbers < len(self._row_of)
        known[known] = self._row_of[numbers[known]] >= 0
        return known

    def _known(self, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        rows: npt.NDArray[Any] = self._row_of[numbers[self._is_known(numbers)]]
        return rows

    # Telling -------------------------------------------------------------------------------------------

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return a column, with an entry for each task; what changes later may be seen in it or not."""
        return self._columns[name][: self.rows]

    def behind(self) -> npt.NDArray[np.intp]:
        """Return the rows of the tasks that an engine has and has not begun: of all but its first."""
        held = np.flatnonzero(self.column("state") == _RUNNING)
        engines = self.column("engine")[held]
        order = np.lexsort((self.column("start")[held], engines))
        return held[order[np.flatnonzero(np.diff(engines[order]) == 0) + 1]]

    def cluster_at(self, time: float) -> str:
        """Return the kind of the cluster that was there at a time, empty where that is not known."""
        begun = [since for since in self._clusters if since <= time]
        since = max(begun) if begun else min(self._clusters, default=0.0)
        return self._clusters.get(since, "")

    @property
    def parents(self) -> npt.NDArray[Any]:
        """The rows of the parents of all tasks, one task after the other."""
        return self._parents[: self._parent_count]

    def number_of(self, row: int) -> int:
        """Return the number of the task in a row."""
        return int(self._columns["task"][row])

    def news(self, *, everything: bool = False) -> tuple[int, Columns, Columns]:
        """Return what was not told yet, and take it as told.

        Returns
        -------
        base
            How many rows had been told of before.
        new
            The columns of the new rows, and as ``links`` the rows of all their parents, one after the other.
        changed
            Of those rows that have changed, ``row`` and the columns that can change.
        """
        base = 0 if everything else self._told_rows
        links = 0 if everything else self._told_parents
        new = {name: column[base : self.rows].copy() for name, column in self._columns.items()}
        new["links"] = self._parents[links : self._parent_count].copy()
        touched = np.unique(np.concatenate(self._touched)) if self._touched else np.zeros(0, np.int32)
        touched = touched[touched < base].astype(np.int32)
        changed = {"row": touched, **{name: self._columns[name][touched] for name in CHANGING}}
        self._touched.clear()
        self._told_rows, self._told_parents = self.rows, self._parent_count
        return base, new, changed


def _grown(column: npt.NDArray[Any], size: int, *, fill: int = 0) -> npt.NDArray[Any]:
    """Return a column with room for so many entries."""
    if size <= len(column):
        return column
    larger = np.full(max(size, len(column) * 2), fill, column.dtype)
    larger[: len(column)] = column
    return larger


def _column(parts: list[tuple[Any, ...]], lengths: list[int], without: float) -> npt.NDArray[Any]:
    """Return the entries of all parts; one that is empty stands for so many times the same."""
    filled = [part or repeat(without, length) for part, length in zip(parts, lengths, strict=True)]
    return np.array(list(chain.from_iterable(filled)), np.float64)
