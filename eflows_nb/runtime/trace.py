"""A run as Chrome and Perfetto show traces: rows are engines, slices are tasks, arrows are data.

The format is that of the Chrome project's "Trace Event Format": times are in microseconds, here counted from
the first event of the session.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from eflows_nb.runtime.history.run_state import RunState
from eflows_nb.runtime.history.task_table import STATES
from eflows_nb.runtime.history.timeline import Timeline

__all__ = ["ARROWS", "POINTS", "write"]

ARROWS = 20_000
"""Arrows at most: more can neither be read nor drawn."""

POINTS = 5_000
"""Values of each counter at most."""

_SESSION = 1
_GAP = 3e-9  # seconds; what is written has a nanosecond's grain


def write(state: RunState, path: Path | str) -> Path:
    """Write a run to a file that https://ui.perfetto.dev and ``chrome://tracing`` open.

    Parameters
    ----------
    state
        The run, from `eflows_nb.runtime.journal.replay`.
    path
        The file, by custom ``….json``; with ``.gz`` at its end it is compressed.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    path = Path(path)
    trace = _Trace(state)
    with _open(path) as file:
        about = {"session": state.session, "began": trace.zero, **trace.arrow_counts()}
        file.write(f'{{"displayTimeUnit":"ms","otherData":{json.dumps(about)},"traceEvents":[\n')
        separator, encode = "", json.JSONEncoder(separators=(",", ":")).encode
        for event in trace.events():
            file.write(separator + encode(event))
            separator = ",\n"
        file.write("\n]}\n")
    return path


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return cast("IO[str]", gzip.open(path, "wt", encoding="utf-8"))
    return path.open("w", encoding="utf-8", buffering=1 << 20)


class _Trace:
    """Makes the events of a trace."""

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._columns = state.tasks.columns
        submitted = np.frombuffer(self._columns.submitted)[np.frombuffer(self._columns.state, np.int8) >= 0]
        self.zero = min([engine.joined for engine in state.engines] + submitted[:1].tolist(), default=0.0)
        self._processes = {
            host: _SESSION + 1 + place
            for place, host in enumerate(dict.fromkeys(engine.host for engine in state.engines))
        }
        self._rows = {
            engine.engine: (self._processes[engine.host], engine.engine + 1) for engine in state.engines
        }
        self._seconds, self._lost_seconds = self._fitting()

    def _time(self, seconds: float) -> float:
        return round((seconds - self.zero) * 1e6, 3)

    def _fitting(self) -> tuple[list[float], list[float]]:
        """Return how long each task, and each lost run, took, such that none overlaps the next one.

        Clocks have a grain, and Perfetto leaves out what ends a nanosecond too late.
        """
        lost = self._state.lost
        engine = np.append(np.frombuffer(self._columns.engine, np.int32), [run.engine for run in lost])
        start = np.append(np.frombuffer(self._columns.start), [run.start for run in lost])
        seconds = np.append(np.frombuffer(self._columns.seconds), [run.seconds for run in lost])
        order = np.lexsort((start, engine))
        order = order[start[order] > 0]
        until = np.append(start[order][1:], np.inf)
        until[np.append(np.diff(engine[order]) != 0, True)] = np.inf
        fitting = seconds.copy()
        fitting[order] = np.minimum(seconds[order], until - start[order])
        found = cast("list[float]", np.maximum(fitting - _GAP, 0.0).tolist())
        return found[: len(found) - len(lost)], found[len(found) - len(lost) :]

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield all of them."""
        yield from self._names()
        yield from self._engines()
        yield from self._tasks()
        yield from self._lost()
        yield from self._arrows()
        yield from self._waits()
        yield from self._counters()

    def _names(self) -> Iterator[dict[str, Any]]:
        yield _metadata("process_name", _SESSION, 0, name=f"session {self._state.session}")
        for host, process in self._processes.items():
            yield _metadata("process_name", process, 0, name=f"engines on {host}")
        for engine, (process, row) in self._rows.items():
            yield _metadata("thread_name", process, row, name=f"engine {engine}")
            yield _metadata("thread_sort_index", process, row, sort_index=engine)

    def _engines(self) -> Iterator[dict[str, Any]]:
        """Yield the life of each engine, as a slice in which those of its tasks lie."""
        for engine in self._state.engines:
            until = self._state.ended if engine.left is None else engine.left
            end = "it is there" if engine.left is None else "asked to go" if engine.expected else "lost"
            yield self._slice(
                f"engine {engine.engine}",
                "engine",
                engine.engine,
                engine.joined,
                until - engine.joined,
                {"pid": engine.pid, "tasks": engine.finished, "end": end},
            )

    def _slice(
        self, name: str, kind: str, engine: int, start: float, seconds: float, args: dict[str, Any]
    ) -> dict[str, Any]:
        process, row = self._rows.get(engine, (_SESSION, 0))
        return {
            "ph": "X",
            "name": name,
            "cat": kind,
            "pid": process,
            "tid": row,
            "ts": self._time(start),
            "dur": round(seconds * 1e6, 3),
            "args": args,
        }

    def _tasks(self) -> Iterator[dict[str, Any]]:
        columns = self._columns
        for number, start in enumerate(columns.start):
            if start > 0:
                state = STATES[columns.state[number]].value
                args: dict[str, Any] = {"task": number, "state": state, "bytes": columns.size[number]}
                if count := columns.parent_count[number]:
                    first = columns.first_parent[number]
                    args["reads from"] = columns.parents[first : first + min(count, 100)].tolist()
                if columns.memory[number]:
                    args["memory"] = columns.memory[number]
                if number in columns.errors:
                    args["error"] = columns.errors[number]
                name = columns.names[columns.name[number]]
                yield self._slice(name, "task", columns.engine[number], start, self._seconds[number], args)

    def _lost(self) -> Iterator[dict[str, Any]]:
        for run, seconds in zip(self._state.lost, self._lost_seconds, strict=True):
            name = self._columns.names[self._columns.name[run.task]]
            args = {"task": run.task, "state": run.end}
            yield self._slice(name, "task", run.engine, run.start, seconds, args)

    def _dependencies(self) -> Iterator[tuple[int, int]]:
        columns = self._columns
        for task, count in enumerate(columns.parent_count):
            if count and columns.start[task] > 0:
                first = columns.first_parent[task]
                for parent in columns.parents[first : first + count]:
                    if columns.start[parent] > 0:
                        yield parent, task

    def arrow_counts(self) -> dict[str, int]:
        """Return how many dependencies there are, and how many are drawn."""
        count = sum(1 for _ in self._dependencies())
        return {"dependencies": count, "arrows": min(count, ARROWS)}

    def _arrows(self) -> Iterator[dict[str, Any]]:
        columns = self._columns
        for number, (parent, task) in zip(range(ARROWS), self._dependencies(), strict=False):
            begin = self._time(columns.start[parent])
            within = round(begin + 0.999e6 * self._seconds[parent], 3)  # the end is not in the slice
            for phase, end, time in (("s", parent, within), ("f", task, self._time(columns.start[task]))):
                process, row = self._rows.get(columns.engine[end], (_SESSION, 0))
                yield {
                    "ph": phase,
                    "id": number,
                    "name": "data",
                    "cat": "data",
                    "pid": process,
                    "tid": row,
                    "ts": time,
                    **({"bp": "e"} if phase == "f" else {}),
                }

    def _waits(self) -> Iterator[dict[str, Any]]:
        for wait in self._state.waits:
            until = self._state.ended if wait.ended is None else wait.ended
            for phase, time in (("b", wait.started), ("e", until)):
                yield {
                    "ph": phase,
                    "id": wait.wait,
                    "name": f"wait for {len(wait.tasks) or 'all'} tasks",
                    "cat": "wait",
                    "pid": _SESSION,
                    "tid": 0,
                    "ts": self._time(time),
                }

    def _counters(self) -> Iterator[dict[str, Any]]:
        timeline = Timeline(self._state)
        lasting = np.flatnonzero(np.diff(timeline.times, append=np.inf) > 0)
        count = len(lasting)
        last = defaultdict[str, int](lambda: -1)
        for place in lasting[np.unique(np.linspace(0, count - 1, min(count, POINTS)).astype(int))].tolist():
            for name, levels in (("ready", timeline.ready), ("running", timeline.running)):
                if last[name] != (value := int(levels[place])):
                    last[name] = value
                    yield {
                        "ph": "C",
                        "name": f"{name} tasks",
                        "pid": _SESSION,
                        "tid": 0,
                        "ts": self._time(float(timeline.times[place])),
                        "args": {name: value},
                    }


def _metadata(kind: str, process: int, row: int, **args: Any) -> dict[str, Any]:
    return {"ph": "M", "name": kind, "pid": process, "tid": row, "args": args}
