"""When the patience with a task that runs on an engine ends."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable

__all__ = ["GRACE_SECONDS", "Deadlines"]

GRACE_SECONDS = 5.0
"""How long a task may go on after it was asked to end, before its engine is ended."""

_STALE_LIMIT = 100


class Deadlines:
    """The tasks that must end by a certain time, on a clock that the caller reads."""

    def __init__(self) -> None:
        self._ends: dict[tuple[int, int], float] = {}
        self._next: list[tuple[float, int, int]] = []

    def __bool__(self) -> bool:
        return bool(self._next)

    def set(self, engine: int, tasks: Iterable[int], end: float) -> None:
        """Let the time of tasks on an engine end then, unless it ends before that."""
        for task in tasks:
            if end < self._ends.get((engine, task), math.inf):
                self._ends[engine, task] = end
                heapq.heappush(self._next, (end, engine, task))

    def restart(self, engine: int, task: int, end: float) -> None:
        """Let the time of a task on an engine end then, whatever was said of an earlier attempt."""
        self.done(engine, [task])
        self.set(engine, [task], end)

    def overdue(self, now: float) -> list[tuple[int, int]]:
        """Return engine and number of the tasks whose time has ended, and forget them."""
        over = []
        while self._next and self._next[0][0] <= now:
            end, engine, task = heapq.heappop(self._next)
            if self._ends.get((engine, task)) == end:
                del self._ends[engine, task]
                over.append((engine, task))
        return over

    def done(self, engine: int, tasks: Iterable[int]) -> None:
        """Tasks have come back from an engine; should one run there again it has new time."""
        for task in tasks:
            self._ends.pop((engine, task), None)
        if len(self._next) > 2 * len(self._ends) + _STALE_LIMIT:
            self._next = [(end, engine, task) for (engine, task), end in self._ends.items()]
            heapq.heapify(self._next)

    def forget(self, engine: int) -> None:
        """An engine is gone."""
        self.done(engine, [task for number, task in self._ends if number == engine])
