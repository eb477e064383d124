"""Who is told of what happens: events are noted while the work goes on, and told between two steps of it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from eflows_nb.runtime.commands import Change, Try
from eflows_nb.tasks.data import Broken, Datum
from eflows_nb.tasks.events import Event, TaskFailed, TasksChanged, TasksSubmitted, TryEnded
from eflows_nb.tasks.task import Task

__all__ = ["Observer", "Observers"]

Observer = Callable[[Sequence[Event]], None]

logger = logging.getLogger(__name__)


class Observers:
    """Those who watch a session, and the events that they have not been told of yet."""

    def __init__(self) -> None:
        self._observers: tuple[Observer, ...] = ()
        self._changing = threading.Lock()
        self._events: deque[Event] = deque()
        self._telling = threading.RLock()

    def __bool__(self) -> bool:
        return bool(self._observers)

    def add(self, observer: Observer) -> Callable[[], None]:
        """Let an observer be told of every event from now on; the returned function ends that.

        Events that others are being told of at this moment are among them.
        """
        with self._changing:
            self._observers = (*self._observers, observer)
        return lambda: self._remove(observer)

    def _remove(self, observer: Observer) -> None:
        with self._changing:
            self._observers = tuple([other for other in self._observers if other != observer])

    def note(self, kind: Callable[..., Event], **fields: Any) -> None:
        """Note an event of this moment."""
        if self._observers:
            self._events.append(kind(time=time.time(), **fields))

    def note_event(self, event: Event) -> None:
        """Note an event."""
        if self._observers:
            self._events.append(event)

    def note_submitted(self, tasks: list[Task]) -> None:
        """Note new tasks; now, since the scheduler may end a task and empty it."""
        if self._observers:
            self._events.append(_submitted(time.time(), tasks))

    def note_tries(self, tries: list[Try]) -> None:
        """Note what was tried in vain, and forget it."""
        for told in tries:
            self.note(TryEnded, **told._asdict())
        tries.clear()

    def note_changes(self, changes: list[Change], failures: Iterable[Broken], memory: int = 0) -> None:
        """Note what has become of tasks, and forget the changes."""
        if changes and self._observers:
            now = time.time()
            for change in changes:
                self._events.append(
                    TasksChanged(
                        time=now,
                        state=change.state,
                        tasks=tuple([task.number for task in change.tasks]),
                        engine=change.engine,
                        starts=tuple(change.starts),
                        seconds=tuple(change.seconds),
                        sizes=tuple(change.sizes),
                        memory=memory if change.sizes else 0,
                        kept=tuple(change.kept),
                    )
                )
            for broken in failures:
                if not broken.told:
                    broken.told = True
                    self._events.append(_failed(now, broken))
        changes.clear()

    def tell(self) -> None:
        """Tell all that was noted, in order."""
        if not self._events or not self._telling.acquire(blocking=False):
            return  # whoever is telling goes on until nothing is left
        try:
            while self._events:
                events = [self._events.popleft() for _ in range(len(self._events))]
                self._tell_all(events)
        finally:
            self._telling.release()

    def _tell_all(self, events: list[Event]) -> None:
        """Tell everyone, also who comes meanwhile: what they know of the past may end before these events."""
        told: tuple[Observer, ...] = ()
        while (observers := self._observers) is not told:
            for observer in observers:
                if observer in told:
                    continue
                try:
                    observer(events)
                except Exception:  # an observer must not stop the work
                    logger.exception("An observer failed and is told nothing more.")
                    self._remove(observer)
            told = observers


def _submitted(now: float, tasks: list[Task]) -> TasksSubmitted:
    return TasksSubmitted(
        time=now,
        tasks=tuple([task.number for task in tasks]),
        names=tuple([task.code.name for task in tasks]),
        parents=tuple([_parents(task.reads) if task.reads else () for task in tasks]),
        origins=tuple([task.origin for task in tasks]),
    )


def _parents(reads: tuple[Datum, ...]) -> tuple[int, ...]:
    if len(reads) == 1:
        maker = reads[0].maker
        return (maker,) if maker else ()
    return tuple(dict.fromkeys([datum.maker for datum in reads if datum.maker]))


def _failed(now: float, broken: Broken) -> TaskFailed:
    told = broken.failure
    return TaskFailed(
        time=now, task=broken.task.number, error=f"{told.kind}: {told.message}", traceback=told.traceback
    )
