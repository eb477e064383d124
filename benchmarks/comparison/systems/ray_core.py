"""Ray Core: remote functions and the object store of this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ray

__all__ = ["connect"]


class RayCore:
    """Default settings; as many CPUs as workers, so as many tasks run at a time."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def start(self) -> None:
        """Start a Ray instance of its own."""
        ray.init(address="local", num_cpus=self.workers)

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the remote function's ``remote``."""
        remote: Callable[..., Any] = ray.remote(function).remote
        return remote

    def put(self, value: Any) -> Any:
        """Put the value into the object store."""
        return ray.put(value)

    def gather(self, handles: Sequence[Any]) -> list[Any]:
        """Get the results."""
        return list(ray.get(list(handles)))

    def stop(self) -> None:
        """Shut the instance down."""
        ray.shutdown()


def connect(workers: int) -> RayCore:
    """Return the driver."""
    return RayCore(workers)
