"""Which threads tasks of this process have started: what they call is part of the task, as on an engine."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable

__all__ = ["is_offspring", "watch_threads"]

_offspring: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
_any = False


@functools.cache
def watch_threads(inside: Callable[[], bool]) -> None:
    """Know from now on of the threads that are started where `inside` returns True.

    A thread does not tell who has started it, and only since Python 3.12 are auditors told; so `start` is
    followed itself.
    """
    start = threading.Thread.start

    @functools.wraps(start)
    def noted_start(thread: threading.Thread) -> None:
        global _any
        if inside():
            _offspring.add(thread)
            _any = True
        start(thread)

    threading.Thread.start = noted_start  # type: ignore[method-assign, assignment]


def is_offspring() -> bool:
    """Return whether a task has started this thread, or a thread that has."""
    return _any and threading.current_thread() in _offspring
