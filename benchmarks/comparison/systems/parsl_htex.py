"""Parsl: Python apps on the HighThroughputExecutor."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import parsl
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider

__all__ = ["connect"]


class ParslHtex:
    """Default settings; one block of workers on this machine, started at once."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.folder = tempfile.TemporaryDirectory(prefix="peers-parsl-", ignore_cleanup_errors=True)

    def start(self) -> None:
        """Load a configuration; the workers connect while tasks are submitted."""
        executor = HighThroughputExecutor(
            max_workers_per_node=self.workers,
            address="127.0.0.1",
            provider=LocalProvider(init_blocks=1, max_blocks=1),
        )
        parsl.load(Config(executors=[executor], run_dir=self.folder.name))

    def task(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Make an app; Parsl remembers no results unless asked."""
        app: Callable[..., Any] = parsl.python_app(function)
        return app

    def put(self, value: Any) -> Any:
        """Return the value: Parsl sends arguments with each task."""
        return value

    def gather(self, handles: Sequence[Any]) -> list[Any]:
        """Wait for each result."""
        return [handle.result() for handle in handles]

    def stop(self) -> None:
        """Clean up, and remove the logs."""
        parsl.dfk().cleanup()
        parsl.clear()
        self.folder.cleanup()


def connect(workers: int) -> ParslHtex:
    """Return the driver."""
    return ParslHtex(workers)
