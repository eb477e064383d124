"""The end of the channel in an engine: interrupts, which may come at any moment."""

from __future__ import annotations

import threading
from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from eflows_nb.engine.attach import Attachment
from eflows_nb.engine.worker import TaskCancelledByClient


class Worker:
    """Runs task 7, and is interrupted again while it looks at its messages."""

    begun = current = 7

    def __init__(self, *came: Any) -> None:
        self.interrupt: Any = None
        self.came = deque(came)
        self.handled: list[Any] = []

    def is_cancelled(self, task: int) -> bool:
        """Handle what has come; while the first is handled more comes, and an interrupt."""
        messages = list(self.came)
        self.came.clear()
        for message in messages:
            if not self.handled:
                self.came.append("late")
                self.interrupt()
            self.handled.append(message)
        return task in self.handled


def _interrupted(worker: Worker) -> None:
    attachment: Any = Attachment.__new__(Attachment)
    attachment._worker, attachment._lock, attachment._interrupts = worker, threading.RLock(), 0
    attachment._socket = SimpleNamespace(poll=lambda _: 1)
    worker.interrupt = lambda: attachment._interrupted(2, None)
    worker.interrupt()
    assert attachment._interrupts == 0


def test_an_interrupt_within_another_leaves_the_order_of_messages() -> None:
    """What comes with the second waits for what came with the first."""
    worker = Worker("first", "second")
    _interrupted(worker)

    assert worker.handled == ["first", "second", "late"]


def test_a_task_is_ended_once_for_all_interrupts() -> None:
    """Its word may have come with the first."""
    worker = Worker("first", 7)
    with pytest.raises(TaskCancelledByClient):
        _interrupted(worker)

    assert worker.handled[:2] == ["first", 7]
