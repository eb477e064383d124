"""The seam: what every system is asked to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

__all__ = ["Driver"]


class Driver(Protocol):
    """A system with a number of workers, each of which runs one task at a time.

    A handle stands for a result. It may be passed to a task; where a system cannot do that, the driver waits
    for the result and passes the value, as a user of that system would.
    """

    def start(self) -> None:
        """Start the workers; tasks may be submitted when this returns."""

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return what submits a call of the function and returns a handle; equal calls run each time."""

    def put(self, value: Any) -> Any:
        """Return a handle, or the value itself, for an argument that many tasks read."""

    def gather(self, handles: Sequence[Any]) -> list[Any]:
        """Wait, and return the results in order."""

    def stop(self) -> None:
        """End the workers."""
