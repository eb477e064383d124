"""A bell that a thread waits for."""

from __future__ import annotations

import queue

__all__ = ["Bell"]


class Bell:
    """Wakes a thread; once is enough, however often it was rung.

    Unlike an event of `threading` it can be rung where an interrupt of the user may come at any time: that is
    Python code with a lock in it, which an interrupt half-way would leave taken.
    """

    def __init__(self) -> None:
        self._rung: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        """Let the thread go on that waits, or will wait next."""
        if self._rung.empty():
            self._rung.put(None)

    def wait(self) -> None:
        """Wait until it is rung, unless it was since the last time."""
        self._rung.get()
        while not self._rung.empty():  # only one thread waits
            self._rung.get()
