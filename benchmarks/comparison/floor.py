"""The arithmetic of the array workload in two bare processes: the least time that it can take.

``python -m comparison.floor SCALE FILE`` appends a line of JSON to the file.

What the workload keeps, the scaled arrays, is kept here too. Arrays of 32 MiB are above the size up to which
the C library keeps freed memory, so each one is made on fresh pages.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from comparison import work
from comparison.bench import ARRAYS, SCALES

__all__ = ["seconds"]


def seconds(arrays: int, array_bytes: int, processes: int = 2) -> float:
    """Return the seconds in which forked processes make, scale and sum their shares of the arrays."""
    size = array_bytes // 8
    work.total(work.scaled(work.make(1.0, 1000), 2.0))
    ready, starts = zip(*(os.pipe() for _ in range(processes)), strict=True)
    children = []
    for index, pipe in enumerate(ready):
        child = os.fork()
        if not child:
            _exit_after(partial(_work, pipe, range(index, arrays, processes), size))
        children.append(child)
    begin = time.perf_counter()
    for start in starts:
        os.write(start, b"x")
    states = [os.waitpid(child, 0)[1] for child in children]
    took = time.perf_counter() - begin
    for descriptor in (*ready, *starts):
        os.close(descriptor)
    if any(states):
        raise RuntimeError(f"The bare processes ended with {states}, not all with 0.")
    return took


def _work(pipe: int, indices: Iterable[int], size: int) -> None:
    os.read(pipe, 1)
    kept = []
    for index in indices:
        kept.append(work.scaled(work.make(index, size), 2.0))
        if work.total(kept[-1]) != 2.0 * index * size:
            raise ValueError(index)


def _exit_after(action: Callable[[], None]) -> None:
    code = 1
    try:
        action()
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    line = {"values": {"floor_s": seconds(ARRAYS, SCALES[sys.argv[1]].array_bytes)}}
    with Path(sys.argv[2]).open("a") as results:
        results.write(json.dumps(line) + "\n")
