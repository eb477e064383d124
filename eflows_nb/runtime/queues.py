"""What waits for each engine, and what it has been sent: queues, and the batches out of them."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterable, Iterator

from eflows_nb.runtime.commands import Send
from eflows_nb.runtime.durations import BATCH_SECONDS, Durations
from eflows_nb.runtime.lineage import last_read
from eflows_nb.tasks.data import PENDING, Broken, Datum, Large
from eflows_nb.tasks.resources import USUAL, Resources
from eflows_nb.tasks.state import READY, RUNNING, WAITING
from eflows_nb.tasks.task import FunctionCode, Task

__all__ = ["AHEAD_LIMIT", "BATCH_LIMIT", "RECALL_SECONDS", "EngineQueue", "Flight", "TaskQueue", "is_tied"]

BATCH_LIMIT = 512
"""Tasks in a batch at most."""

AHEAD_LIMIT = 1 << 14
"""Tasks that an engine may have ahead of it at most."""

RECALL_SECONDS = 0.020
"""What an engine has ahead of it stays there when another has nothing to do, unless it is more than this."""

_SHORT_SECONDS = 0.050
_LONG_BATCH_SECONDS = 0.250
_WORTH_DROPPING_SECONDS = 0.001
_PATIENCE = 4.0


class TaskQueue:
    """Tasks that wait: the most urgent first, and among those as urgent in the order of their coming."""

    __slots__ = ("others", "usual")

    def __init__(self) -> None:
        self.usual: deque[Task] = deque()
        """Those of priority 0."""
        self.others: dict[int, deque[Task]] = {}
        """Those of other priorities."""

    def __len__(self) -> int:
        return len(self.usual) + sum(map(len, self.others.values()))

    def __iter__(self) -> Iterator[Task]:
        for priority in sorted({0, *self.others}, reverse=True):
            yield from self._level(priority)

    def append(self, task: Task) -> None:
        """Let a task wait behind those that are as urgent."""
        self._level(task.code.policy.priority).append(task)

    def append_first(self, task: Task) -> None:
        """Let a task wait before those that are as urgent."""
        self._level(task.code.policy.priority).appendleft(task)

    def clear(self) -> None:
        """Let no task wait any more."""
        self.usual.clear()
        self.others.clear()

    @property
    def first(self) -> deque[Task]:
        """The most urgent tasks, all as urgent as each other; the caller may take some out."""
        if self.others:
            for priority in sorted({0, *self.others}, reverse=True):
                if level := self._level(priority):
                    return level
                self.others.pop(priority, None)
        return self.usual

    def precedes(self, task: Task) -> bool:
        """Return whether a task that waits is more urgent than one that does not."""
        priority = task.code.policy.priority
        return any(level and urgency > priority for urgency, level in [(0, self.usual), *self.others.items()])

    def _level(self, priority: int) -> deque[Task]:
        return self.others.setdefault(priority, deque()) if priority else self.usual


class Flight:
    """A batch on its way.

    Parameters
    ----------
    tasks
        Its tasks, in order.
    seconds
        How long it is expected to take.
    known
        Whether that is more than a guess, and no task of it may be the last of its engine.
    independent
        How many of its tasks could as well run elsewhere now.
    """

    __slots__ = ("done", "independent", "known", "seconds", "tasks")

    def __init__(self, tasks: list[Task], seconds: float, known: bool, independent: int) -> None:
        self.tasks = tasks
        self.done = 0
        self.seconds = seconds
        self.known = known
        self.independent = independent


class EngineQueue:
    """One engine as the scheduler sees it: what waits for it, what it has, what it holds."""

    __slots__ = (
        "ahead",
        "drop",
        "finished",
        "flights",
        "functions",
        "holds",
        "host",
        "kept_for",
        "last",
        "last_reads",
        "leaving",
        "number",
        "queue",
        "returning",
        "running",
        "share",
    )

    def __init__(self, number: int, host: str = "", share: Resources | None = None) -> None:
        self.number = number
        self.host = host
        self.share = share or USUAL
        """What the engine has of its host for its tasks."""
        self.leaving = False
        """Whether it is to end as soon as it has nothing left to do."""
        self.kept_for: Task | None = None
        """A task that needs several engines, this one among them."""
        self.queue = TaskQueue()
        self.flights: deque[Flight] = deque()
        self.functions: set[int] = set()
        self.holds: weakref.WeakSet[Large] = weakref.WeakSet()
        self.drop: list[int] = []
        self.finished = 0
        self.running = 0
        """Number of tasks that the engine has and has not finished."""
        self.ahead = 0.0
        """Seconds that these are expected to take."""
        self.returning = 0
        """How many of the flights, the oldest first, will be given back as far as they have not run."""
        self.last_reads: dict[int, list[int]] = {}
        """What the engine will drop by itself when a task that it has is done."""
        self.last = (-1, -1)
        """Number and origin of the task that ended last: something that it wrote may still be on its way."""

    @property
    def current(self) -> Task | None:
        """The first task that the engine has and has not finished."""
        return self.flights[0].tasks[self.flights[0].done] if self.flights else None

    def find(self, number: int) -> Task | None:
        """Return the task of this number if the engine has it and has not finished it."""
        unfinished = (task for flight in self.flights for task in flight.tasks[flight.done :])
        return next((task for task in unfinished if task.number == number), None)

    def wants_more(self, look_ahead: float) -> bool:
        """Return whether another batch should be sent now.

        The next one follows while a short one runs, and more of them until the work ahead of the engine takes
        `look_ahead` seconds. Nothing follows what may last, or what is to come back.
        """
        flights = self.flights
        if self.leaving or self.kept_for is not None:
            return False
        if not flights:
            return True
        if self.returning or not flights[-1].known or self.running >= AHEAD_LIMIT:
            return False
        return self.ahead < look_ahead or (len(flights) == 1 and flights[0].seconds <= _SHORT_SECONDS)

    def next_numbers(self, count: int) -> list[int]:
        """Return the numbers of the next tasks out of the oldest flight, which have come back."""
        flight = self.flights[0]
        return [task.number for task in flight.tasks[flight.done : flight.done + count]]

    def finish(self, count: int) -> list[Task]:
        """Take the next tasks out of the oldest flight, and return them: they have come back."""
        flight = self.flights[0]
        tasks = flight.tasks[flight.done : flight.done + count]
        flight.done += count
        self.running -= count
        self.ahead -= flight.seconds * count / len(flight.tasks)
        if flight.done == len(flight.tasks):
            self.flights.popleft()
            self.returning -= self.returning > 0
            if not self.flights:
                self.ahead = 0.0
        self.last = (tasks[-1].number, tasks[-1].origin)
        return tasks

    def take_back(self, place: int) -> list[Task]:
        """Take out a whole flight that the engine will not run, and return its tasks."""
        flight = self.flights[place]
        del self.flights[place]
        self.running -= len(flight.tasks)
        self.ahead -= flight.seconds
        return flight.tasks

    @property
    def can_share(self) -> bool:
        """Whether the engine has so much ahead of it that others could help."""
        return (
            self.ahead > RECALL_SECONDS
            and not self.returning
            and sum(flight.independent for flight in self.flights) > 1
        )

    def next_batch(
        self, durations: Durations, look_ahead: float, started: list[Task], first: Task | None = None
    ) -> Send | None:
        """Take tasks from the queue, each followed by its successors that can run here too.

        Parameters
        ----------
        durations
            What is known of the functions.
        look_ahead
            For how many seconds the engine is to have work.
        started
            Takes the tasks of the batch.
        first
            A task to begin with that is not in the queue.

        Returns
        -------
        Send
            The batch, or None when nothing is left to run.
        """
        batch: list[Task] = []
        stack = [] if first is None else [first]
        functions: list[FunctionCode] = []
        data: dict[int, Datum] = {}
        seconds = expected = 0.0
        known = True
        code: FunctionCode | None = None
        holds = bool(self.holds)
        engine = self.number
        queue = self.queue
        level = queue.first
        independent = 0
        last_reads: dict[int, list[int]] = {}
        most = BATCH_SECONDS if not self.flights or look_ahead < _LONG_BATCH_SECONDS else _LONG_BATCH_SECONDS
        while seconds < most and len(batch) < BATCH_LIMIT:
            if stack:
                task = stack.pop()
            elif level:
                task = level.popleft()
            elif not (level := queue.first):
                break
            else:
                continue
            state, reads = task.state, task.reads
            if state is not READY and state is not WAITING:
                continue
            if task.lost or not task.code.is_usual:
                risky = task.lost or task.code.policy.time_out is not None  # it may be the last of its engine
                if (risky and batch) or (task.lost and self.flights):
                    if state is READY:
                        level.appendleft(task)
                    break
                if risky:
                    known = False
                    most = 0.0
            if task is self.kept_for:
                most = 0.0
            task.engine = engine
            task.state = RUNNING
            batch.append(task)
            if task.code is not code:
                code = task.code
                expected = durations.expected(code.number)
                known = known and durations.knows(code.number)
                self._teach(code, functions)
            seconds += expected
            for definition in task.definitions:
                self._teach(definition, functions)
            if state is READY and not (holds and reads and is_tied(reads)):
                independent += 1
            if reads:
                self._provide(reads, data)
                if expected > _WORTH_DROPPING_SECONDS and (last := last_read(task, engine)):
                    last_reads[task.number] = last
            for output in task.outputs:
                if output.readers:
                    self._follow(output.readers, stack)
        if not batch:
            return None
        drop, self.drop = self.drop, []
        budget = max(_SHORT_SECONDS, _PATIENCE * seconds)
        send = Send(engine, batch, functions, data, drop, len(self.flights), budget, last_reads)
        self.last_reads.update(last_reads)
        self.flights.append(Flight(batch, seconds, known, independent))
        self.running += len(batch)
        self.ahead += seconds
        started.extend(batch)
        return send

    def _teach(self, code: FunctionCode, functions: list[FunctionCode]) -> None:
        """Add the code of a function, if the engine does not have it, to what goes with a batch."""
        if code.number not in self.functions:
            self.functions.add(code.number)
            functions.append(code)

    def _provide(self, reads: Iterable[Datum], data: dict[int, Datum]) -> None:
        """Add what a task reads and the engine does not have to what goes with its batch."""
        for datum in reads:
            value = datum.value
            if value is PENDING or type(value) is Broken:
                continue  # it will be missed, and the task given back
            if type(value) is Large:
                if self.number in value.engines or value.shared is None:
                    continue  # as above
                value.engines.add(self.number)
                self.holds.add(value)
            data[datum.number] = datum

    def _follow(self, readers: Iterable[Task], stack: list[Task]) -> None:
        """Let the readers of a datum that is made here follow its maker, if nothing else keeps them."""
        ready = []
        for reader in readers:
            reader.undispatched -= 1
            if not reader.undispatched and reader.engine < 0 and self._can_run_here(reader):
                ready.append(reader)
        stack.extend(reversed(ready))

    def _suffices(self, wanted: Resources) -> bool:
        if wanted is USUAL:
            return True
        return wanted.shares(self.share) == 1 and (not wanted.target or self.host in wanted.target)

    def _can_run_here(self, task: Task) -> bool:
        if task.state is not WAITING:
            return False
        if not task.code.is_usual and not self._suffices(task.code.policy.resources):
            return False
        if (self.queue.others or not task.code.is_usual) and self.queue.precedes(task):
            return False
        engine = self.number
        pending = 0
        for datum in task.reads:
            value = datum.value
            if value is PENDING:
                pending += 1
                if datum.producer is None or datum.producer.engine != engine:
                    return False
            elif type(value) is Large and value.shared is None and engine not in value.engines:
                return False
        return pending == task.unmet  # otherwise it also waits for something on its way


def is_tied(reads: Iterable[Datum]) -> bool:
    """Return whether some of what a task reads lies on some engines only."""
    for datum in reads:  # noqa: SIM110 - a generator costs more than to look at two data
        if type(datum.value) is Large and datum.value.shared is None:
            return True
    return False
