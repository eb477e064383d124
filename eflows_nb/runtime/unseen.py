"""Failures that nobody was told of, for the barrier that tells of them."""

from __future__ import annotations

import threading

from eflows_nb.tasks.data import Broken

__all__ = ["UNSEEN_KEPT", "Unseen"]

UNSEEN_KEPT = 100
"""Number of failures that are kept until somebody is told; more are counted."""

_NAMED = 3


class Unseen:
    """Failures that nobody was told of: all are counted, and the first ones kept."""

    def __init__(self) -> None:
        self._kept: dict[int, Broken] = {}
        self._count = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._count

    def add(self, broken: Broken) -> None:
        """A task has failed."""
        broken.unseen = self
        with self._lock:
            self._count += 1
            if len(self._kept) < UNSEEN_KEPT:
                self._kept[broken.task.number] = broken

    def remove(self, broken: Broken) -> None:
        """Somebody was told of a failure."""
        with self._lock:
            if broken.seen:
                return
            broken.seen = True
            self._count -= 1
            self._kept.pop(broken.task.number, None)

    @property
    def first(self) -> Broken | None:
        """The first of them, None where none was kept: those that were have been told of."""
        with self._lock:
            return next(iter(self._kept.values()), None)

    def describe_others(self, told: Broken | None) -> str:
        """Return how many there are beside one, and what the next ones were; empty for none."""
        with self._lock:
            others = [broken for broken in self._kept.values() if broken is not told]
            number = self._count - (told is not None)
        if number < 1:
            return ""
        named = [_describe(broken) for broken in others[:_NAMED]]
        more = ["others"] if number > len(named) else []
        which = f": {', '.join([*named, *more])}" if named else ""
        tasks = "tasks" if told is None else "more tasks"
        return f"{number} {tasks} failed that nobody has waited for{which}."


def _describe(broken: Broken) -> str:
    told = broken.failure
    return f"'{broken.task.code.name}' #{broken.task.number} ({told.kind}: {told.message:.80})"
