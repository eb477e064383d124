"""Where the time of a run's engines went.

At each moment an engine runs a task, or does not. Then either a task is ready and has not come to it yet (the
runtime's doing), or tasks wait for others (the graph's), or there is nothing more to run: at the end that is
the graph's doing too, and before the program has submitted all its tasks it is the program's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eflows_nb.runtime.history.records import WaitRecord
from eflows_nb.runtime.history.run_state import RunState

__all__ = ["Shares", "Timeline"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """Engine seconds by what they were spent on.

    Parameters
    ----------
    busy
        Tasks ran, or kept an engine from others while they ran.
    runtime
        An engine was idle although a task was ready: tasks, data or results were on their way.
    graph
        An engine was idle since tasks waited for those that ran elsewhere, or there were no more to come.
    program
        An engine was idle since nothing more was to be run: the program had not submitted it yet.
    absent
        An engine had not joined yet, or was gone.
    """

    busy: float = 0.0
    runtime: float = 0.0
    graph: float = 0.0
    program: float = 0.0
    absent: float = 0.0

    @property
    def total(self) -> float:
        """Number of engines times the seconds from first to last."""
        return self.busy + self.runtime + self.graph + self.program + self.absent

    @property
    def alive(self) -> float:
        """The seconds of the engines that were there."""
        return self.total - self.absent


class Timeline:
    """How many engines there were, and how many tasks ran and were ready, from moment to moment.

    The time from the first submission to the last end of a task is looked at; `times` are the moments at
    which something changed, seconds since the epoch, and the other arrays hold for the time up to the next.
    """

    def __init__(self, state: RunState) -> None:
        columns = state.tasks.columns
        status = np.frombuffer(columns.state, np.int8)
        start, seconds = np.frombuffer(columns.start), np.frombuffer(columns.seconds)
        submitted, ended = np.frombuffer(columns.submitted), np.frombuffer(columns.ended)
        exists, ran = status >= 0, start > 0
        end = np.where(ran, start + seconds, np.where(ended > 0, ended, np.inf))
        end[~exists] = 0
        lost = np.array([(r.start, r.start + r.seconds, r.until) for r in state.lost]).reshape(-1, 3)
        tasks = np.array([run.task for run in state.lost], np.int64)
        over = [run.start + run.seconds for run in state.lost if run.end != "running"]
        self.begin = float(submitted[exists].min(initial=np.inf))
        self.end = max(float(end[ran].max(initial=self.begin)), *over, self.begin)
        self.last_call = float(submitted[exists].max(initial=self.begin))
        """When the last task was submitted."""
        ready = _ready(state, submitted, end)
        begun = np.maximum(np.where(ran, start, end), ready)
        away = np.stack([np.maximum(lost[:, 0], ready[tasks]), np.minimum(lost[:, 2], begun[tasks])], 1)
        self._first = min(float(start[ran].min(initial=np.inf)), float(lost[:, 0].min(initial=np.inf)))
        alive = np.array([(e.joined, state.ended if e.left is None else e.left) for e in state.engines])
        runs = np.concatenate([np.stack([start, end], 1)[ran], lost[:, :2]])
        others = np.zeros(len(runs), np.int64)
        if state.kept:
            others += [state.kept.get(task, 0) for task in (*np.flatnonzero(ran).tolist(), *tasks.tolist())]
        levels = self._sweep(
            [
                (1, alive.reshape(-1, 2)),
                (1, runs),
                (1, np.repeat(runs, others, axis=0)),
                (1, np.stack([ready, begun], 1)[exists]),
                (-1, away[away[:, 0] < away[:, 1]]),
                (1, np.stack([submitted, end], 1)[exists]),
                (-1, lost[:, 1:]),
            ]
        )
        self.alive, self.running = levels[:2]
        self.busy = self.running + levels[2]
        self.ready, self.unfinished = levels[3] + levels[4], levels[5] + levels[6]
        self._waits, self._task_ends, self._task_ready, self._task_begins = state.waits, end, ready, start

    def _sweep(self, intervals: list[tuple[int, Floats]]) -> list[Ints]:
        """Set `times`, and return how many intervals of each kind hold from each on; some count down."""
        parts = [np.clip(part, self.begin, self.end) for _, part in intervals]
        moments = np.concatenate([edge for part in parts for edge in (part[:, 0], part[:, 1])])
        order = np.argsort(moments, kind="stable")
        self.times = moments[order]
        levels = []
        place = 0
        for (sign, _), part in zip(intervals, parts, strict=True):
            steps = np.zeros(len(moments), np.int64)
            steps[place : place + len(part)] = sign
            steps[place + len(part) : place + 2 * len(part)] = -sign
            place += 2 * len(part)
            levels.append(np.cumsum(steps[order]))
        return levels

    @property
    def engines(self) -> int:
        """The most engines that were there at the same time."""
        return int(self.alive[self._lasted > 0].max(initial=0))

    @property
    def wall(self) -> float:
        """Seconds from the first submission to the last end of a task."""
        return max(0.0, self.end - self.begin) if np.isfinite(self.begin) else 0.0

    @property
    def start_up(self) -> float:
        """Seconds from the first submission until the first task ran: engines start meanwhile."""
        return min(max(0.0, self._first - self.begin), self.wall) if np.isfinite(self._first) else 0.0

    @property
    def shares(self) -> Shares:
        """Where the time went."""
        if not self.engines:
            return Shares()
        on_the_way, graph, program, absent = self._idle
        return Shares(
            busy=self._total(self.busy),
            runtime=self._total(on_the_way),
            graph=self._total(graph),
            program=self._total(program),
            absent=self._total(absent),
        )

    @property
    def missed(self) -> Shares:
        """The same, but that an engine is absent only while there is a task for it to run."""
        shares, absent = self.shares, self._idle[-1]
        late = np.minimum(absent, np.maximum(self.ready - np.maximum(self.alive - self.busy, 0), 0))
        by_graph = self._total(np.where(self._is_waiting, absent - late, 0))
        by_program = self._total(np.where(self._is_waiting, 0, absent - late))
        return replace(
            shares,
            graph=shares.graph + by_graph,
            program=shares.program + by_program,
            absent=self._total(late),
        )

    @property
    def waited(self) -> float:
        """The part of the time in which the program had submitted nothing more, from 0 to 1, that it waited.

        Whoever waits for tasks that have all ended does not wait any more.
        """
        _, _, program, _ = self._idle
        passed = np.cumsum(program * self._lasted)
        if not len(passed) or not passed[-1]:
            return 0.0
        spans = np.array(sorted(_span(wait, self._task_ends) for wait in self._waits)).reshape(-1, 2)
        begins, ends = spans[:, 0], np.maximum.accumulate(spans[:, 1])
        begins = np.maximum(begins, np.concatenate([[-np.inf], ends[:-1]])[: len(begins)])
        until = np.concatenate([[0.0], passed[:-1]])
        waited = np.interp(ends, self.times, until) - np.interp(begins, self.times, until)
        return float(waited[begins < ends].sum() / passed[-1])

    def delay(self, task: int) -> float:
        """Return for how many seconds a task that has run was ready before."""
        return max(0.0, float(self._task_begins[task] - self._task_ready[task]))

    @cached_property
    def _lasted(self) -> Floats:
        return np.diff(self.times, append=self.times[-1:])

    def _total(self, levels: Any) -> float:
        return float((levels * self._lasted).sum())

    @cached_property
    def _is_waiting(self) -> Any:
        """Whether idle engines can do nothing since tasks wait for others, or none are to come."""
        waits = self.unfinished > np.maximum(self.running, 0) + np.maximum(self.ready, 0)
        return waits | ((self.unfinished > 0) & (self.times >= self.last_call))

    @cached_property
    def _idle(self) -> tuple[Any, Any, Any, Any]:
        """How many engines were idle for tasks on their way, for the graph, for the program, and absent."""
        idle = np.maximum(self.alive - self.busy, 0)
        on_the_way = np.minimum(idle, np.maximum(self.ready, 0))
        rest = idle - on_the_way
        absent = np.maximum(self.engines - np.maximum(self.alive, self.busy), 0)
        return on_the_way, np.where(self._is_waiting, rest, 0), np.where(self._is_waiting, 0, rest), absent

    @property
    def tail(self) -> float:
        """Seconds at the end, after the last submission, during which there was not enough work for all."""
        enough = np.flatnonzero(self.busy + self.ready >= self.engines)
        lasting = enough[self._lasted[enough] > 0]
        begin = float(self.times[lasting[-1] + 1]) if len(lasting) else self.begin
        return max(0.0, self.end - max(begin, self.last_call))


def _span(wait: WaitRecord, ends: Floats) -> tuple[float, float]:
    """Return from when to when somebody waited for tasks that had not ended."""
    until = np.inf if wait.ended is None else wait.ended
    if not wait.tasks:
        return wait.started, until
    tasks = np.fromiter(wait.tasks, np.int64, len(wait.tasks))
    return wait.started, min(until, float(ends[tasks[tasks < len(ends)]].max(initial=wait.started)))


def _ready(state: RunState, submitted: Floats, end: Floats) -> Floats:
    """Return when each task was submitted and all that it reads was made."""
    columns = state.tasks.columns
    counts = np.frombuffer(columns.parent_count, np.int32)
    children = np.flatnonzero(counts)
    if not len(children):
        return submitted
    first = np.frombuffer(columns.first_parent, np.int64)[children]
    order = np.argsort(first, kind="stable")
    parents = np.frombuffer(columns.parents, np.int64)
    made = np.maximum.reduceat(end[parents], first[order])
    ready = submitted.copy()
    ready[children[order]] = np.maximum(submitted[children[order]], made)
    return ready
