"""eflows-nb, through what its users call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import eflows_nb as ef

__all__ = ["connect"]


class Eflows:
    """Engines of this machine, default settings."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def start(self) -> None:
        """Start engines."""
        ef.start(engines=self.workers)

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Make a task function."""
        return ef.task(function)

    def put(self, value: Any) -> Any:
        """Freeze the value."""
        return ef.put(value)

    def gather(self, handles: Sequence[Any]) -> list[Any]:
        """Wait on the list."""
        values: list[Any] = ef.wait_on(list(handles))
        return values

    def stop(self) -> None:
        """End the engines."""
        ef.stop()


def connect(workers: int) -> Eflows:
    """Return the driver."""
    return Eflows(workers)
