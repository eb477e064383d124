"""What is known of names at one point of a cell's code."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Loop", "State", "joined"]


class State:
    """What is known of names at one point: surely bound by the cell, perhaps bound, perhaps deleted."""

    __slots__ = ("deleted", "maybe", "sure")

    def __init__(self, sure: Iterable[str] = (), maybe: Iterable[str] = (), deleted: Iterable[str] = ()):
        self.sure = set(sure)
        self.maybe = set(maybe)
        self.deleted = set(deleted)

    def copy(self) -> State:
        """Return another one that says the same."""
        return State(self.sure, self.maybe, self.deleted)


def joined(states: Iterable[State | None]) -> State | None:
    """Return what is known where ways meet; None stands for a way that nobody takes."""
    taken = [state for state in states if state is not None]
    if not taken:
        return None
    joined = taken[0].copy()
    for state in taken[1:]:
        joined.sure &= state.sure
        joined.maybe |= state.maybe
        joined.deleted |= state.deleted
    return joined


class Loop:
    """The ways out of a loop, and back to its head."""

    def __init__(self) -> None:
        self.breaks: list[State | None] = []
        self.continues: list[State | None] = []
