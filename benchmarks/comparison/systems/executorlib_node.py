"""executorlib: its executor for one machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from executorlib import SingleNodeExecutor

__all__ = ["connect"]


class ExecutorlibNode:
    """Workers that stay: without block allocation each task would start an interpreter of its own."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.executor: Any = None

    def start(self) -> None:
        """Start the executor."""
        self.executor = SingleNodeExecutor(max_workers=self.workers, block_allocation=True)

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``executor.submit`` of the function; futures among the arguments are resolved by it."""
        return partial(self.executor.submit, function)

    def put(self, value: Any) -> Any:
        """Return the value: executorlib sends arguments with each task."""
        return value

    def gather(self, handles: Sequence[Any]) -> list[Any]:
        """Wait for each result."""
        return [handle.result() for handle in handles]

    def stop(self) -> None:
        """Shut the executor down."""
        self.executor.shutdown(wait=True)


def connect(workers: int) -> ExecutorlibNode:
    """Return the driver."""
    return ExecutorlibNode(workers)
