"""What a measurement is given: a started system, and how much work to ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from comparison.systems.driver import Driver

__all__ = ["ARRAYS", "READERS", "SCALES", "Bench", "Measurement", "Scale"]

ARRAYS = 16
"""Arrays that are made, scaled and summed."""

READERS = 32
"""Tasks that read one array."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """How much work one measurement is.

    Parameters
    ----------
    seconds
        What a measurement of small tasks should last at most; slow systems get fewer tasks.
    tasks
        Small tasks in a measurement at most.
    round_trips
        How often one task is sent and waited for.
    array_bytes, shared_bytes
        Size of each of the `ARRAYS`, and of the one that `READERS` tasks read.
    live_tasks
        Tasks at most that are alive when the client's memory is taken.
    windows
        Windows of 10,000 tasks in the long run; memory is first taken after a tenth of them.
    holds
        How often the client holds its GIL, 1 s each time.
    limit
        Seconds after which a measurement is given up.
    """

    seconds: float
    tasks: int
    round_trips: int
    array_bytes: int
    shared_bytes: int
    live_tasks: int
    windows: int
    holds: int
    limit: int


SCALES: Mapping[str, Scale] = {
    "full": Scale(
        seconds=5.0,
        tasks=50_000,
        round_trips=200,
        array_bytes=32 << 20,
        shared_bytes=64 << 20,
        live_tasks=100_000,
        windows=100,
        holds=6,
        limit=90,
    ),
    "quick": Scale(
        seconds=0.3,
        tasks=10_000,
        round_trips=20,
        array_bytes=4 << 20,
        shared_bytes=8 << 20,
        live_tasks=5_000,
        windows=10,
        holds=2,
        limit=30,
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """One system at work.

    Parameters
    ----------
    driver
        The system, started.
    workers
        How many workers it has.
    scale
        How much work to ask of it.
    sample
        Makes an instance of a dataclass that is defined in ``__main__``, as classes of a notebook are.
    """

    driver: Driver
    workers: int
    scale: Scale
    sample: Callable[[int], object]


Measurement = Callable[[Bench], dict[str, float]]
"""Does some work, and returns values by the keys of `comparison.measures`."""
