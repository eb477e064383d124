"""What each engine is to run next: queues, batches, and where the data are."""

from __future__ import annotations

import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterable

from eflows_nb.runtime.commands import Send
from eflows_nb.runtime.lineage import last_read
from eflows_nb.tasks.data import PENDING, Datum, Large
from eflows_nb.tasks.resources import USUAL, Resources
from eflows_nb.tasks.state import TaskState
from eflows_nb.tasks.task import FunctionCode, Task

__all__ = [
    "AHEAD_LIMIT",
    "BATCH_LIMIT",
    "BATCH_SECONDS",
    "RECALL_SECONDS",
    "Durations",
    "EngineQueue",
    "Flight",
    "best_engine",
    "load",
    "place_by_priority",
    "spread",
    "steal",
]

BATCH_SECONDS = 0.010
"""How much work a batch should hold, by the measured duration of its functions."""

BATCH_LIMIT = 512
"""Tasks in a batch at most."""

AHEAD_LIMIT = 1 << 14
"""Tasks that an engine may have ahead of it at most."""

RECALL_SECONDS = 0.020
"""What an engine has ahead of it stays there when another has nothing to do, unless it is more than this."""

_OVERHEAD = 4e-6
_SHORT_SECONDS = 0.050
_BLOCK_SECONDS = 0.002
_LONG_BATCH_SECONDS = 0.250
_WORTH_DROPPING_SECONDS = 0.001
_PATIENCE = 4.0
_UNUSUAL = 3.0


class Durations:
    """How long the tasks of each function take, learnt from their results."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}

    def learn(self, function: int, durations: list[float]) -> None:
        """Take in the durations of the tasks of a batch.

        Of many short ones a few have lost the processor to somebody else, and say nothing of the next.
        """
        seconds = sum(durations) / len(durations)
        if len(durations) > 2:
            seconds = min(seconds, _UNUSUAL * sorted(durations)[len(durations) // 2])
        old = self._seconds.get(function)
        if old is None:
            self._seconds[function] = seconds
        else:
            # A first call imports and compiles: believe a shorter time sooner than a longer one.
            weight = 0.75 if seconds < old else 0.5
            self._seconds[function] = weight * seconds + (1 - weight) * old

    def expected(self, function: int) -> float:
        """Return the expected duration in seconds; of an unknown function as much as a whole batch."""
        return self._seconds.get(function, BATCH_SECONDS) + _OVERHEAD

    def knows(self, function: int) -> bool:
        """Return whether a task of the function has run."""
        return function in self._seconds


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
        self.queue: deque[Task] = deque()
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

    def next_batch(self, durations: Durations, look_ahead: float, started: list[Task]) -> Send | None:
        """Take tasks from the queue, each followed by its successors that can run here too.

        Parameters
        ----------
        durations
            What is known of the functions.
        look_ahead
            For how many seconds the engine is to have work.
        started
            Takes the tasks of the batch.

        Returns
        -------
        Send
            The batch, or None when nothing is left to run.
        """
        batch: list[Task] = []
        stack: list[Task] = []
        functions: list[FunctionCode] = []
        data: dict[int, Datum] = {}
        seconds = 0.0
        known = True
        engine = self.number
        queue = self.queue
        independent = 0
        last_reads: dict[int, list[int]] = {}
        most = BATCH_SECONDS if not self.flights or look_ahead < _LONG_BATCH_SECONDS else _LONG_BATCH_SECONDS
        while seconds < most and len(batch) < BATCH_LIMIT:
            if stack:
                task = stack.pop()
            elif queue:
                task = queue.popleft()
            else:
                break
            if task.state is not TaskState.READY and task.state is not TaskState.WAITING:
                continue
            if task.lost and (batch or self.flights):  # it may end its engine, and take others with it
                if task.state is TaskState.READY:
                    queue.appendleft(task)
                break
            code = task.code
            task.engine = engine
            independent += task.state is TaskState.READY and not (task.reads and _is_tied(task))
            task.state = TaskState.RUNNING
            batch.append(task)
            expected = durations.expected(code.number)
            seconds += expected
            if code.number not in self.functions:
                self.functions.add(code.number)
                functions.append(code)
            for definition in task.definitions:
                if definition.number not in self.functions:
                    self.functions.add(definition.number)
                    functions.append(definition)
            known = known and durations.knows(code.number)
            if task.lost or code.policy.time_out is not None:  # it may be the last of its engine
                known = False
                most = 0.0
            if task is self.kept_for:
                most = 0.0
            self._provide(task.reads, data)
            if expected > _WORTH_DROPPING_SECONDS and task.reads and (last := last_read(task, engine)):
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

    def _provide(self, reads: Iterable[Datum], data: dict[int, Datum]) -> None:
        """Add what a task reads and the engine does not have to what goes with its batch."""
        for datum in reads:
            value = datum.value
            if value is PENDING:
                continue
            if type(value) is Large:
                if self.number in value.engines or value.shared is None:
                    continue  # what is neither here nor shared will be missed, and the task given back
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

    def _can_run_here(self, task: Task) -> bool:
        wanted = task.code.policy.resources
        if task.state is not TaskState.WAITING or (wanted is not USUAL and wanted.shares(self.share) > 1):
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


def best_engine(
    task: Task, engines: Iterable[int], nearness: Callable[[int], float] | None = None
) -> tuple[int, list[Datum]]:
    """Return the engine that holds most of what a task reads, and what must be shared to run it there.

    The engine is -1 when all of it is to be had everywhere.

    Parameters
    ----------
    nearness
        Bytes that are as good as held by an engine, since its host has them; None where all are near.
    """
    weights: Counter[int] = Counter()
    unshared: list[Datum] = []
    for datum in task.reads:
        value = datum.value
        if type(value) is Large and value.shared is None:
            unshared.append(datum)
            for engine in value.engines:
                weights[engine] += value.size
    if not unshared:
        return -1, []
    best = max(engines, key=lambda engine: weights[engine] + (nearness(engine) if nearness else 0))
    return best, [datum for datum in unshared if best not in datum.value.engines]


def place_by_priority(tasks: list[Task], queues: list[EngineQueue]) -> list[EngineQueue]:
    """Queue tasks that are more or less urgent than usual behind those that are at least as urgent.

    Returns
    -------
    list of EngineQueue
        Those on which an urgent task would have to wait for what its engine was sent in advance.
    """
    late = []
    for task in sorted(tasks, key=lambda task: -task.code.policy.priority):
        chosen = min(queues, key=load)
        if task.code.policy.priority > 0 and chosen.can_share and chosen not in late:
            late.append(chosen)
        queue = chosen.queue
        place = len(queue)
        while place and queue[place - 1].code.policy.priority < task.code.policy.priority:
            place -= 1
        queue.insert(place, task)
    return late


def spread(tasks: list[Task], queues: list[EngineQueue], durations: Durations) -> None:
    """Queue tasks in contiguous blocks, so that neighbours in program order share an engine.

    What takes less time than to send it goes to few engines, those with the least to do.
    """
    if not tasks:
        return
    if len(tasks) == 1:
        _place_next(tasks[0], queues)
        return
    seconds = len(tasks) * (
        durations.expected(tasks[0].code.number) + durations.expected(tasks[-1].code.number)
    ) / 2  # fmt: skip
    wanted = int(seconds / _BLOCK_SECONDS) + 1
    if wanted < len(queues):
        queues = sorted(queues, key=load)[:wanted]
    loads = [load(queue) for queue in queues]
    goal = -(-(len(tasks) + sum(loads)) // len(queues))
    begin = 0
    for queue, present in zip(queues, loads, strict=True):
        end = begin + max(0, goal - present)
        queue.queue.extend(tasks[begin:end])
        begin = end
    queues[-1].queue.extend(tasks[begin:])


def _place_next(task: Task, queues: list[EngineQueue]) -> None:
    """Queue a task behind the one that came before it, unless an engine has less to do.

    Neighbours in program order are often read together. Who has nothing to do later steals a block of them.
    """
    least = min(queues, key=load)
    before = max(queues, key=_youngest)
    if load(least) and before.ahead <= least.ahead + RECALL_SECONDS:
        least = before
    least.queue.append(task)


def _youngest(queue: EngineQueue) -> int:
    if queue.queue:
        return queue.queue[-1].number
    return queue.flights[-1].tasks[-1].number if queue.flights else 0


def steal(idle: EngineQueue, queues: Iterable[EngineQueue], durations: Durations) -> bool:
    """Give an engine that has nothing the later half of the longest queue, if it is worth sending."""
    longest = max(queues, key=lambda queue: len(queue.queue))
    waiting = longest.queue
    if not waiting or (len(waiting) < 2 and not longest.flights):
        return False
    if longest.flights and not longest.returning:
        seconds = longest.ahead + len(waiting) * durations.expected(waiting[-1].code.number)
        if seconds < _BLOCK_SECONDS:
            return False
    for _ in range(max(1, len(waiting) // 2)):
        task = waiting[-1]
        if task.state is TaskState.READY and _is_tied(task):
            break
        idle.queue.appendleft(waiting.pop())
    return bool(idle.queue)


def _is_tied(task: Task) -> bool:
    """Return whether a task reads something that lies on some engines only."""
    return any(type(datum.value) is Large and datum.value.shared is None for datum in task.reads)


def load(queue: EngineQueue) -> int:
    """Return the number of tasks that an engine has or is to have."""
    return len(queue.queue) + queue.running
