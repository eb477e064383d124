"""concurrent.futures.ProcessPoolExecutor: the least that a pool can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

__all__ = ["connect"]


class ProcessPool:
    """Default settings. Results of other tasks are waited for and passed as values."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.pool: Any = None

    def start(self) -> None:
        """Make the pool; it forks its workers at the first submission."""
        self.pool = ProcessPoolExecutor(self.workers)

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``pool.submit`` of the function."""
        pool = self.pool

        def submit(*args: Any) -> Any:
            return pool.submit(function, *[arg.result() if isinstance(arg, Future) else arg for arg in args])

        return submit

    def put(self, value: Any) -> Any:
        """Return the value: arguments travel with each task."""
        return value

    def gather(self, handles: Sequence[Any]) -> list[Any]:
        """Wait for each result."""
        return [handle.result() for handle in handles]

    def stop(self) -> None:
        """Shut the pool down."""
        self.pool.shutdown()


def connect(workers: int) -> ProcessPool:
    """Return the driver."""
    return ProcessPool(workers)
