"""The task graph: who waits for what, and what follows from an end."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from eflows_nb.engine.messages import Failure
from eflows_nb.runtime.commands import Change, Try
from eflows_nb.runtime.endings import because, gone
from eflows_nb.runtime.lineage import is_repeatable, output_numbers, own_source, recalled, was_recalled
from eflows_nb.runtime.recent_calls import RecentCalls
from eflows_nb.runtime.unseen import Unseen
from eflows_nb.tasks.data import PENDING, Broken, Datum, Large, Turn
from eflows_nb.tasks.policy import OnFailure
from eflows_nb.tasks.state import CANCELLED, FAILED, READY, RUNNING, WAITING, TaskState
from eflows_nb.tasks.task import Task

__all__ = ["FAILURES_KEPT", "TaskGraph", "close", "is_lost", "lacks_input"]

FAILURES_KEPT = 100
"""Number of failures that are kept, for those who watch."""


class TaskGraph:
    """The tasks of one session and the data between them; it knows nothing of engines."""

    def __init__(self) -> None:
        self.counts: Counter[TaskState] = Counter()
        """How many tasks are in each state."""
        self.changes: list[Change] = []
        """What those who watch are to be told of."""
        self.tries: list[Try] = []
        """What was tried in vain, for those who watch."""
        self.ready: list[Task] = []
        """Tasks that can run and have not been placed."""
        self.resolved: list[Datum] = []
        """Data with callbacks whose value came, or will never come, since this list was emptied."""
        self.failures: deque[Broken] = deque(maxlen=FAILURES_KEPT)
        """How the last tasks that failed did so, whether somebody was told or not."""
        self.recent: RecentCalls | None = None
        """What the last tasks were called with, where somebody may want to see that."""
        self.unseen = Unseen()
        """The failures that nobody was told of, unless the program counts with them."""

    @property
    def unfinished(self) -> int:
        """Number of tasks that are not done, failed or cancelled."""
        return self.counts[WAITING] + self.counts[READY] + self.counts[RUNNING]

    def submit(self, tasks: Sequence[Task]) -> None:
        """Take new tasks, each after those that make what it reads."""
        if self.recent is not None:  # now, since a task may end at once and be emptied
            self.recent.note(tasks, self.unfinished)
        self.counts[WAITING] += len(tasks)
        free = 0
        for task in tasks:
            if task.reads:
                self.enter(task)
            else:
                task.state = READY
                self.ready.append(task)
                free += 1
        self.count(WAITING, READY, free)

    def enter(self, task: Task) -> None:
        """Let a WAITING task wait for what it reads."""
        unmet = undispatched = 0
        for datum in task.reads:
            value = datum.value
            if type(value) is Large:
                if is_lost(datum):
                    self.revive(datum)
                value = datum.value
            if value is PENDING:
                unmet += 1
                if datum.producer is None or datum.producer.engine < 0:
                    undispatched += 1
                if datum.readers is None:
                    datum.readers = [task]
                else:
                    datum.readers.append(task)
            elif type(value) is Broken:
                self.cancel(task, because(task, value))
                return
        if task.sources and any(isinstance(datum, Turn) for datum in task.reads):
            undispatched += 1  # it follows nobody to an engine: those before must not need the file again
        task.unmet = unmet
        task.undispatched = undispatched
        if not unmet:
            self.make_ready(task)

    def make_ready(self, task: Task) -> None:
        """Everything that a WAITING task reads can be had."""
        task.state = READY
        self.count(WAITING, READY, 1)
        self.ready.append(task)

    def note_return(self, task: Task) -> None:
        """Let a task be WAITING again for those who watch; many come together."""
        last = self.changes[-1] if self.changes else None
        if last is not None and last.state is WAITING and last.engine == task.engine:
            last.tasks.append(task)  # type: ignore[attr-defined]
        else:
            self.changes.append(Change(WAITING, task.engine, [task]))

    def revive(self, datum: Datum) -> None:
        """Make a lost datum again, and whatever is lost of what that needs.

        It is broken where a task would have to find files as they are not any more.
        """
        lost = [_forget(datum)]
        while lost:
            datum = lost.pop()
            task = datum.producer
            if task is None or not task.state.has_result:
                continue  # another of its results has revived it
            if not is_repeatable(task):
                self._lose(datum, task)
                continue
            living = (reference() for reference in task.outputs)  # type: ignore[operator]
            task.outputs = tuple(
                output or Datum(number, task)
                for output, number in zip(living, output_numbers(task), strict=True)
            )
            for output in task.outputs:
                if is_lost(output):
                    _forget(output)
                elif isinstance(output, Turn):  # whoever would change its files waits for it once more
                    output.producer = task
                    _forget(output)
            task.reads = tuple(recalled(read) for read in task.reads)
            self.count(task.state, WAITING, 1)
            self.note_return(task)
            task.state = WAITING
            task.engine = -1
            lost.extend(_forget(read) for read in task.reads if is_lost(read) or was_recalled(read))
            self.enter(task)

    def _lose(self, datum: Datum, task: Task) -> None:
        """End all that reads a lost datum, since the task that has made it cannot run again."""
        source = own_source(task)
        broken = gone(task, writes=source is not None and source.writes)
        self.failures.append(broken)
        self.unseen.add(broken)
        for reader in self.break_datum(datum, broken):
            if not reader.state.is_final:
                self.cancel(reader, because(reader, broken))

    def resolve(self, datum: Datum, value: Any) -> None:
        """A datum has its value; its maker needs nothing any more."""
        if datum.value is PENDING:
            datum.value = value
            if datum.readers is not None or datum.callbacks is not None:
                self.wake_readers(datum)
        task = datum.producer
        if task is not None:
            datum.producer = None
            task.reads = task.outputs = ()  # as `close`; it has one output
            task.payload = b""

    def wake_readers(self, datum: Datum) -> None:
        """A datum has a value: its readers wait for one thing less."""
        readers = datum.readers
        if readers is not None:
            datum.readers = None
            for reader in readers:
                reader.unmet -= 1
                if not reader.unmet and reader.engine < 0 and reader.state is WAITING:
                    self.make_ready(reader)
        if datum.callbacks is not None:
            self.resolved.append(datum)

    def fail(
        self, task: Task, failure: Failure, engine: int, start: float = 0.0, seconds: float = 0.0
    ) -> None:
        """A task has failed on an engine, where it began at `start` and ran for so many seconds."""
        if self.recent is not None:
            self.recent.note_failed(task)
        self.count(task.state, FAILED, 1)
        task.state = FAILED
        self.changes.append(Change(FAILED, engine, [task], [start], [seconds], [0]))
        broken = Broken(task=task, failure=failure)
        broken.expected = failure.final or task.code.policy.on_failure is OnFailure.CANCEL_SUCCESSORS
        self.failures.append(broken)
        if not broken.expected:
            self.unseen.add(broken)
        self._end(task, broken)

    def cancel(self, task: Task, broken: Broken) -> None:
        """End a task that does not run to its end, and all that reads what it would have made."""
        self.count(task.state, CANCELLED, 1)
        task.state = CANCELLED
        self.changes.append(Change(CANCELLED, task.engine, [task]))
        self._end(task, broken)

    def _end(self, task: Task, broken: Broken) -> None:
        """Break what a task would have made, and cancel all that reads it, in turn."""
        pending = [(task, broken)]
        while pending:
            ended, why = pending.pop()
            outputs = ended.outputs
            if ended.sources:
                _pass_on(ended)
            close(ended)
            for datum in outputs:
                if datum.value is not PENDING:
                    continue  # from an earlier run, and still good
                for reader in self.break_datum(datum, why):
                    if reader.state.is_final:
                        continue
                    self.count(reader.state, CANCELLED, 1)
                    reader.state = CANCELLED
                    self.changes.append(Change(CANCELLED, reader.engine, [reader]))
                    pending.append((reader, because(reader, why)))

    def break_datum(self, datum: Datum, broken: Broken) -> list[Task]:
        """A datum will never exist; return the tasks that read it, which have not been told."""
        if type(datum) is Turn:
            self.resolve(datum, None)
            return []
        readers, datum.readers = datum.readers or [], None
        datum.value = broken
        datum.producer = None
        if datum.callbacks is not None:
            self.resolved.append(datum)
        return readers

    def count(self, old: TaskState, new: TaskState, number: int) -> None:
        """So many tasks have gone from one state to another."""
        self.counts[old] -= number
        self.counts[new] += number


def is_lost(datum: Datum) -> bool:
    """Return whether a large value was made and is nowhere any more."""
    value = datum.value
    return type(value) is Large and not value.engines and value.shared is None


def lacks_input(task: Task) -> bool:
    """Return whether something that a task reads is not there, or not any more."""
    return any(
        datum.value is PENDING or type(datum.value) is Broken or is_lost(datum) for datum in task.reads
    )


def _forget(datum: Datum) -> Datum:
    """Let a lost datum be PENDING again, made by a task that no engine has; who waits for it stays."""
    if datum.value is not PENDING:
        datum.value = PENDING
        datum.readers = None
    if datum.producer is not None:
        datum.producer.engine = -1
    return datum


def _pass_on(task: Task) -> None:
    """Let who comes after a writer that has not run wait for those that it was waiting for."""
    source = own_source(task)
    if source is not None and source.writes and isinstance(task.outputs[-1], Turn):
        task.outputs[-1].before = tuple(
            Turn.followed(datum for datum in task.reads if isinstance(datum, Turn))
        )


def close(task: Task) -> None:
    """Let go of what a task needs only to run."""
    task.reads = task.outputs = ()
    task.payload = b""
