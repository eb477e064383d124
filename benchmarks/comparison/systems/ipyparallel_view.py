"""ipyparallel as it comes: its load-balanced view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipyparallel

__all__ = ["connect"]


class IpyparallelView:
    """Default settings. Results of other tasks are waited for and passed as values."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.cluster: Any = None
        self.view: Any = None

    def start(self) -> None:
        """Start controller and engines, and connect when all engines have registered."""
        self.cluster = ipyparallel.Cluster(n=self.workers)
        self.view = self.cluster.start_and_connect_sync().load_balanced_view()

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``view.apply_async`` of the function."""
        apply, handle = self.view.apply_async, ipyparallel.AsyncResult

        def submit(*args: Any) -> Any:
            return apply(function, *[arg.get() if isinstance(arg, handle) else arg for arg in args])

        return submit

    def put(self, value: Any) -> Any:
        """Return the value: arguments travel with each task."""
        return value

    def gather(self, handles: Sequence[Any]) -> list[Any]:
        """Wait for each result."""
        return [handle.get() for handle in handles]

    def stop(self) -> None:
        """Stop the cluster."""
        self.view.client.close()
        self.cluster.stop_cluster_sync()


def connect(workers: int) -> IpyparallelView:
    """Return the driver."""
    return IpyparallelView(workers)
