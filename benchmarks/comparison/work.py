"""What the tasks compute, the same functions for every system; workers import this module."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = [
    "Array",
    "accept",
    "add",
    "clock",
    "clock_after",
    "increment",
    "linger",
    "make",
    "part",
    "resident_bytes",
    "same",
    "scaled",
    "total",
    "wait_for_file",
    "worker",
]

Array = npt.NDArray[np.float64]


def same(value: int) -> int:
    """Return the argument: a no-op task whose result can be checked."""
    return value


def accept(_value: object) -> None:
    """Take an argument and return nothing."""


def increment(value: int) -> int:
    """Return the next number: a link of a chain."""
    return value + 1


def add(left: int | Array, right: int | Array) -> int | Array:
    """Return the sum: a vertex of a tree, of numbers or of arrays."""
    return left + right


def make(value: float, size: int) -> Array:
    """Return a new array of `size` equal values."""
    return np.full(size, float(value))


def scaled(array: Array, factor: float) -> Array:
    """Return a scaled copy."""
    return array * factor


def total(array: Array) -> float:
    """Return the sum of all values."""
    return float(array.sum())


def part(array: Array, index: int, parts: int) -> float:
    """Return the sum of one of `parts` equal parts of an array."""
    length = len(array) // parts
    return float(array[index * length : (index + 1) * length].sum())


def clock() -> float:
    """Return the time at which this ran, in seconds since 1970."""
    return time.time()


def clock_after(_earlier: float) -> float:
    """Return the time at which this ran, after another task."""
    return time.time()


def worker(seconds: float) -> int:
    """Sleep, and return the process that this ran in."""
    time.sleep(seconds)
    return os.getpid()


def linger(seconds: float) -> tuple[float, float]:
    """Sleep, and return when that began and ended, in seconds since 1970."""
    began = time.time()
    time.sleep(seconds)
    return began, time.time()


def wait_for_file(path: str) -> None:
    """Return when a file is there: a task that keeps its worker busy until it is told."""
    while not Path(path).exists():
        time.sleep(0.005)


def resident_bytes() -> int:
    """Return the resident memory of the process that this runs in."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
