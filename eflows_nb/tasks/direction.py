"""What a task does with an argument."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Direction"]


class Direction(StrEnum):
    """What a task does with an argument, in the words of PyCOMPSs."""

    IN = "in"
    """It reads the argument. The default."""
    OUT = "out"
    """It fills the argument and does not read it; earlier tasks that write it are not waited for."""
    INOUT = "inout"
    """It reads and changes the argument; later tasks see the change."""
    IN_DELETE = "in_delete"
    """It is the last to read the argument, which is let go of at submission."""
    CONCURRENT = "concurrent"
    """It changes a file beside other such tasks, which are not ordered; whoever reads it next waits for all
    of them. Objects in memory are changed by one after the other, as with INOUT."""
    COMMUTATIVE = "commutative"
    """It changes the argument, and the order of such tasks does not matter. They run one after the other."""

    @property
    def writes(self) -> bool:
        """Whether the argument has another value afterwards."""
        return self not in _READS_ONLY


_READS_ONLY = frozenset({Direction.IN, Direction.IN_DELETE})
