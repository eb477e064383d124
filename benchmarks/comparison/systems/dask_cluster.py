"""dask.distributed: a local cluster of single-threaded worker processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from distributed import Client

__all__ = ["connect"]


class DaskCluster:
    """Default settings, but for one thread a worker; ``pure=False``, for Dask would reuse equal calls."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.client: Any = None

    def start(self) -> None:
        """Start scheduler and workers."""
        self.client = Client(n_workers=self.workers, threads_per_worker=1)

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``client.submit`` of the function."""
        return partial(self.client.submit, function, pure=False)

    def put(self, value: Any) -> Any:
        """Scatter the value to a worker, from which the others fetch it."""
        return self.client.scatter(value)

    def gather(self, handles: Sequence[Any]) -> list[Any]:
        """Gather the results."""
        return list(self.client.gather(list(handles)))

    def stop(self) -> None:
        """Shut everything down."""
        self.client.shutdown()


def connect(workers: int) -> DaskCluster:
    """Return the driver."""
    return DaskCluster(workers)
