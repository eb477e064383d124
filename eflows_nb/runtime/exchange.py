"""What goes to and fro between the scheduler and the cluster: messages one way, commands the other."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from eflows_nb.clusters.cluster import (
    Arrival,
    Cluster,
    ClusterState,
    EngineDown,
    EngineUp,
    HostDown,
    Message,
    StateChange,
)
from eflows_nb.engine import shared
from eflows_nb.engine.imports import Imports
from eflows_nb.engine.messages import (
    Batch,
    Cancel,
    Displayed,
    Export,
    Exported,
    GiveBack,
    Lasting,
    Results,
    WireFunction,
    WireTask,
    Written,
)
from eflows_nb.engine.outputs import Display
from eflows_nb.engine.packing import INLINE, SCALARS, Packed
from eflows_nb.runtime.commands import Command, ExportFrom, Interrupt, Recall, Remove, Retire, Send
from eflows_nb.runtime.deadlines import GRACE_SECONDS, Deadlines
from eflows_nb.runtime.lag import Lag
from eflows_nb.runtime.observers import Observers
from eflows_nb.runtime.scheduler import Scheduler
from eflows_nb.runtime.sent import SentCode
from eflows_nb.tasks.data import Datum, Large
from eflows_nb.tasks.events import (
    ClusterChanged,
    DataShared,
    EnergyRead,
    EngineJoined,
    EngineLeft,
    TaskCleared,
    TaskDisplay,
    TaskOutput,
)
from eflows_nb.tasks.policy import OnFailure
from eflows_nb.tasks.state import TaskState
from eflows_nb.tasks.task import FunctionCode, Task

__all__ = ["LOOK_AHEAD_LIMIT", "Exchange"]

LOOK_AHEAD_LIMIT = 5.0
"""Engines get work for so many seconds at most, and while nobody waits: the client may compute then."""

_MARGIN = 1.25

logger = logging.getLogger(__name__)


class Exchange:
    """Takes what engines say to the scheduler, and carries out what it says is to be done.

    Nothing here waits, and nothing is safe for several threads; see `eflows_nb.runtime.driver`.

    Parameters
    ----------
    scheduler
        The task graph.
    cluster
        Where tasks run first.
    token
        Token of the session, part of the names of its shared files.
    observers
        Hear of it.
    """

    def __init__(self, scheduler: Scheduler, cluster: Cluster, token: str, observers: Observers) -> None:
        self.cluster = cluster
        self.state = ClusterState.STARTING
        self.reason = ""
        self.hosts: dict[int, tuple[str, int]] = {}
        """Host and process of each engine."""
        # How each engine names what it shares, and the number of the last file that was heard of.
        self._shared: dict[int, tuple[str, int]] = {}
        self._gpus: dict[int, tuple[str, ...]] = {}
        self._scheduler = scheduler
        self._token = token
        self._observers = observers
        self._deadlines = Deadlines()
        self._limited = False  # whether any function has a time_out
        self._lag = Lag()
        self._sent = SentCode(scheduler.durations.forget)

    def move(self, inbox: deque[Task], *, attended: bool) -> None:
        """Carry everything that has come and everything that follows from it.

        Parameters
        ----------
        inbox
            New tasks; emptied.
        attended
            Whether somebody waits. If not, the client may be computing, and engines get more in advance.
        """
        scheduler, cluster = self._scheduler, self.cluster
        if self._deadlines and cluster.kind != "inline":
            self._enforce(time.monotonic())
        lag = _MARGIN * self._lag.seconds(time.time()) if attended else LOOK_AHEAD_LIMIT
        scheduler.look_ahead = min(lag, LOOK_AHEAD_LIMIT)
        moved = True
        while moved:
            moved = False
            if inbox:
                self.submit(inbox)
                moved = True
            for arrival in cluster.receive():
                moved = True
                self._welcome(arrival)
            for command in scheduler.advance():
                moved = True
                self._carry_out(command)
        self._note_changes()

    def submit(self, inbox: deque[Task]) -> None:
        """Let the scheduler have new tasks."""
        if tasks := [inbox.popleft() for _ in range(len(inbox))]:
            self._observers.note_submitted(tasks)
            self._scheduler.submit(tasks)

    def _welcome(self, arrival: Arrival) -> None:
        scheduler, observers = self._scheduler, self._observers
        if type(arrival) is Message:
            self._take(arrival.engine, arrival.content)
        elif type(arrival) is EngineUp:
            scheduler.engine_up(arrival.engine, arrival.host, arrival.share)
            self.hosts[arrival.engine] = (arrival.host, arrival.pid)
            self._shared[arrival.engine] = (arrival.files, -1)
            self._gpus[arrival.engine] = arrival.gpus
            observers.note(EngineJoined, engine=arrival.engine, host=arrival.host, pid=arrival.pid)
        elif type(arrival) is EngineDown:
            self._note_changes()
            scheduler.engine_down(arrival.engine, blame=not arrival.expected)
            self._deadlines.forget(arrival.engine)
            self._sent.engine_down(arrival.engine)
            self._gpus.pop(arrival.engine, None)
            begin, number = self._shared.pop(arrival.engine, ("", -1))
            if begin:  # what it shared without being able to say so
                self.cluster.files.remove_after(begin, number)
            observers.note(EngineLeft, engine=arrival.engine, expected=arrival.expected)
        elif type(arrival) is HostDown:
            scheduler.host_down(arrival.server)
        elif type(arrival) is StateChange:
            self.state, self.reason = arrival.state, arrival.reason
            scheduler.gangs.growing = arrival.state is ClusterState.STARTING
            observers.note(
                ClusterChanged, cluster=self.cluster.kind, state=arrival.state.value, reason=arrival.reason
            )

    def _take(self, engine: int, content: Any) -> None:
        if type(content) is Results:
            self._take_results(engine, content)
        elif type(content) is Exported:
            if content.shared is not None:
                begin, last = self._shared.get(engine, ("", -1))
                self._shared[engine] = (begin, max(last, content.shared.number))
                self._observers.note(DataShared, engine=engine, datum=content.datum, size=content.shared.size)
            home = "" if content.shared is None else content.shared.server
            self._scheduler.exported(engine, content.datum, content.shared, content.reason, home)
        elif type(content) is Lasting:
            self._scheduler.lasting(engine, content.task, content.behind)
        elif type(content) is Written:
            self._observers.note(
                TaskOutput,
                task=content.task,
                origin=self._origin(engine, content.task),
                stream="stdout" if content.stream == 1 else "stderr",
                text=content.text,
            )
        elif type(content) is Displayed:
            self._note_display(engine, content)

    def _note_display(self, engine: int, content: Displayed) -> None:
        origin, output = self._origin(engine, content.task), content.output
        if isinstance(output, Display):
            self._observers.note(TaskDisplay, task=content.task, origin=origin, **output._asdict())
        else:
            self._observers.note(TaskCleared, task=content.task, origin=origin, wait=output.wait)

    def _take_results(self, engine: int, content: Results) -> None:
        self._lag.note(engine, content.start + sum(content.seconds), time.time())
        if content.memory:
            self._note_changes()  # what is not of this engine
        if self._deadlines and engine in self._scheduler.engines:
            self._deadlines.done(engine, self._scheduler.engines[engine].next_numbers(len(content.results)))
        self._scheduler.results(engine, content.results, content.seconds, content.start)
        if self._limited:
            self._restart(engine)
        if content.memory:
            self._note_changes(content.memory)
        if content.joules is not None:
            self._observers.note(EnergyRead, engine=engine, joules=content.joules)

    def _origin(self, engine: int, number: int) -> int:
        queue = self._scheduler.engines.get(engine)
        if queue is None:
            return -1
        task = queue.find(number)
        if task is not None:
            return task.origin
        return queue.last[1] if queue.last[0] == number else -1

    def _carry_out(self, command: Command) -> None:
        if type(command) is Send:
            data = {
                number: value
                if type(value := datum.value) in SCALARS
                else self._portable(datum, command.engine)
                for number, datum in command.data.items()
            }
            tasks: list[WireTask] = [
                (task.number, task.code.number, task.payload, task.wire_outputs) for task in command.tasks
            ]
            inline = self.cluster.kind == "inline"
            functions = {code.number: _wire_function(code, inline=inline) for code in command.functions}
            checkpoints = {task.number: task.checkpoint for task in command.tasks if task.checkpoint}
            cores = self._scheduler.gangs.cores_for(command.tasks[0])
            batch = Batch(
                *(tasks, functions, data, command.drop, command.keep, command.budget, checkpoints, cores),
                self._gpus_for(command) if cores else (),
                command.last_reads,
                self._scheduler.given_up(command.tasks),
                self._unneeded(command.engine),
            )
            self._sent.note(command.engine, command.functions)
            self.cluster.send(command.engine, batch)
            for code in command.functions:
                self._limited = self._limited or code.policy.time_out is not None
            if self._limited:
                self._limit(command)
        elif type(command) is ExportFrom:
            self.cluster.send(command.engine, Export(command.datum))
        elif type(command) is Recall:
            self.cluster.send(command.engine, GiveBack())
        elif type(command) is Retire:
            self.cluster.retire(command.engine)
        elif type(command) is Interrupt:
            self.cluster.send(command.engine, Cancel(command.tasks))
            self.cluster.interrupt(command.engine)
            self._deadlines.set(command.engine, command.tasks, time.monotonic() + GRACE_SECONDS)
        elif type(command) is Remove:
            self.cluster.files.remove(command.shared)

    def _gpus_for(self, command: Send) -> tuple[str, ...]:
        """Return the GPUs of all engines that are kept for a task, as far as it wants more than one has."""
        (task,) = command.tasks
        wanted = task.code.policy.resources.gpus
        own = self._gpus[command.engine]
        if wanted <= len(own):
            return ()
        others = (name for engine in self._scheduler.gangs.engines_for(task) for name in self._gpus[engine])
        return tuple(dict.fromkeys((*own, *others)))[:wanted]

    def _limit(self, command: Send) -> None:
        now = time.monotonic()
        for task in command.tasks:
            limit = task.code.policy.time_out
            if limit is not None:
                self._deadlines.restart(command.engine, task.number, now + command.budget + _patience(task))

    def _restart(self, engine: int) -> None:
        """Give the task whose turn has come on an engine all of its time, whatever was before it."""
        queue = self._scheduler.engines.get(engine)
        task = queue.current if queue is not None else None
        if task is not None and task.state is TaskState.RUNNING and task.code.policy.time_out is not None:
            self._deadlines.restart(engine, task.number, time.monotonic() + _patience(task))

    def _enforce(self, now: float) -> None:
        """End the engines of tasks that were asked to end and do not."""
        for engine, number in self._deadlines.overdue(now):
            queue = self._scheduler.engines.get(engine)
            task = queue.find(number) if queue is not None else None
            if task is None:
                continue
            if self._scheduler.is_running(task, engine):
                self._scheduler.expire(task, engine)
                self.cluster.kill(engine)
            else:  # its turn has not come
                self._deadlines.set(engine, [number], now + _patience(task))

    def _unneeded(self, engine: int) -> list[int]:
        numbers = self._sent.unneeded(engine)
        if numbers:
            self._scheduler.engines[engine].functions.difference_update(numbers)
        return numbers

    def _portable(self, datum: Datum, engine: int) -> Any:
        """Return a value as it is sent: a large one goes through a shared file, as long as there is room."""
        value = datum.value
        if type(value) is Packed and value.size >= INLINE and self.cluster.kind != "inline":
            try:
                value = datum.value = self.share(datum.number, value)
            except OSError as error:
                logger.debug("A value of %d bytes travels with its message: %s", value.size, error)
                return value
            value.engines.add(engine)
            self._scheduler.engines[engine].holds.add(value)
        return self.cluster.files.outgoing(value.shared) if type(value) is Large else value

    def share(self, number: int, packed: Packed) -> Large:
        """Put a packed value where all engines of this machine can map it."""
        file = shared.export(packed, self._token)
        self._observers.note(DataShared, engine=-1, datum=number, size=packed.size)
        return Large(
            datum=number, size=packed.size, engines=set(), released=self._scheduler.released, shared=file
        )

    def use(self, cluster: Cluster) -> None:
        """Work on another cluster from now on; what the old one had runs on the new one."""
        for number in list(self._scheduler.engines):
            self._scheduler.engine_down(number, blame=False)
            self._sent.engine_down(number)
            self._observers.note(EngineLeft, engine=number, expected=True)
        for home in self._scheduler.homes:
            self._scheduler.host_down(home)
        self.hosts.clear()
        self._shared.clear()
        self._gpus.clear()
        self._lag = Lag()
        self.cluster = cluster

    def end(self, reason: str) -> None:
        """Be broken for good: nothing moves any more."""
        self.state, self.reason = ClusterState.BROKEN, reason
        self._observers.note(
            ClusterChanged, cluster=self.cluster.kind, state=ClusterState.BROKEN.value, reason=reason
        )

    def _note_changes(self, memory: int = 0) -> None:
        graph = self._scheduler.graph
        if graph.tries:
            self._observers.note_tries(graph.tries)
        self._observers.note_changes(graph.changes, graph.failures, memory)


def _patience(task: Task) -> float:
    """Return after how many seconds a task that runs is to be ended with its engine."""
    limit = task.code.policy.time_out if task.state is TaskState.RUNNING else None
    return GRACE_SECONDS + (0.0 if limit is None else limit.total_seconds())


def _wire_function(code: FunctionCode, *, inline: bool) -> WireFunction:
    limit = code.policy.time_out
    return WireFunction(
        b"" if inline else code.pickled,
        code.policy.on_failure is OnFailure.IGNORE,
        None if limit is None else limit.total_seconds(),
        code if inline else None,
        Imports() if inline or code.imports is None else code.imports,
    )
