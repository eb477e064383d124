"""How large results are made again: what a finished task remembers of what it has read.

It does not hold large inputs, so that in a long chain of them an old one goes as soon as nobody else needs
it; it knows the tasks that made them, and those know theirs.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

from eflows_nb.tasks.data import PENDING, Broken, Datum, Large, Source
from eflows_nb.tasks.task import FunctionCode, Task

__all__ = [
    "LINEAGE_LIMIT",
    "Past",
    "is_repeatable",
    "last_read",
    "open_sources",
    "output_numbers",
    "own_source",
    "recalled",
    "was_recalled",
]

LINEAGE_LIMIT = 64
"""Of a chain of large values one is shared after so many, so that never more need to be made again."""


class Past:
    """A large datum that a finished task has read, which may have gone since.

    Parameters
    ----------
    datum
        The datum; only its number and its maker are kept.
    """

    __slots__ = ("depth", "number", "producer")

    def __init__(self, datum: Datum) -> None:
        assert datum.producer is not None
        self.number = datum.number
        self.producer = datum.producer
        reads: tuple[Any, ...] = datum.producer.reads
        self.depth: int = 1 + max((read.depth for read in reads if isinstance(read, Past)), default=0)
        """How many tasks in a row would have to run again to make it."""

    @property
    def is_deep(self) -> bool:
        """Whether it is time to share the large value, so that what makes it can be forgotten."""
        return self.depth >= LINEAGE_LIMIT

    def recall(self) -> Datum:
        """Return the datum, or another one in its place, PENDING, that the same task will make."""
        task = self.producer
        if not task.outputs:  # it ended in another way when it was tried again
            reason = "it was lost with its engine and could not be made again"
            return Datum(self.number, value=Broken(task=task, reason=reason))
        position = output_numbers(task).index(self.number)
        output: Any = task.outputs[position]
        datum: Datum | None = output() if type(output) is weakref.ref else output
        if datum is None:
            datum = Datum(self.number, task)
            outputs: list[Any] = list(task.outputs)
            outputs[position] = weakref.ref(datum)
            task.outputs = tuple(outputs)
        return datum


def recalled(read: Datum | Past) -> Datum:
    """Return the datum itself."""
    return read.recall() if isinstance(read, Past) else read


def was_recalled(datum: Datum) -> bool:
    """Return whether a datum took the place of one that has gone, and nobody makes it yet."""
    task = datum.producer
    return datum.value is PENDING and task is not None and task.state.has_result


def own_source(task: Task) -> Source | None:
    """Return what the files are to a task that it uses itself, None where it uses none."""
    sources = task.sources
    return sources[0] if sources and sources[0].number == task.number else None


def is_repeatable(task: Task) -> bool:
    """Return whether a task that is done may run again: it did not change files, nor have others since."""
    source = own_source(task) if task.sources else None
    return source is None or source.is_open


def open_sources(task: Task) -> tuple[Source, ...]:
    """Return the files that the results of a task come from, which are as they were.

    Whoever changes one of them sees to it before that what was made of it is not lost.
    """
    own = own_source(task)
    found = {own: None} if own is not None else {}
    for read in task.reads:
        if read.producer is not None and read.producer.sources:
            found.update((source, None) for source in read.producer.sources if source.is_open)
    return tuple(found)


def output_numbers(task: Task) -> list[int]:
    """Return the numbers of the data that a task makes, in order."""
    outputs = task.wire_outputs
    return [task.number] if outputs is None else [*outputs.returns, *(datum for _, datum in outputs.writes)]


def last_read(task: Task, engine: int) -> list[int]:
    """Return the large data of an engine that nobody else refers to than a task that will read them there.

    The engine can drop them as soon as the task is done, before anybody tells it to. Where references are not
    counted there are none.
    """
    return [
        datum.number
        for datum, references in zip(task.reads, _references(task), strict=True)
        if references == _ALONE
        and type(datum.value) is Large
        and datum.value.shared is None
        and engine in datum.value.engines
        and datum.producer is not None
        and is_repeatable(datum.producer)
        and not Past(datum).is_deep  # otherwise it is to be shared
    ]


def _references(task: Task) -> list[int]:
    if not hasattr(sys, "getrefcount"):
        return [0] * len(task.reads)
    return [sys.getrefcount(datum) for datum in task.reads]


_ALONE = _references(Task(0, FunctionCode(0, "", b""), b"", (Datum(0),)))[0] or -1
