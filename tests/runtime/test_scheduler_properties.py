"""Whatever happens in whatever order, the scheduler ends with what a sequential run would give.

Random graphs run on simulated engines, which work, talk, overrun, join and die in random order while a user
submits, cancels, lets go and asks for values, and tasks use files. A slow and obvious reference says how each
task must end.
"""

from __future__ import annotations

import gc
import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eflows_nb.engine.messages import Code, Failure, Outputs, has_run
from eflows_nb.engine.packing import Packed
from eflows_nb.engine.store import Store
from eflows_nb.runtime import lineage
from eflows_nb.runtime.commands import ExportFrom, Interrupt, Recall, Remove, Retire, Send
from eflows_nb.runtime.files import FileAccess, Files
from eflows_nb.runtime.scheduler import LOST_ENGINES_LIMIT, Scheduler
from eflows_nb.tasks.data import PENDING, Broken, Datum, Large, Source, Turn
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.policy import Policy
from eflows_nb.tasks.resources import Resources
from eflows_nb.tasks.state import TaskState
from eflows_nb.tasks.task import FunctionCode, Task

LASTS = "lasts"
AWAY = "away"
SMALL, LARGE, SCALAR = "small", "large", "scalar"
KINDS = ((SMALL,), (SCALAR,), (LARGE,), (LARGE,), (LARGE, LARGE), (SMALL, LARGE), (LARGE, SCALAR, LARGE))
T = TypeVar("T")

FOLLOWS = {
    TaskState.WAITING: {TaskState.RUNNING, TaskState.CANCELLED},
    TaskState.RUNNING: set(TaskState) - {TaskState.READY, TaskState.RUNNING},
    TaskState.DONE: {TaskState.WAITING},  # its result was lost
    TaskState.CACHED: {TaskState.WAITING},
    TaskState.FAILED: set(),
    TaskState.CANCELLED: set(),
}
"""The states that observers may be told of after another."""


@dataclass
class Plan:
    """What a task does: what it reads, the kind of each result, whether it fails, or finds its results."""

    reads: tuple[int, ...]
    kinds: tuple[str, ...]
    outputs: tuple[int, ...]
    fails: bool
    finds: bool = False
    files: dict[str, Direction] = field(default_factory=dict)

    def value(self, position: int, inputs: list[Any]) -> int:
        """Return a result; any other input, or another order, gives another value."""
        return hash((self.outputs[position], *inputs))

    @property
    def finds_there(self) -> list[str]:
        """The files that it reads."""
        return [path for path, direction in self.files.items() if direction is not Direction.OUT]

    @property
    def writes(self) -> list[str]:
        """The files that it writes."""
        return [path for path, direction in self.files.items() if direction.writes]


@dataclass
class SimulatedEngine:
    """Does what `eflows_nb.engine.worker.Worker` does, on plans instead of functions."""

    number: int
    plans: dict[int, Plan]
    files: dict[str, Any]
    disk: dict[str, int | None]
    inbox: deque[Any] = field(default_factory=deque)
    outbox: deque[Any] = field(default_factory=deque)
    store: Store = field(default_factory=Store)
    functions: set[int] = field(default_factory=set)
    batches: deque[Send] = field(default_factory=deque)
    position: int = 0
    overrun: bool = False
    lasting: int | None = None
    returning: int = 0
    cancelled: set[int] = field(default_factory=set)
    paths: Any = field(default_factory=itertools.count)

    @property
    def host(self) -> str:
        """Where it runs: every second engine is on another host than the client."""
        return AWAY if self.number % 2 else "here"

    def listen(self) -> None:
        """Take all messages that have come."""
        while self.inbox:
            message = self.inbox.popleft()
            if type(message) is Interrupt:
                self.cancelled.update(message.tasks)
            elif type(message) is ExportFrom:
                self._export(message.datum)
            elif type(message) is Recall:
                self.returning = len(self.batches)
            else:
                self.batches.append(message)

    def _export(self, datum: int) -> None:
        if datum not in self.store:
            self.outbox.append((datum, None))
            return
        path = f"{self.host}-{self.number}-{next(self.paths)}"
        self.files[path] = self.store[datum]
        self.outbox.append((datum, path))

    def work(self, tasks: int, seconds: float) -> None:
        """Run some tasks of the first batch, and tell of them."""
        if not self.batches:
            return
        batch = self.batches[0]
        if not self.position:
            self._begin(batch)
        results = []
        for task in batch.tasks[self.position : self.position + tasks]:
            given_back = self.overrun and self.position
            if self.lasting is not None:
                given_back = self.position > self.lasting
            given_back = given_back or self.returning
            results.append((Code.UNRUN,) if given_back else self._run(task.number, task.code.number))
            if has_run(results[-1]):
                self.store.drop(batch.last_reads.get(task.number, []))
            self.position += 1
        if self.position == len(batch.tasks):
            self.batches.popleft()
            self.position, self.overrun, self.lasting = 0, False, None
            self.returning -= self.returning > 0
            if not self.batches:
                self.cancelled.clear()
        if results:
            self.outbox.append((results, [seconds] * len(results)))

    def last(self) -> None:
        """Say that the task which is at work lasts, and give back what is behind it."""
        if not self.batches or not self.batches[0].tasks:
            return
        if self.returning or (self.overrun and self.position):
            return
        behind = 0
        for place in range(1, len(self.batches)):
            if self.batches[place].tasks:
                self.batches[place] = self.batches[place]._replace(tasks=[])
                behind += 1
        if behind or self.lasting is None:
            self.lasting = self.position
            self.outbox.append((LASTS, (self.batches[0].tasks[self.position].number, behind)))

    def _find(self, path: str, task: int) -> int | None:
        """Return what is in a file; for a writer that runs once more, what was there before it."""
        content = self.disk.get(path)
        if content == task:
            return self.disk[f"{path} before {task}"]
        self.disk[f"{path} before {task}"] = content
        return content

    def _begin(self, batch: Send) -> None:
        self.store.begin_batch(batch.keep)
        self.store.drop(batch.drop)
        self.functions.update(code.number for code in batch.functions)
        for number, (value, path) in batch.data.items():
            if path is None:
                self.store.keep_for_batch(number, value)
            elif number not in self.store and path in self.files:
                self.store.keep_mapped(number, self.files[path])

    def _run(self, task: int, function: int) -> Any:
        assert function in self.functions
        if task in self.cancelled:
            return (Code.CANCELLED,)
        plan = self.plans[task]
        missing = [datum for datum in plan.reads if datum not in self.store]
        if missing:
            return (Code.MISSING, missing[0])
        if plan.fails:
            return (Code.FAILED, Failure("ValueError", "it was planned", None, (), ""))
        inputs = [self.store[datum] for datum in plan.reads]
        inputs += [self._find(path, plan.outputs[0]) for path in plan.finds_there]
        self.disk.update((path, plan.outputs[0]) for path in plan.writes)
        told: list[Any] = []
        for position, (kind, datum) in enumerate(zip(plan.kinds, plan.outputs, strict=True)):
            value = plan.value(position, inputs)
            if kind == LARGE:
                self.store.keep_mapped(datum, value)
                told.append((Code.KEPT, 1 << 20))
            else:
                self.store.keep_for_batch(datum, value)
                told.append(value if kind == SCALAR else (Code.SMALL, Packed(b"%d" % value)))
        told += [None] * (len(plan.writes) + bool(plan.files))
        result = told[0] if len(told) == 1 else (Code.MANY, told)
        return (Code.CACHED, result) if plan.finds else result


class World:
    """A user, a scheduler and its engines; the methods from `submit` to `advance` are what can happen."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.numbers = itertools.count(1)
        self.engine_numbers = itertools.count()
        policies = [Policy()] * 5 + [Policy(priority=1), Policy(resources=Resources(cores=2))]
        self.codes = [
            FunctionCode(number, f"f{number}", b"", policy) for number, policy in enumerate(policies)
        ]
        self.engines: list[SimulatedEngine] = []
        self.files: dict[str, Any] = {}
        self.plans: dict[int, Plan] = {}
        self.put_values: dict[int, Any] = {}
        self.cancelled: set[int] = set()
        self.held: dict[int, Datum] = {}
        self.history: dict[int, list[TaskState]] = {}
        self.blamed = 0
        self.table = Files()
        self.disk: dict[str, int | None] = {}
        self.lost_hosts = 0

    # What the user does --------------------------------------------------------------------------------

    def submit(self, choice: int) -> None:
        """The user calls a task function; the choice decides on everything."""
        choice, kinds = _take(choice, KINDS)
        choice, fails = _take(choice, [False] * 15 + [True])
        choice, code = _take(choice, self.codes)
        choice, wanted = _take(choice, [0, 1, 1, 1, 2, 2, 3])
        reads: dict[int, Datum] = {}
        for _ in range(wanted if self.held else 0):
            choice, number = _take(choice, list(self.held)[-8:])  # young ones, so that graphs grow deep
            reads[number] = self.held[number]
        plan = Plan(tuple(reads), kinds, self._new_numbers(kinds), fails, finds=choice % 5 == 1)
        self._submit(plan, code, tuple(reads.values()))

    def nest(self, choice: int) -> None:
        """The user calls a task function with the results of another, and keeps only what it returns."""
        before = set(self.held)
        self.submit(choice)
        inner = {number: datum for number, datum in self.held.items() if number not in before}
        choice, kinds = _take(choice, KINDS)
        choice, code = _take(choice, self.codes)
        plan = Plan(tuple(inner), kinds, self._new_numbers(kinds), fails=False)
        self._submit(plan, code, tuple(inner.values()))
        for number in inner:
            del self.held[number]

    def use_file(self, choice: int) -> None:
        """The user calls a task function with a file or two, and with a result at times."""
        choice, kinds = _take(choice, KINDS)
        choice, fails = _take(choice, [False] * 15 + [True])
        choice, code = _take(choice, self.codes)
        choice, path = _take(choice, ["a", "b"])
        choice, direction = _take(choice, [Direction.IN, Direction.IN, Direction.OUT, Direction.INOUT])
        choice, other = _take(choice, [None, None, Direction.IN])
        choice, wanted = _take(choice, [0, 0, 1])
        files = {path: direction} | ({"c": other} if other is not None else {})
        reads = dict([_take(choice, list(self.held.items())[-8:])[1]] if wanted and self.held else [])
        plan = Plan(tuple(reads), kinds, self._new_numbers(kinds), fails, finds=choice % 5 == 1, files=files)
        self._submit(plan, code, tuple(reads.values()))

    def _new_numbers(self, kinds: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(next(self.numbers) for _ in kinds)

    def _submit(self, plan: Plan, code: FunctionCode, reads: tuple[Datum, ...]) -> None:
        number = plan.outputs[0]
        task = Task(number, code, b"", reads)
        task.outputs = tuple(Datum(output, task) for output in plan.outputs)
        self.held.update(zip(plan.outputs, task.outputs, strict=True))
        writes: tuple[Any, ...] = ()
        if plan.files:
            writes = tuple(((), datum.number) for datum in self._use_files(task, plan))
        if len(plan.outputs) > 1 or plan.files:
            task.wire_outputs = Outputs(plan.outputs, len(plan.outputs) > 1, writes)
        self.plans[number] = plan
        self.history[number] = []
        self.scheduler.submit([task])

    def _use_files(self, task: Task, plan: Plan) -> list[Datum]:
        """Give a task what `eflows_nb.runtime.submission` gives one that uses files."""
        access = FileAccess(self.table, "f")
        paths = {path: access.add(path, direction, "path") for path, direction in plan.files.items()}
        task.reads = tuple(dict.fromkeys((*task.reads, *access.reads())))
        versions = {paths[path]: Datum(next(self.numbers), task) for path in plan.writes}
        turn = Turn(next(self.numbers), task)
        turn.source = Source(task.number, writes=bool(versions))
        task.sources = (turn.source,)
        task.outputs = (*task.outputs, *versions.values(), turn)
        access.enter(turn, versions)
        return [*versions.values(), turn]

    def put(self, choice: int) -> None:
        """The user freezes a large value."""
        number = next(self.numbers)
        path = f"put-{number}"
        self.files[path] = self.put_values[number] = hash((path, choice))
        large = Large(
            datum=number, size=1 << 20, engines=set(), released=self.scheduler.released, shared=path
        )
        self.held[number] = Datum(number, value=large)

    def let_go(self, choice: int) -> None:
        """The user forgets a future."""
        if self.held:
            del self.held[_take(choice, list(self.held))[1]]

    def want(self, choice: int) -> None:
        """The user waits for a future."""
        if self.held:
            self.scheduler.want([self.held[_take(choice, list(self.held))[1]]])

    def cancel(self, choice: int) -> None:
        """The user cancels a task that has not ended before."""
        if not self.held:
            return
        datum = self.held[_take(choice, list(self.held))[1]]
        task = datum.producer
        if task is not None and task.state is TaskState.RUNNING and self.plans[task.number].writes:
            return  # nobody knows whether it has written then
        if datum.value is PENDING and TaskState.DONE not in self.history[task.number]:
            self.cancelled.add(task.number)
            self.scheduler.cancel([task], "it was cancelled by the user")

    # What the engines do -------------------------------------------------------------------------------

    def join(self, _: int) -> None:
        """An engine joins."""
        if len(self.engines) < 3:
            self.engines.append(SimulatedEngine(next(self.engine_numbers), self.plans, self.files, self.disk))
            self.scheduler.engine_up(self.engines[-1].number, self.engines[-1].host)

    def die(self, choice: int) -> None:
        """An engine dies."""
        if self.engines:
            choice, engine = _take(choice, self.engines)
            blame = bool(choice % 2) and self.blamed < LOST_ENGINES_LIMIT - 1
            self.blamed += blame
            self.engines.remove(engine)
            for first, second in engine.outbox:
                if type(first) is int:  # nobody will hear of this file; it goes with the session's others
                    self.files.pop(second, None)
            self.scheduler.engine_down(engine.number, blame=blame)

    def lose_host(self, _: int) -> None:
        """A host is lost, with its engines and the files that they have shared."""
        for engine in [engine for engine in self.engines if engine.host == AWAY]:
            self.engines.remove(engine)
            self.scheduler.engine_down(engine.number, blame=False)
        self.lost_hosts += 1
        for path in [path for path in self.files if path.startswith(AWAY)]:
            del self.files[path]
        self.scheduler.host_down(AWAY)

    def work(self, choice: int) -> None:
        """An engine listens, and runs some tasks."""
        if self.engines:
            choice, engine = _take(choice, self.engines)
            choice, tasks = _take(choice, [1, 2, 100])
            choice, seconds = _take(choice, [1e-6, 0.004, 1.0])
            engine.listen()
            engine.overrun |= choice % 4 == 0
            engine.work(tasks, seconds)

    def last(self, choice: int) -> None:
        """A task lasts."""
        if self.engines:
            engine = _take(choice, self.engines)[1]
            engine.listen()
            engine.last()

    def expect(self, choice: int) -> None:
        """More engines are expected to join, or no more."""
        self.scheduler.gangs.growing = bool(choice % 2)

    def retire(self, choice: int) -> None:
        """The user wants one engine less."""
        staying = [queue.number for queue in self.scheduler.engines.values() if not queue.leaving]
        if len(staying) > 1:
            self.scheduler.retire(_take(choice, staying)[1])

    def think(self, choice: int) -> None:
        """The client is slower or quicker to answer than before, and so has more or less sent in advance."""
        self.scheduler.look_ahead = _take(choice, [0.0, 0.02, 1.0])[1]

    def hear(self, choice: int) -> None:
        """The oldest word of an engine arrives."""
        speaking = [engine for engine in self.engines if engine.outbox]
        if speaking:
            self._deliver(_take(choice, speaking)[1])

    def advance(self, _: int) -> bool:
        """The commands of the scheduler are carried out."""
        commands = self.scheduler.advance()
        engines = {engine.number: engine for engine in self.engines}
        for command in commands:
            if type(command) is Remove:
                del self.files[command.shared]
            elif type(command) is Retire:
                assert not engines[command.engine].batches
                self.engines.remove(engines.pop(command.engine))
                self.scheduler.engine_down(command.engine, blame=False)
            elif command.engine in engines:
                engines[command.engine].inbox.append(self._portable(command))
        return bool(commands)

    def _deliver(self, engine: SimulatedEngine) -> None:
        first, second = engine.outbox.popleft()
        if first == LASTS:
            self.scheduler.lasting(engine.number, *second)
        elif type(first) is int:
            home = AWAY if engine.host == AWAY else ""
            self.scheduler.exported(engine.number, first, second, "", home)
        else:
            self.scheduler.results(engine.number, first, second)

    def _portable(self, command: Any) -> Any:
        if type(command) is not Send:
            return command
        data = {}
        for number, datum in command.data.items():
            value = datum.value
            if type(value) is Large:
                assert value.shared is not None
                data[number] = (None, value.shared)
            else:
                data[number] = (int(value.head) if type(value) is Packed else value, None)
        return command._replace(data=data)

    # What must be true ---------------------------------------------------------------------------------

    def check(self) -> None:
        """No task is invented, forgotten, or committed twice."""
        for change in self.scheduler.graph.changes:
            for task in change.tasks:
                self.history[task.number].append(change.state)
        self.scheduler.graph.changes.clear()
        assert min(self.scheduler.graph.counts.values(), default=0) >= 0
        assert sum(self.scheduler.graph.counts.values()) == len(self.plans)
        for history in self.history.values():
            for state, following in itertools.pairwise([TaskState.WAITING, *history]):
                assert following in FOLLOWS[state]
        for number, plan in self.plans.items():
            ends = [state for state in self.history[number] if state.has_result]
            assert not plan.writes or len(ends) < 2

    def finish(self) -> None:
        """Let everything come to its end."""
        self.join(0)
        self.scheduler.gangs.growing = False
        for _ in range(1000):
            busy = self.advance(0)
            for engine in self.engines:
                engine.listen()
                engine.work(100, 0.001)
                while engine.outbox:
                    self._deliver(engine)
                    busy = True
            if not busy:
                self.check()
                return
        raise AssertionError("the work never ends")

    def check_ends(self) -> None:
        """All tasks have ended as in a sequential run, and every value can be had."""
        assert self.scheduler.unfinished == 0
        expected = self._reference()
        ends = {number: history[-1] for number, history in self.history.items()}
        found = {number for number, state in ends.items() if state is TaskState.CACHED}
        assert all(self.plans[number].finds for number in found)
        ends.update(dict.fromkeys(found, TaskState.DONE))
        excused = self._excused()
        for number, (state, _) in expected.items():
            assert ends[number] is state or (number in excused and ends[number] is TaskState.CANCELLED)
        for _ in range(2):  # a lost value is made again first
            self.scheduler.want(self.held.values())
            self.finish()
        excused = self._excused()
        for number, plan in self.plans.items():
            _, results = expected[number]
            for datum, result in zip(plan.outputs, results, strict=True):
                if datum in self.held:
                    seen = self._seen(self.held[datum])
                    assert seen == result or (number in excused and seen is Broken)

    def _excused(self) -> set[int]:
        """Return the tasks that lack what was lost with an engine and could not be made again.

        That happens to a writer of files whose engine is lost before its result is shared, and with a host.
        """
        gone = {
            broken.task.number
            for broken in self.scheduler.graph.failures
            if broken.failure.kind == "ClusterError"
        }
        assert self.lost_hosts or all(self.plans[number].writes for number in gone)
        excused: set[int] = set()
        lacking: set[Any] = set()
        for number, plan in self.plans.items():
            cancelled = lacking.intersection((*plan.reads, *plan.finds_there))
            lacking.difference_update(plan.writes)
            if number in gone or cancelled:
                excused.add(number)
                lacking.update(plan.outputs)
            if cancelled:
                lacking.update(plan.writes)
        return excused

    def _reference(self) -> dict[int, tuple[TaskState, list[Any]]]:
        """Return the end and the results of each task, as a sequential run would have them."""
        ends: dict[int, tuple[TaskState, list[Any]]] = {}
        values: dict[int, int] = dict(self.put_values)
        disk: dict[str, int | None] = {"a": None, "b": None, "c": None}
        for number, plan in self.plans.items():
            lacks = any(datum not in values for datum in plan.reads)
            lacks = lacks or any(path not in disk for path in plan.finds_there)
            if number in self.cancelled or lacks or plan.fails:
                cancelled = number in self.cancelled or lacks
                state = TaskState.CANCELLED if cancelled else TaskState.FAILED
                ends[number] = (state, [Broken] * len(plan.outputs))
                for path in plan.writes:
                    disk.pop(path, None)
            else:
                inputs = [values[datum] for datum in plan.reads] + [disk[path] for path in plan.finds_there]
                disk.update((path, plan.outputs[0]) for path in plan.writes)
                results = [plan.value(position, inputs) for position in range(len(plan.outputs))]
                values.update(zip(plan.outputs, results, strict=True))
                ends[number] = (TaskState.DONE, results)
        return ends

    def _seen(self, datum: Datum) -> Any:
        value = datum.value
        if type(value) is Large:
            return self.files[value.shared]
        if type(value) is Packed:
            return int(value.head)
        return Broken if type(value) is Broken else value

    def check_release(self) -> None:
        """When the user lets go of everything, nothing large is left anywhere."""
        self.held.clear()
        gc.collect()
        self.scheduler.durations.learn(0, [100.0])
        for _ in range(2 * len(self.engines)):  # what is to be dropped is told with the next batch
            self._submit(Plan((), (SCALAR,), self._new_numbers((SCALAR,)), False), self.codes[0], ())
        self.held.clear()
        self.finish()
        assert self.files == {}
        large = {
            d for p in self.plans.values() for k, d in zip(p.kinds, p.outputs, strict=True) if k == LARGE
        }
        for engine in self.engines:
            assert not [datum for datum in large | set(self.put_values) if datum in engine.store]


def _take(choice: int, options: Sequence[T]) -> tuple[int, T]:
    """Return one of the options, and what is left of the choice."""
    rest, index = divmod(choice, len(options))
    return rest, options[index]


HAPPENINGS = (
    *[World.submit] * 8,
    *[World.nest] * 2,
    *[World.use_file] * 4,
    *[World.advance] * 4,
    *[World.work] * 4,
    *[World.hear] * 4,
    *[World.join] * 2,
    World.die,
    World.lose_host,
    World.last,
    World.last,
    World.think,
    World.retire,
    World.expect,
    World.want,
    World.put,
    World.let_go,
    World.cancel,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.integers(0, 1 << 40)), min_size=10, max_size=150))
def test_every_order_of_events_ends_like_a_sequential_run(events: list[tuple[Any, int]]) -> None:
    """Same ends, same values, nothing hangs, nothing is committed twice, nothing is left over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lineage, "LINEAGE_LIMIT", 3)
        world = World()
        for happen, choice in events:
            happen(world, choice)
            world.check()
        world.finish()
        world.check_ends()
        world.check_release()
