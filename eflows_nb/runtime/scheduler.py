"""The scheduler: a pure core that takes what happened and says what is to be done.

No input or output, no threads, no clocks. It decides where each task of the graph runs and what is shared,
and keeps everything that is needed to run a task again when its engine is lost.
"""

from __future__ import annotations

import itertools
import weakref
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from eflows_nb.engine.messages import Code, Failure, has_run
from eflows_nb.engine.packing import Packed
from eflows_nb.runtime.commands import (
    Change,
    Command,
    ExportFrom,
    Interrupt,
    Recall,
    Remove,
    Retire,
    Try,
)
from eflows_nb.runtime.durations import Durations
from eflows_nb.runtime.endings import blamed, deprived, expired, unshared
from eflows_nb.runtime.gangs import Gangs
from eflows_nb.runtime.graph import FAILURES_KEPT, TaskGraph, close, is_lost, lacks_input
from eflows_nb.runtime.lineage import Past, is_repeatable, open_sources, output_numbers, own_source
from eflows_nb.runtime.nearness import by_host, near
from eflows_nb.runtime.placement import best_engine, load, place_by_priority, spread, steal
from eflows_nb.runtime.queues import EngineQueue
from eflows_nb.tasks.data import PENDING, Broken, Datum, Large, Turn
from eflows_nb.tasks.policy import OnFailure
from eflows_nb.tasks.resources import USUAL, Resources
from eflows_nb.tasks.state import CANCELLED, DONE, READY, RUNNING, WAITING, TaskState
from eflows_nb.tasks.task import FunctionCode, Task

__all__ = ["LOST_ENGINES_LIMIT", "MISSED_LIMIT", "Scheduler"]

LOST_ENGINES_LIMIT = 3
"""A task that was running on so many engines when they died is blamed for it, and fails."""

MISSED_LIMIT = 100
"""A task that did not find an input on its engine so many times fails: what it reads has been removed."""

_WORTH_SHARING_SECONDS = 0.25
_REASON_LIMIT = 300


class Scheduler:
    """The task graph of one session, and the engines that work on it.

    The methods from `submit` to `want` tell what happened; `advance` returns what is to be done about it.
    """

    def __init__(self) -> None:
        self.graph = TaskGraph()
        self.engines: dict[int, EngineQueue] = {}
        self.gangs = Gangs(self.engines)
        """The tasks that need several engines."""
        self.ignored: deque[tuple[Task, Failure]] = deque(maxlen=FAILURES_KEPT)
        """The last failures that were ignored."""
        self.released: deque[tuple[int, set[int], Any]] = deque()
        """Where `Large` values leave word when nobody refers to them any more."""
        self.durations = Durations()
        self.look_ahead = 0.0
        """For how many seconds engines are to have work: as long as the client may not answer."""
        self._exporting: dict[int, tuple[Datum, list[Task]]] = {}
        self._commands: list[Command] = []
        self._missed: dict[int, int] = {}
        self._given_up: dict[int, Failure] = {}  # not to be run again, but their failures are ignored
        self._leaving: dict[int, set[int]] = {}  # what each engine that is to go was asked to share
        self._homes: dict[str, weakref.WeakSet[Large]] = {}  # data server -> what has a file there alone
        self._lasting: dict[int, int] = {}  # engine -> the task that has last been said to last there
        self._ended: set[int] = set()  # engines that are ended on purpose, for one task
        self._optional: set[int] = set()  # data that are exported only since they could not be made again
        self._unshareable: set[int] = set()  # those of them for which there is no room
        self._apart = False  # whether there were ever engines on several hosts
        self._lossy = False  # whether data were ever lost with an engine

    @property
    def exporting(self) -> bool:
        """Whether an engine was asked to share something and has not answered yet."""
        return bool(self._exporting)

    @property
    def waiting_for_data(self) -> int:
        """Number of tasks that wait until engines have shared data; for two data twice."""
        return sum(len(tasks) for _, tasks in self._exporting.values())

    @property
    def unfinished(self) -> int:
        """Number of tasks that are not done, failed or cancelled."""
        return self.graph.unfinished

    # What happened -------------------------------------------------------------------------------------

    def submit(self, tasks: Sequence[Task]) -> None:
        """Take new tasks, each after those that make what it reads."""
        self.graph.submit(tasks)

    def engine_up(self, number: int, host: str = "", share: Resources | None = None) -> None:
        """An engine has joined, with a share of its host."""
        self._apart = self._apart or any(queue.host != host for queue in self.engines.values())
        self.engines[number] = EngineQueue(number, host, share)

    def retire(self, number: int) -> None:
        """Let an engine go, as soon as what it has begun is done and what it holds can be had elsewhere.

        Raises
        ------
        ValueError
            When it is the last one.
        """
        queue = self.engines[number]
        if all(other.leaving for other in self.engines.values() if other is not queue):
            raise ValueError("the last engine cannot be retired")
        queue.leaving = True
        self._leaving[number] = set()
        self.graph.ready.extend(queue.queue)
        queue.queue.clear()
        if queue.flights and not queue.returning:
            self._recall(queue)

    def engine_down(self, number: int, *, blame: bool = True) -> None:
        """An engine is gone, with all that it held; what it had runs again elsewhere.

        Parameters
        ----------
        blame
            Whether what it was running may be the reason. Of the tasks in its batch, and in the next one
            since word of results may be lost with it, nobody knows which; from then on each travels alone,
            until it is done or was alone when it lost an engine once too often.
        """
        queue = self.engines.pop(number, None)
        if queue is None:
            return
        self._leaving.pop(number, None)
        self._lasting.pop(number, None)
        blame = blame and number not in self._ended
        self._ended.discard(number)
        for large in list(queue.holds):
            large.engines.discard(number)
            self._lossy = True
        for datum, _ in list(self._exporting.values()):
            if type(datum.value) is not Large or is_lost(datum):  # one may be forgotten for another
                self._not_exported(datum)
        running = [
            [t for t in flight.tasks[flight.done :] if t.state is RUNNING and t.engine == number]
            for flight in queue.flights
        ]
        suspects = [task for tasks in running[:2] for task in tasks] if blame else []
        for task in suspects:
            task.lost = task.lost + 1 if len(suspects) == 1 else max(task.lost, 1)
            if task.lost >= LOST_ENGINES_LIMIT:
                self._give_up(task, blamed(task), number)
        current = queue.current
        for task in itertools.chain.from_iterable(running):
            if task.state is RUNNING:
                if task is current:  # of those behind it none had begun, as far as is known
                    how = f"engine {number} {'was lost' if blame else 'ended'}"
                    self.graph.tries.append(Try(task.number, number, 0.0, 0.0, how))
                self._requeue(task)
        self.graph.ready.extend(queue.queue)

    @property
    def homes(self) -> list[str]:
        """The data servers with which files would go."""
        return list(self._homes)

    def elsewhere(self) -> list[Large]:
        """Return what would go with a data server."""
        return [large for larges in self._homes.values() for large in larges]

    def brought(self, large: Large, shared: Any) -> None:
        """The client has a file of its own now."""
        large.shared = shared
        for larges in self._homes.values():
            larges.discard(large)

    def host_down(self, home: str) -> None:
        """A data server is gone, with the files that it served; its engines have gone before."""
        for large in list(self._homes.pop(home, ())):
            large.shared = None
            self._lossy = True

    def results(
        self, number: int, results: Sequence[Any], seconds: Sequence[float], start: float = 0.0
    ) -> None:
        """The next tasks of an engine's oldest batch have come back, run one after the other from `start`."""
        queue = self.engines.get(number)
        if queue is None:
            return
        tasks = queue.finish(len(results))
        if number in self._lasting and any(task.number == self._lasting[number] for task in tasks):
            del self._lasting[number]
        starts = [start + passed for passed in itertools.accumulate(seconds[:-1], initial=0.0)]
        if queue.last_reads or tuple in set(map(type, results)):
            self._take_results(queue, tasks, results, starts, seconds)
        else:
            self._take_plain_results(queue, tasks, results, starts, seconds)

    def _take_plain_results(
        self,
        queue: EngineQueue,
        tasks: list[Task],
        results: Sequence[Any],
        starts: Sequence[float],
        seconds: Sequence[float],
    ) -> None:
        """Take results that are numbers or short texts, as those of most short tasks are."""
        number, resolve = queue.number, self.graph.resolve
        strays: set[Task] = set()  # cancelled meanwhile, or run elsewhere
        for task, result in zip(tasks, results, strict=True):
            if task.state is RUNNING and task.engine == number:
                resolve(task.outputs[0], result)
                task.state = DONE
            else:
                strays.add(task)
        if strays:
            kept = [place for place, task in enumerate(tasks) if task not in strays]
            tasks = [tasks[place] for place in kept]
            starts = [starts[place] for place in kept]
            seconds = [seconds[place] for place in kept]
        if tasks:
            self._end_well(DONE, queue, tasks, starts, seconds, (0,) * len(tasks))

    def _take_results(
        self,
        queue: EngineQueue,
        tasks: list[Task],
        results: Sequence[Any],
        starts: Sequence[float],
        seconds: Sequence[float],
    ) -> None:
        number = queue.number
        done: list[tuple[Task, float, float, int]] = []
        cached: list[tuple[Task, float, float, int]] = []
        for task, result, began, duration in zip(tasks, results, starts, seconds, strict=True):
            size = 0
            if queue.last_reads and task.number in queue.last_reads:
                _dropped(task, queue.last_reads.pop(task.number), number, result)
            if task.state is not RUNNING or task.engine != number:
                self._discard(task, result, queue)
                continue
            if type(result) is not tuple:
                self.graph.resolve(task.outputs[0], result)
            elif (code := result[0]) is Code.SMALL:
                size = result[1].size
                self.graph.resolve(task.outputs[0], result[1])
            elif code is Code.KEPT or code is Code.MANY:
                size = self._resolve_all(task, result, queue)
            elif code is Code.IGNORED:
                self.ignored.append((task, result[1]))
                self._given_up.pop(task.number, None)
                size = self._resolve_any(task, result[2], queue)
            elif code is Code.CACHED:
                cached.append((task, began, duration, self._resolve_any(task, result[1], queue)))
                task.state = TaskState.CACHED
                continue
            elif code is Code.FAILED:
                if task.failures < task.code.policy.retries and not result[1].final:
                    self._note_try(task, number, result[1], began, duration)
                    self._retry(task, queue)
                else:
                    self.graph.fail(task, result[1], number, began, duration)
                continue
            elif code is Code.CANCELLED:
                self.graph.cancel(task, Broken(task=task, reason="it was interrupted"))
                continue
            else:
                if code is Code.MISSING:
                    self._note_missing(task, result[1:], queue)
                if code is Code.MISSING and self._is_hopeless(task):
                    self.graph.fail(task, deprived(task), number, began, duration)
                else:
                    self._requeue(task)
                continue
            task.state = DONE
            done.append((task, began, duration, size))
        if done:
            self._end_well(DONE, queue, *zip(*done, strict=True))
        if cached:
            self._end_well(TaskState.CACHED, queue, *zip(*cached, strict=True))

    def _end_well(
        self,
        state: TaskState,
        queue: EngineQueue,
        tasks: Sequence[Task],
        starts: Sequence[float],
        seconds: Sequence[float],
        sizes: Sequence[int],
    ) -> None:
        if state is DONE:
            self._learn(tasks, seconds)
        for task in tasks if self._missed else ():
            self._missed.pop(task.number, None)
        queue.finished += len(tasks)
        self.graph.count(RUNNING, state, len(tasks))
        self.graph.changes.append(Change(state, queue.number, tasks, starts, seconds, sizes))

    def _learn(self, tasks: Sequence[Task], seconds: Sequence[float]) -> None:
        """Know how long the functions of these tasks take."""
        functions = {task.code.number for task in tasks}
        if len(functions) == 1:
            self.durations.learn(functions.pop(), seconds)
            return
        spent: dict[int, list[float]] = {function: [] for function in functions}
        for task, duration in zip(tasks, seconds, strict=True):
            spent[task.code.number].append(duration)
        for function, durations in spent.items():
            self.durations.learn(function, durations)

    def lasting(self, number: int, task_number: int, behind: int) -> None:
        """A task of an engine lasts: what is behind it will not run there, but may elsewhere.

        Parameters
        ----------
        number
            The engine.
        task_number
            The task.
        behind
            How many whole batches behind that of the task the engine has given back.
        """
        queue = self.engines.get(number)
        if queue is None:
            return
        self._lasting[number] = task_number
        queue.returning = max(queue.returning - behind, 1)
        flight = queue.flights[0]
        numbers = [task.number for task in flight.tasks]
        given_back: list[Task] = []
        for position in range(numbers.index(task_number, flight.done) + 1, len(numbers)):
            given_back.append(flight.tasks[position])
            flight.tasks[position] = _TAKEN_BACK
        for _ in range(behind):
            given_back += queue.take_back(1)
        for task in given_back:
            if task.state is RUNNING and task.engine == number:
                self._requeue(task)

    def exported(self, number: int, datum_number: int, shared: Any, reason: str, home: str = "") -> None:
        """An engine has shared a datum, or says why it could not; without a reason it does not hold it.

        Parameters
        ----------
        home
            The data server with which the file goes; empty for one that outlives the engines.
        """
        entry = self._exporting.get(datum_number)
        if entry is None or type(entry[0].value) is not Large:
            if shared is not None:
                self._commands.append(Remove(shared))
            return
        datum, _ = entry
        large = datum.value
        optional = datum_number in self._optional
        self._optional.discard(datum_number)
        if shared is None and reason:
            if optional:
                self._unshareable.add(datum_number)
                self._end_export(datum)
                return
            if datum.producer is not None:
                self.graph.break_datum(datum, unshared(datum, reason))
            else:
                datum.value = PENDING  # the session itself wanted it, and can do without
            self._not_exported(datum)
        elif shared is None:
            large.engines.discard(number)
            self._not_exported(datum)
        else:
            if large.shared is not None:  # on another host; this one took its place to end the lineage
                self._commands.append(Remove(large.shared))
            large.shared = shared
            if home:
                self._homes.setdefault(home, weakref.WeakSet()).add(large)
            else:
                datum.producer = None  # the file outlives the engines: it is never made again
            self._end_export(datum)

    def _end_export(self, datum: Datum) -> None:
        """Let those that wait for an export go on."""
        _, waiting = self._exporting.pop(datum.number)
        for task in waiting:
            task.unmet -= 1
            if not task.unmet and task.engine < 0 and task.state is WAITING:
                self.graph.make_ready(task)

    def is_running(self, task: Task, engine: int) -> bool:
        """Return whether it is known that a task runs on an engine, and is not one that waits there.

        Those before it in its batch may be done: their results come with its own.
        """
        queue = self.engines[engine]
        return queue.current is task or self._lasting.get(engine) == task.number

    def expire(self, task: Task, engine: int) -> None:
        """Let a task end badly that its engine cannot end in time; the engine is about to be ended."""
        queue = self.engines[engine]
        queue.leaving = True
        self._ended.add(engine)
        self.graph.ready.extend(queue.queue)
        queue.queue.clear()
        if task.state is not RUNNING or task.engine != engine:
            return
        if task.failures < task.code.policy.retries:
            self._note_try(task, engine, expired(task))
            self._retry(task, queue)
        else:
            self._give_up(task, expired(task), engine)

    def given_up(self, tasks: Iterable[Task]) -> dict[int, Failure]:
        """Return which tasks are not to be run again, and why, since their failures are ignored."""
        known = self._given_up
        return {task.number: known[task.number] for task in tasks if task.number in known} if known else known

    def cancel(self, tasks: Iterable[Task], reason: str) -> None:
        """Cancel tasks that are not finished, and all that reads what they would have made."""
        running: dict[int, list[int]] = {}
        for task in tasks:
            if task.state is RUNNING:
                running.setdefault(task.engine, []).append(task.number)
            if not task.state.is_final:
                self.graph.cancel(task, Broken(task=task, reason=reason))
        self._commands.extend(Interrupt(engine, tuple(numbers)) for engine, numbers in running.items())

    def cancel_all(self, reason: str) -> None:
        """Cancel every task that is not finished."""
        self.cancel(self._heads(), reason)

    def _heads(self) -> list[Task]:
        """Return unfinished tasks, such that all others read what they make, in turn."""
        tasks = [*self.graph.ready, *self.gangs.waiting]
        for queue in self.engines.values():
            tasks.extend(queue.queue)
            for flight in queue.flights:
                tasks.extend(flight.tasks[flight.done :])
        for _, waiting in self._exporting.values():
            tasks.extend(waiting)
        return tasks

    def find(self, numbers: Iterable[int]) -> list[Task]:
        """Return those of the tasks with these numbers that are not finished."""
        wanted = set(numbers)
        found: dict[int, Task] = {}
        seen: set[int] = set()
        pending = self._heads()
        while pending and len(found) < len(wanted):
            task = pending.pop()
            if task.number in seen or task.state.is_final:
                continue
            seen.add(task.number)
            if task.number in wanted:
                found[task.number] = task
            for datum in task.outputs:
                pending.extend(datum.readers or ())
        return list(found.values())

    def want(self, data: Iterable[Datum]) -> None:
        """The client itself needs values: let them be shared, or made again if they are lost."""
        for datum in data:
            large = datum.value
            if type(large) is Large and large.shared is None:
                if large.engines:
                    self._export(datum, None)
                else:
                    self.graph.revive(datum)

    # What is to be done --------------------------------------------------------------------------------

    def advance(self) -> list[Command]:
        """Return what is to be done now."""
        while self.released:
            self._drop(*self.released.popleft())
        if self.engines:
            stays = any(not queue.leaving for queue in self.engines.values())
            while self.graph.ready and stays:  # placing may find that a lost input is to be made first
                self._place()
            if self.gangs:
                self._gather()
            self._send()
            for number in list(self._leaving):
                self._see_off(self.engines[number])
        commands, self._commands = self._commands, []
        return commands

    def _place(self) -> None:
        tasks, self.graph.ready = self.graph.ready, []
        queues = self.gangs.free()
        staying = [queue.number for queue in self.engines.values() if not queue.leaving]
        free: list[Task] = []
        tied: list[tuple[EngineQueue, Task]] = []
        wanted: Counter[int] = Counter()
        if any(queue.holds for queue in self.engines.values()):
            wanted.update(
                datum.number
                for task in tasks
                for datum in task.reads
                if type(datum.value) is Large and datum.value.shared is None
            )
        unusual = False
        for task in tasks:
            if task.state is not READY:
                continue
            if self._lossy and lacks_input(task):
                self._reenter(task, READY)
                continue
            if task.sources and self._waits_to_write(task):
                continue
            if not task.code.is_usual:
                unusual = True
                if task.code.policy.resources is not USUAL and self.gangs.needs_many(task):
                    self._place_with_gang(task)
                    continue
            if not wanted or not task.reads:
                free.append(task)
                continue
            nearness = self._nearness(task) if self._apart else None
            engine, missing = best_engine(task, staying, nearness)
            if engine < 0:
                free.append(task)
                continue
            if len(queues) > 1:  # what many read should not tie them all to one engine
                missing = [datum for datum in task.reads if datum in missing or wanted[datum.number] > 1]
            if missing:
                self._wait_for_exports(task, missing)
            else:
                tied.append((self.engines[engine], task))
        for queue, task in reversed(tied):  # what was made last is read first, while it is at hand
            queue.queue.append_first(task)
            if task.code.policy.priority > 0 and queue.can_share:
                self._recall(queue)
        if free:
            urgent = [task for task in free if task.code.policy.priority] if unusual else ()
            if urgent:
                for queue in place_by_priority(urgent, queues):
                    self._recall(queue)
                free = [task for task in free if not task.code.policy.priority]
            groups = by_host(free, queues, self.engines) if self._apart else ((free, queues),)
            for group, there in groups:
                spread(group, there, self.durations)

    def _nearness(self, task: Task) -> Callable[[int], float]:
        """Return what a task finds on the host of an engine, in bytes; half counts, it is not free."""
        have = near(task.reads, self.engines)
        return lambda engine: have[self.engines[engine].host] / 2

    def _place_with_gang(self, task: Task) -> None:
        """Let a task wait for several engines, with what it reads where each of them can have it."""
        missing = [d for d in task.reads if type(d.value) is Large and d.value.shared is None]
        if missing:
            self._wait_for_exports(task, missing)
        else:
            self.gangs.add(task)

    def _wait_for_exports(self, task: Task, missing: list[Datum], *, optional: bool = False) -> None:
        self.graph.count(READY, WAITING, 1)
        task.state = WAITING
        task.unmet += len(missing)
        for datum in missing:
            self._export(datum, task, optional=optional)

    def _waits_to_write(self, task: Task) -> bool:
        """Return whether a task must not write to its files yet, and let it wait then.

        Those that have read the files before cannot run again after it. So what was made of that and lies on
        engines alone is shared before, and what is lost is made again.
        """
        own = own_source(task)
        if own is None or not own.writes:
            return False
        turns = Turn.followed(read for read in task.reads if isinstance(read, Turn))
        if any(turn.value is PENDING for turn in turns):
            task.reads = tuple(dict.fromkeys((*task.reads, *turns)))
            self._reenter(task, READY)
            return True
        sources = [turn.source for turn in turns if turn.source is not None]
        made = list(dict.fromkeys(datum for source in sources for datum in source.made))
        lost = [datum for datum in made if is_lost(datum)]
        for datum in lost:
            if is_lost(datum):  # and was not made again with another one
                self.graph.revive(datum)
        if lost:
            self._reenter(task, READY)
            return True
        alone = [
            datum
            for datum in made
            if type(datum.value) is Large
            and datum.value.shared is None
            and datum.number not in self._unshareable
        ]
        if alone:
            self._wait_for_exports(task, alone, optional=True)
            return True
        for source in sources:
            source.close()
        return False

    def _gather(self) -> None:
        """Keep engines for tasks that need several, and start those whose engines are idle."""
        for queue, task in self.gangs.gather():
            if task is not None:
                self._send_batch(queue, task)
            elif not queue.returning:
                self._recall(queue)

    def _send(self) -> None:
        """Send each engine what it should have; who has nothing gets something of the others."""
        idle: list[EngineQueue] = []
        fresh: list[EngineQueue] = []
        waiting = False
        for queue in self.engines.values():
            if queue.queue:
                if not queue.flights:
                    fresh.append(queue)
                self._fill(queue)
            if queue.queue:
                waiting = True
            elif not queue.flights and queue.kept_for is None and not queue.leaving:
                idle.append(queue)
        if waiting:
            for queue in idle:
                if steal(queue, self.engines.values(), self.durations):
                    self._fill(queue)
                elif len(self._exporting) < len(idle):
                    self._untie()
        elif idle and len(idle) < len(self.engines):
            busiest = max(self.engines.values(), key=lambda queue: queue.ahead)
            if busiest.can_share and busiest not in fresh:  # it has begun: something is done in any case
                self._recall(busiest)

    def _untie(self) -> None:
        """Let what a task reads be shared that waits behind one that lasts: it can run elsewhere then."""
        for queue in self.engines.values():
            waiting = queue.queue.first
            lasts = queue.current is not None and queue.current.number == self._lasting.get(queue.number)
            if not queue.flights or not waiting or not (lasts or queue.ahead > _WORTH_SHARING_SECONDS):
                continue
            task = waiting[-1]
            missing = [
                datum
                for datum in task.reads
                if type(datum.value) is Large and datum.value.shared is None and datum.value.engines
            ]
            if missing and task.state is READY:
                self._wait_for_exports(waiting.pop(), missing)
                return

    def _recall(self, queue: EngineQueue) -> None:
        queue.returning = len(queue.flights)
        self._commands.append(Recall(queue.number))

    def _see_off(self, queue: EngineQueue) -> None:
        """Let an engine share what it alone holds, and then end it; what cannot be shared is made again."""
        asked = self._leaving[queue.number]
        waits = bool(queue.flights)
        for large in list(queue.holds):
            elsewhere = large.shared is not None or any(
                not self.engines[engine].leaving for engine in large.engines if engine in self.engines
            )
            if not elsewhere and large.datum not in asked:
                asked.add(large.datum)
                self._export(Datum(large.datum, value=large), None)
            waits = waits or large.datum in self._exporting
        if not waits:
            del self._leaving[queue.number]
            self._commands.append(Retire(queue.number))

    def _fill(self, queue: EngineQueue) -> None:
        """Send batches to an engine as long as it wants some."""
        while queue.queue and queue.wants_more(self.look_ahead) and self._send_batch(queue):
            pass

    def _send_batch(self, queue: EngineQueue, first: Task | None = None) -> bool:
        """Send a batch to an engine, with a given task first; return whether there was anything to send."""
        started: list[Task] = []
        send = queue.next_batch(self.durations, self.look_ahead, started, first)
        if send is None:
            return False
        self._commands.append(send)
        waiting = sum(1 for task in started if task.unmet)
        self.graph.count(WAITING, RUNNING, waiting)
        self.graph.count(READY, RUNNING, len(started) - waiting)
        kept = [] if first is None else [n for n in self.gangs.engines_for(first) if n != queue.number]
        self.graph.changes.append(Change(RUNNING, queue.number, started, kept=kept))
        return True

    def _export(self, datum: Datum, task: Task | None, *, optional: bool = False) -> None:
        if not optional:
            self._optional.discard(datum.number)
        elif datum.number not in self._exporting:
            self._optional.add(datum.number)
        if datum.number not in self._exporting:
            self._exporting[datum.number] = (datum, [])
            self._commands.append(ExportFrom(min(datum.value.engines), datum.number))
        if task is not None:
            self._exporting[datum.number][1].append(task)

    def _not_exported(self, datum: Datum) -> None:
        """Try again elsewhere, or make the datum again."""
        if type(datum.value) is Large and datum.value.engines:
            self._commands.append(ExportFrom(min(datum.value.engines), datum.number))
            return
        _, waiting = self._exporting.pop(datum.number)
        optional = datum.number in self._optional
        self._optional.discard(datum.number)
        if is_lost(datum) and not optional:
            self.graph.revive(datum)
        for task in waiting:
            if task.state is WAITING and task.engine < 0:
                self._reenter(task, WAITING)

    def _drop(self, number: int, engines: set[int], shared: Any) -> None:
        self._unshareable.discard(number)
        for engine in engines:
            if engine in self.engines:
                self.engines[engine].drop.append(number)
        if shared is not None:
            self._commands.append(Remove(shared))

    # The graph -----------------------------------------------------------------------------------------

    def _give_up(self, task: Task, failure: Failure, engine: int) -> None:
        """End a task that cannot be run; if its failures are ignored it leaves what a failure leaves."""
        if task.code.policy.on_failure is OnFailure.IGNORE and task.number not in self._given_up:
            self._given_up[task.number] = failure
            task.lost = 0
            self._requeue(task)
        else:
            self.graph.fail(task, failure, engine)

    def _note_try(
        self, task: Task, engine: int, failure: Failure, start: float = 0.0, seconds: float = 0.0
    ) -> None:
        """Let those who watch know how a task ended that runs again."""
        reason = f"{failure.kind}: {failure.message}"[:_REASON_LIMIT]
        self.graph.tries.append(Try(task.number, engine, start, seconds, reason))

    def _retry(self, task: Task, failed_on: EngineQueue) -> None:
        """Run a task that has failed again: first on the same engine, then on another."""
        task.failures += 1
        self._requeue(task)
        if self.graph.ready and self.graph.ready[-1] is task and not self.gangs.needs_many(task):
            staying = [queue for queue in self.engines.values() if not queue.leaving]
            others = [queue for queue in staying if queue is not failed_on]
            queue = failed_on if task.failures == 1 or not others else min(others, key=load)
            if not queue.leaving:
                self.graph.ready.pop()
                queue.queue.append_first(task)

    def _requeue(self, task: Task) -> None:
        """Take back a task that an engine had and did not finish."""
        self.graph.note_return(task)
        if task.engine in self.engines:
            self.engines[task.engine].last_reads.pop(task.number, None)
        task.engine = -1
        for output in task.outputs:
            for reader in output.readers or ():
                reader.undispatched += 1
        self._reenter(task, RUNNING)

    def _reenter(self, task: Task, state: TaskState) -> None:
        for datum in task.reads:
            if datum.readers and task in datum.readers:
                datum.readers.remove(task)
        for _, waiting in self._exporting.values():
            if task in waiting:
                waiting.remove(task)
        self.graph.count(state, WAITING, 1)
        task.state = WAITING
        self.graph.enter(task)

    def _resolve_any(self, task: Task, result: Any, queue: EngineQueue) -> int:
        if type(result) is tuple and result[0] is not Code.SMALL:
            return self._resolve_all(task, result, queue)
        value = result[1] if type(result) is tuple else result
        self.graph.resolve(task.outputs[0], value)
        return value.size if type(value) is Packed else 0

    def _resolve_all(self, task: Task, result: Any, queue: EngineQueue) -> int:
        """Take several results, or one that stays on its engine; return their size in bytes."""
        results = result[1] if result[0] is Code.MANY else [result]
        sources = open_sources(task)
        large = False
        size = 0
        for datum, told in zip(task.outputs, results, strict=True):
            if type(told) is tuple and told[0] is Code.KEPT:
                large = True
                size += told[1]
                if datum.value is PENDING:
                    datum.value = Large(
                        datum=datum.number,
                        size=told[1],
                        engines={queue.number},
                        released=self.released,
                        brief=told[2] if len(told) > 2 else "",
                    )
                    queue.holds.add(datum.value)
                    for source in sources:
                        source.add(datum)
                    self.graph.wake_readers(datum)
                elif type(datum.value) is Large:  # the task ran again for another of its results
                    datum.value.engines.add(queue.number)
                    queue.holds.add(datum.value)
                else:
                    queue.drop.append(datum.number)
            elif datum.value is PENDING:
                datum.value = told[1] if type(told) is tuple else told
                size += told[1].size if type(told) is tuple else 0
                self.graph.wake_readers(datum)
        if large and is_repeatable(task):
            task.sources = sources
            if sources and isinstance(task.outputs[-1], Turn):
                task.outputs[-1].producer = None
            task.reads = tuple(self._remembered(read) for read in task.reads)  # type: ignore[misc]
            task.outputs = tuple(weakref.ref(datum) for datum in task.outputs)  # type: ignore[misc]
        elif large:
            for datum in task.outputs:
                if type(datum.value) is not Large:
                    datum.producer = None
            outputs = [weakref.ref(datum) for datum in task.outputs]
            close(task)
            task.outputs = tuple(outputs)  # type: ignore[arg-type]
            del datum
            for reference in outputs:  # it cannot be made again: it is shared unless nobody refers to it
                kept = reference()
                if kept is not None and type(kept.value) is Large:
                    self._export(kept, None, optional=True)
        else:
            for datum in task.outputs:
                datum.producer = None
            close(task)
        return size

    def _remembered(self, read: Datum) -> Datum | Past:
        """Return what a task that is done keeps of something that it has read, to be able to run again."""
        if read.producer is None or read.number in self._exporting or not is_repeatable(read.producer):
            return read
        past = Past(read)
        if not past.is_deep or type(read.value) is not Large or not read.value.engines:
            return past
        self._export(read, None, optional=True)
        return read

    def _discard(self, task: Task, result: Any, queue: EngineQueue) -> None:
        """Let an engine forget the large results of a task that was cancelled while it ran."""
        if type(result) is tuple and result[0] in (Code.IGNORED, Code.CACHED):
            result = result[-1]
        if type(result) is tuple and result[0] in (Code.KEPT, Code.MANY):
            queue.drop.extend(output_numbers(task))

    def _note_missing(self, task: Task, missing: tuple[int, ...], queue: EngineQueue) -> None:
        """Know that an engine does not hold what it was told to fetch: it is told again."""
        for datum in task.reads:
            if datum.number in missing and type(datum.value) is Large and datum.value.shared is not None:
                datum.value.engines.discard(queue.number)
                queue.holds.discard(datum.value)

    def _is_hopeless(self, task: Task) -> bool:
        """Return whether an input of a task was missing so often that it will never be there."""
        self._missed[task.number] = missed = self._missed.get(task.number, 0) + 1
        return missed >= MISSED_LIMIT


def _dropped(task: Task, data: list[int], engine: int, result: Any) -> None:
    """Note that an engine holds some of what a task read no longer."""
    if has_run(result):
        for datum in task.reads:
            if datum.number in data and type(datum.value) is Large:
                datum.value.engines.discard(engine)


def _taken_back() -> Task:
    task = Task(-1, FunctionCode(-1, "", b""), b"", ())
    task.state = CANCELLED
    return task


_TAKEN_BACK = _taken_back()
"""What is in a batch in the place of a task that will be given back, and has been sent elsewhere."""
