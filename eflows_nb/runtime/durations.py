"""How long tasks take, learnt from those that have run."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["BATCH_SECONDS", "Durations"]

BATCH_SECONDS = 0.010
"""How much work a batch should hold, by the measured duration of its functions."""

_OVERHEAD = 4e-6
_UNUSUAL = 3.0


class Durations:
    """How long the tasks of each function take, learnt from their results."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}

    def learn(self, function: int, durations: Sequence[float]) -> None:
        """Take in the durations of the tasks of a batch.

        Of many short ones a few have lost the processor to somebody else, and say nothing of the next.
        """
        seconds = sum(durations) / len(durations)
        if len(durations) > 2:
            seconds = min(seconds, _UNUSUAL * sorted(durations)[len(durations) // 2])
        old = self._seconds.get(function)
        if old is None:
            self._seconds[function] = seconds
        else:
            # A first call imports and compiles: believe a shorter time sooner than a longer one.
            weight = 0.75 if seconds < old else 0.5
            self._seconds[function] = weight * seconds + (1 - weight) * old

    def forget(self, function: int) -> None:
        """Nobody has the code of a function any more."""
        self._seconds.pop(function, None)

    def expected(self, function: int) -> float:
        """Return the expected duration in seconds; of an unknown function as much as a whole batch."""
        return self._seconds.get(function, BATCH_SECONDS) + _OVERHEAD

    def knows(self, function: int) -> bool:
        """Return whether a task of the function has run."""
        return function in self._seconds
