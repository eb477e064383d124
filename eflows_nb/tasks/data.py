"""The values that tasks read and write."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterable
from sys import intern
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from eflows_nb.tasks.task import Task

__all__ = ["PENDING", "Broken", "Datum", "Large", "Source", "Turn"]


class _Pending:
    """The value of a datum that has none yet."""

    def __repr__(self) -> str:
        return "PENDING"


PENDING: Final = _Pending()


class Broken:
    """The value of a datum that will never exist.

    Parameters
    ----------
    failure
        The record of the exception, None when its task was cancelled.
    reason
        For a cancelled task a sentence that says why.
    task
        The task that failed or was cancelled first.
    cause
        What it was cancelled for, when that was the failure of another task.
    """

    __slots__ = ("cause", "expected", "failure", "reason", "seen", "task", "told", "unseen")

    def __init__(
        self, *, task: Task, failure: Any = None, reason: str = "", cause: Broken | None = None
    ) -> None:
        self.task = task
        self.failure = failure
        self.reason = reason
        self.cause = cause
        self.expected = False
        """Whether the program counts with it, and a barrier or a group does not complain."""
        self.seen = False
        """Whether somebody who waited was told."""
        self.unseen: Any = None
        """The failures that nobody was told of, `eflows_nb.runtime.unseen.Unseen`, that it was among."""
        self.told = False
        """Whether observers were told."""

    def see(self) -> None:
        """Somebody who waited is told."""
        if self.unseen is not None:
            self.unseen.remove(self)
        self.seen = True

    @property
    def is_expected(self) -> bool:
        """Whether the program counts with it: its task, or one it read from, was given up on purpose."""
        return (self.cause or self).expected


class Large:
    """The value of a datum that lies outside the client: in engines, in a shared file, or both.

    When the last reference to it goes, it tells `released` which engines hold what.

    Parameters
    ----------
    datum
        Number of the datum.
    size
        Bytes.
    engines
        The engines that hold it.
    shared
        The shared file, None while there is none.
    brief
        What it is in words, empty where nobody has said so.
    """

    __slots__ = ("__weakref__", "_released", "brief", "datum", "engines", "shared", "size")

    def __init__(
        self,
        *,
        datum: int,
        size: int,
        engines: set[int],
        released: deque[tuple[int, set[int], Any]],
        shared: Any = None,
        brief: str = "",
    ) -> None:
        self.brief = intern(brief)  # as many large values have the same as have the same shape
        self.datum = datum
        self.size = size
        self.engines = engines
        self.shared = shared
        self._released = released

    def __del__(self) -> None:
        self._released.append((self.datum, self.engines, self.shared))


class Datum:
    """One version of a value: PENDING, a scalar, packed, `Large` or `Broken`.

    Parameters
    ----------
    number
        Unique in its session.
    producer
        The task that makes it. It is kept after that only for a large value, to make it again if it is lost.
    readers
        The unfinished tasks that read it.
    """

    __slots__ = ("__weakref__", "callbacks", "maker", "number", "producer", "readers", "value")

    def __init__(self, number: int, producer: Task | None = None, value: Any = PENDING) -> None:
        self.number = number
        self.producer = producer
        self.maker = producer.number if producer is not None else 0
        """Number of the task that makes it, or has made it; 0 for a value of the client."""
        self.value = value
        self.readers: list[Task] | None = None
        self.callbacks: list[Any] | None = None


class Turn(Datum):
    """Says that a task has ended, in whatever way: it is None then, also when the task failed.

    Whoever only waits for its turn, such as the next writer of a file, reads it.
    """

    __slots__ = ("before", "source")

    def __init__(self, number: int, producer: Task | None = None, value: Any = PENDING) -> None:
        super().__init__(number, producer, value)
        self.source: Source | None = None
        """What the task has read from its files, None where nobody has said so."""
        self.before: tuple[Turn, ...] = ()
        """The turns that a writer had waited for when it was cancelled: who comes next waits for them."""

    @property
    def counts(self) -> bool:
        """Whether a writer has to mind it: its task has not ended, or may have to read the files again."""
        if self.value is PENDING:
            return True
        source = self.source
        return (source is not None and source.is_needed) or any(turn.counts for turn in self.before)

    @staticmethod
    def followed(turns: Iterable[Turn]) -> list[Turn]:
        """Return the turns that count; in the place of a writer that was cancelled are those before it."""
        found: dict[Turn, None] = {}
        pending = [*turns][::-1]
        while pending:
            turn = pending.pop()
            if turn.value is not PENDING and turn.before:
                pending.extend(reversed(turn.before))
            elif turn.counts:
                found[turn] = None
        return list(found)


class Source:
    """Files as a task found them: as long as they are so, it can run again.

    Parameters
    ----------
    number
        Number of the task.
    writes
        Whether the task writes to files. Then it does not run again when it is done: it would write twice.
    """

    __slots__ = ("_made", "is_open", "number", "writes")

    def __init__(self, number: int, *, writes: bool) -> None:
        self.number = number
        self.writes = writes
        self.is_open = not writes
        """Whether the task may run again when it is done."""
        self._made: weakref.WeakValueDictionary[int, Datum] | None = None

    def add(self, datum: Datum) -> None:
        """A large datum was made of what the task has read, by itself or by tasks that read its results."""
        if self._made is None:
            self._made = weakref.WeakValueDictionary()
        self._made[datum.number] = datum

    @property
    def made(self) -> list[Datum]:
        """The large data that were made of it and that somebody still refers to."""
        references = self._made.valuerefs() if self._made is not None else ()
        return [datum for reference in references if (datum := reference()) is not None]

    @property
    def is_needed(self) -> bool:
        """Whether the task may have to run again, for something that was made of it."""
        return self.is_open and bool(self._made)

    def close(self) -> None:
        """The files are no longer what they were: the task does not run again."""
        self.is_open = False
        self._made = None
