"""Shows the progress of a wait that lasts."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from typing import Any, Protocol

from eflows_nb.tasks.events import Event, TasksChanged, TasksSubmitted, WaitEnded, WaitStarted

__all__ = ["BATCH", "ProgressView", "somebody_looks"]

BATCH = "EFLOWS_RUN"
"""Environment variable that a headless run sets: nobody looks, so no progress bar is shown."""

_PATIENCE = 1.0


class ProgressView:
    """An observer that shows one progress bar while somebody waits for longer than a second.

    It stands in the output of the cell in a live notebook and is a line in a terminal. Where the output is
    captured (a headless run, a file, a pipe) there is none.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._wait: int | None = None
        self._tasks: frozenset[int] = frozenset()
        self._total = 0
        self._done = 0
        self._unfinished = 0
        self._timer: threading.Timer | None = None
        self._bar: _Bar | None = None
        self._parent: Any = None

    def __call__(self, events: Sequence[Event]) -> None:
        """Count what ended."""
        with self._lock:
            for event in events:
                if type(event) is TasksSubmitted:
                    self._unfinished += len(event.tasks)
                    if self._wait is not None and not self._tasks:
                        self._total += len(event.tasks)
                elif type(event) is TasksChanged:
                    self._count(event)
                elif type(event) is WaitStarted:
                    self._begin(event)
                elif type(event) is WaitEnded:
                    self._end(event)
            if self._bar is not None:
                self._bar.show(min(self._done, self._total), self._total)

    def _count(self, event: TasksChanged) -> None:
        if not event.state.is_final:
            return
        self._unfinished -= len(event.tasks)
        if self._wait is not None:
            counted = self._tasks.intersection(event.tasks) if self._tasks else event.tasks
            self._done += len(counted)

    def _begin(self, event: WaitStarted) -> None:
        if self._wait is not None or not somebody_looks(self._kernel):
            return
        self._wait = event.wait
        self._parent = self._kernel.get_parent("shell") if self._kernel is not None else None
        self._tasks = event.tasks
        self._total = len(event.tasks) or self._unfinished
        self._done = 0
        self._timer = threading.Timer(_PATIENCE, self._show, [event.wait])
        self._timer.daemon = True
        self._timer.start()

    def _show(self, wait: int) -> None:
        with self._lock:
            if self._wait != wait:
                return
            if self._kernel is None:
                self._bar = _Line(self._done, self._total)
            else:
                from eflows_nb.notebook.wait_bar import WaitBar

                self._bar = WaitBar(self._kernel, self._parent, self._done, self._total)

    def _end(self, event: WaitEnded) -> None:
        if event.wait != self._wait:
            return
        self._wait = None
        if self._timer is not None:
            self._timer.cancel()
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class _Bar(Protocol):
    """What shows how far a wait is."""

    def show(self, done: int, total: int, /) -> None:
        """Show how many tasks have ended of those that are waited for."""

    def close(self) -> None:
        """Leave nothing behind."""


class _Line:
    """A line in a terminal."""

    def __init__(self, done: int, total: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, initial=done, desc="tasks", unit="task", leave=False)

    def show(self, done: int, total: int) -> None:
        self._bar.total, self._bar.n = total, done
        self._bar.refresh()

    def close(self) -> None:
        self._bar.close()


def somebody_looks(kernel: Any) -> bool:
    """Return whether a person sees output as it comes: live front ends send the id of the cell they run."""
    if os.environ.get(BATCH):
        return False
    if kernel is None:
        return sys.stderr.isatty()
    parent = kernel.get_parent("shell") or {}
    return "cellId" in parent.get("metadata", {})
