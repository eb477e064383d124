"""The states of a task as people are told them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from eflows_nb.tasks.state import TaskState

__all__ = ["IN_ORDER", "ShownState", "shown_counts"]


class ShownState(StrEnum):
    """Where a task is, for people: those of `TaskState`, and of what an engine has only one task is running.

    Engines get tasks in advance, and for the scheduler all of them are RUNNING. An engine runs one at a time,
    so whoever reads a number is told of the others as SENT. The order is that of the numbers that stand for
    states in columns, `TaskState` first.
    """

    WAITING = "waiting"
    """An input is not there yet."""
    READY = "ready"
    """All inputs are there or on their way; an engine is awaited."""
    RUNNING = "running"
    """It is the first of what its engine has and has not finished."""
    DONE = "done"
    """Its function returned."""
    FAILED = "failed"
    """Its function raised, or its engines were lost too often."""
    CANCELLED = "cancelled"
    """It was cancelled, or something it reads will never exist."""
    CACHED = "cached"
    """Its result was there already, from an earlier session; its function was not called."""
    SENT = "sent"
    """Its engine has it, and others before it."""

    @property
    def is_final(self) -> bool:
        """Whether a task in this state has ended."""
        return self is not ShownState.SENT and TaskState(self).is_final

    @property
    def has_result(self) -> bool:
        """Whether a task in this state has made, or found, its result."""
        return self is not ShownState.SENT and TaskState(self).has_result


IN_ORDER = (
    ShownState.WAITING,
    ShownState.READY,
    ShownState.SENT,
    ShownState.RUNNING,
    ShownState.DONE,
    ShownState.FAILED,
    ShownState.CANCELLED,
    ShownState.CACHED,
)
"""In the order of a task's life."""


def shown_counts(counts: Mapping[TaskState, int], engines: int) -> dict[ShownState, int]:
    """Return how many tasks people are told are in each state, in the order of a task's life.

    Parameters
    ----------
    counts
        Number of tasks in each state.
    engines
        How many engines have any of those that are RUNNING; each of them runs one.

    Examples
    --------
    >>> shown_counts({TaskState.RUNNING: 40, TaskState.DONE: 3}, 2)[ShownState.SENT]
    38
    """
    held = counts.get(TaskState.RUNNING, 0)
    running = min(held, engines)
    told = {state: 0 if state is ShownState.SENT else counts.get(TaskState(state), 0) for state in IN_ORDER}
    return told | {ShownState.SENT: held - running, ShownState.RUNNING: running}
