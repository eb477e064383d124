"""Where the time of a run's engines went.

At each moment an engine runs a task, or does not. Then either a task is ready and has not come to it yet (the
runtime's doing), or all unfinished tasks wait for others (the graph's), or there are none (the program's).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        Tasks ran.
    runtime
        An engine was idle although a task was ready: tasks, data or results were on their way.
    graph
        An engine was idle since all unfinished tasks ran elsewhere or waited for those.
    program
        An engine was idle since there was no unfinished task: the program had submitted none.
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
        submitted = np.frombuffer(columns.submitted)
        exists, ran = status >= 0, start > 0
        ended = np.frombuffer(columns.ended)
        end = np.where(ran, start + seconds, ended)
        self.begin = float(submitted[exists].min(initial=np.inf))
        self.end = float(end[ran].max(initial=self.begin))
        last = np.where(ended > 0, ended, state.ended)
        ready = _ready(state, submitted, end)
        lost = np.array([(run.start, run.start + run.seconds) for run in state.lost])
        self._first = min(
            float(start[ran].min(initial=np.inf)), min((run.start for run in state.lost), default=np.inf)
        )
        alive = np.array([(e.joined, state.ended if e.left is None else e.left) for e in state.engines])
        levels = self._sweep(
            [
                alive.reshape(-1, 2),
                np.concatenate([np.stack([start, end], 1)[ran], lost.reshape(-1, 2)]),
                np.stack([ready, np.maximum(start, ready)], 1)[ran],
                np.stack([submitted, np.maximum(last, end)], 1)[exists],
            ]
        )
        self.alive, self.running, self.ready, self.unfinished = levels

    def _sweep(self, intervals: list[Floats]) -> list[Ints]:
        """Set `times`, and return how many intervals of each kind hold from each of them on."""
        parts = [np.clip(part, self.begin, max(self.begin, self.end)) for part in intervals]
        moments = np.concatenate([edge for part in parts for edge in (part[:, 0], part[:, 1])])
        order = np.argsort(moments, kind="stable")
        self.times = moments[order]
        levels = []
        place = 0
        for part in parts:
            steps = np.zeros(len(moments), np.int64)
            steps[place : place + len(part)] = 1
            steps[place + len(part) : place + 2 * len(part)] = -1
            place += 2 * len(part)
            levels.append(np.cumsum(steps[order]))
        return levels

    @property
    def engines(self) -> int:
        """The most engines that were there at the same time."""
        lasting = np.diff(self.times, append=self.times[-1:]) > 0
        return int(self.alive[lasting].max(initial=0))

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
        engines = self.engines
        if not engines:
            return Shares()
        lasted = np.diff(self.times, append=self.times[-1:])
        idle = np.maximum(self.alive - self.running, 0)
        on_the_way = np.minimum(idle, self.ready)
        rest = idle - on_the_way
        absent = np.maximum(engines - np.maximum(self.alive, self.running), 0)

        def total(levels: Any) -> float:
            return float((levels * lasted).sum())

        return Shares(
            busy=total(self.running),
            runtime=total(on_the_way),
            graph=total(np.where(self.unfinished > 0, rest, 0)),
            program=total(np.where(self.unfinished > 0, 0, rest)),
            absent=total(absent),
        )

    @property
    def tail(self) -> float:
        """Seconds at the end during which there was not enough work for all engines."""
        enough = np.flatnonzero(self.running + self.ready >= self.engines)
        lasting = enough[np.diff(self.times, append=self.times[-1:])[enough] > 0]
        return self.end - float(self.times[lasting[-1] + 1]) if len(lasting) else self.wall


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
