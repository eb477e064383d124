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
