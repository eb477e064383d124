"""Adds up events, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from eflows_nb.runtime.history.records import EngineRecord, LostRun, WaitRecord
from eflows_nb.runtime.history.task_table import STATES, Columns
from eflows_nb.tasks.events import (
    ClusterChanged,
    DataShared,
    EnergyRead,
    EngineJoined,
    EngineLeft,
    Event,
    SessionEnded,
    TaskFailed,
    TasksChanged,
    TasksSubmitted,
    TryEnded,
    WaitEnded,
    WaitStarted,
)
from eflows_nb.tasks.state import TaskState

__all__ = ["Fold"]

_CODE = {state: code for code, state in enumerate(STATES)}
_READY, _WAITING = _CODE[TaskState.READY], _CODE[TaskState.WAITING]
_RUNNING = _CODE[TaskState.RUNNING]
_MADE = frozenset(_CODE[state] for state in TaskState if state.has_result)


class Fold:
    """What the events so far add up to."""

    def __init__(self) -> None:
        self.columns = Columns()
        self.engines: list[EngineRecord] = []
        self.waits: dict[int, WaitRecord] = {}
        self.lost: list[LostRun] = []
        self.kept: dict[int, int] = {}
        self.energy = _Energy()
        self.shared_bytes = 0
        self.ended = 0.0
        self.complete = False
        self.cluster = ClusterChanged(time=0.0, cluster="", state="")
        self._names: dict[str, int] = {}
        self._places: dict[int, int] = {}  # number of an engine -> place in `engines`
        self._sent: dict[int, float] = {}  # when each task that is running went to its engine
        self._free: dict[int, float] = {}  # when each engine had done what it is known to have run
        self._gone: dict[int, float] = {}  # when each engine left
        self._cut: dict[int, list[LostRun]] = {}  # engine -> runs that were cut short
        self._takers: dict[type, Callable[[Any], None]] = {
            TasksSubmitted: self._submitted,
            TasksChanged: self._changed,
            TaskFailed: self._failed,
            TryEnded: self._tried,
            EngineJoined: self._joined,
            EngineLeft: self._left,
            ClusterChanged: self._cluster,
            DataShared: self._shared,
            EnergyRead: lambda event: self.energy.take(event.engine, event.joules),
            WaitStarted: self._wait,
            WaitEnded: self._waited,
            SessionEnded: self._complete,
        }

    def take(self, event: Event) -> None:
        """Add one event."""
        self.ended = event.time
        taker = self._takers.get(type(event))
        if taker is not None:
            taker(event)

    def finish(self) -> None:
        """Take in what is known only when all events are."""
        self._find_ready()
        for engine in self._cut:
            self._settle(engine)
        self._find_running()

    def _find_ready(self) -> None:
        """Let tasks be READY whose parents are all done."""
        columns = self.columns
        state, parents = columns.state, columns.parents
        for task in range(len(state)):
            if state[task] == _WAITING:
                first = columns.first_parent[task]
                made = parents[first : first + columns.parent_count[task]]
                if all(state[parent] in _MADE for parent in made):
                    state[task] = _READY

    def _submitted(self, event: TasksSubmitted) -> None:
        columns = self.columns
        columns.grow(max(event.tasks))
        for task, name, parents, origin in zip(
            event.tasks, event.names, event.parents, event.origins, strict=True
        ):
            columns.state[task] = _WAITING
            columns.name[task] = self._name(name)
            columns.submitted[task] = event.time
            columns.origin[task] = origin
            if parents:
                columns.first_parent[task] = len(columns.parents)
                columns.parent_count[task] = len(parents)
                columns.parents.extend(parents)

    def _name(self, name: str) -> int:
        number = self._names.get(name)
        if number is None:
            number = self._names[name] = len(self._names)
            self.columns.names.append(name)
        return number

    def _changed(self, event: TasksChanged) -> None:
        columns, code, engine = self.columns, _CODE[event.state], event.engine
        if code == _WAITING:
            self._returned(event.tasks, event.time)
            return
        if code == _RUNNING:
            self._sent.update(dict.fromkeys(event.tasks, event.time))
            if event.kept:
                self.kept.update(dict.fromkeys(event.tasks, len(event.kept)))
        elif not event.starts or not event.starts[0]:
            for task in event.tasks:
                self._cut_short(task, engine, event.time, event.state.value)
        else:
            self._took(engine, event.starts[0], event.starts[-1] + event.seconds[-1])
        for task in event.tasks:
            columns.state[task] = code
            columns.engine[task] = engine
        if event.state.is_final:
            for task in event.tasks:
                columns.ended[task] = event.time
                self._sent.pop(task, None)
        if not event.starts:
            return
        for task, start, seconds, size in zip(
            event.tasks, event.starts, event.seconds, event.sizes, strict=True
        ):
            columns.runs[task] += 1
            columns.start[task] = start
            columns.seconds[task] = seconds
            columns.size[task] = size
            columns.memory[task] = event.memory
        place = self._places.get(engine)
        if place is not None:
            record = self.engines[place]
            self.engines[place] = replace(
                record,
                finished=record.finished + len(event.tasks),
                seconds=record.seconds + sum(event.seconds),
            )

    def _returned(self, tasks: tuple[int, ...], time: float) -> None:
        columns = self.columns
        for task in tasks:
            if columns.start[task]:
                ran = columns.engine[task], columns.start[task], columns.seconds[task]
                self.lost.append(LostRun(task, *ran, "lost", time))
            self._sent.pop(task, None)
            columns.state[task] = _WAITING
            columns.engine[task] = -1
            columns.start[task] = columns.seconds[task] = columns.ended[task] = 0.0

    def _failed(self, event: TaskFailed) -> None:
        self.columns.errors[event.task] = event.error

    def _tried(self, event: TryEnded) -> None:
        if not event.start:
            self._cut_short(event.task, event.engine, event.time, "tried")
            return
        until = event.start + event.seconds
        self.lost.append(LostRun(event.task, event.engine, event.start, event.seconds, "tried", until))
        self._took(event.engine, event.start, until)

    def _cut_short(self, task: int, engine: int, time: float, end: str) -> None:
        """Note that an engine ran a task until now, unless it turns out to have run another one meanwhile."""
        sent = self._sent.pop(task, time)
        start, time = max(sent, self._free.get(engine, 0.0)), min(time, self._gone.get(engine, time))
        if start < time:
            self._cut.setdefault(engine, []).append(LostRun(task, engine, start, time - start, end, time))
            self._free[engine] = time

    def _took(self, engine: int, start: float, end: float) -> None:
        """Know that an engine has run something else in this time."""
        self._free[engine] = max(end, self._free.get(engine, 0.0))
        cut = self._cut.get(engine)
        if cut:
            self._cut[engine] = [rest for run in cut if (rest := _without(run, start, end)) is not None]

    def _settle(self, engine: int) -> None:
        """Know that an engine will not be heard of again."""
        cut, self._cut[engine] = self._cut.get(engine, []), []
        self.lost += cut

    def _find_running(self) -> None:
        """Note what engines run now: of the tasks that each has, the one that was sent first."""
        first: dict[int, int] = {}
        for task in self._sent:  # in the order of their sending
            first.setdefault(self.columns.engine[task], task)
        for engine, task in first.items():
            start = max(self._sent[task], self._free.get(engine, 0.0))
            if engine in self._places and start < self.ended:
                self.lost.append(LostRun(task, engine, start, self.ended - start, "running", self.ended))

    def _joined(self, event: EngineJoined) -> None:
        self._settle(event.engine)
        self._gone.pop(event.engine, None)
        self._free[event.engine] = event.time
        self._places[event.engine] = len(self.engines)
        self.energy.join(event.engine, event.host)
        self.engines.append(
            EngineRecord(engine=event.engine, host=event.host, pid=event.pid, joined=event.time)
        )

    def _left(self, event: EngineLeft) -> None:
        place = self._places.pop(event.engine, None)
        self._gone[event.engine] = event.time
        self.energy.leave(event.engine)
        if place is not None:
            record = self.engines[place]
            self.engines[place] = replace(record, left=event.time, expected=event.expected)

    def _cluster(self, event: ClusterChanged) -> None:
        self.cluster = event

    def _shared(self, event: DataShared) -> None:
        self.shared_bytes += event.size

    def _wait(self, event: WaitStarted) -> None:
        self.waits[event.wait] = WaitRecord(wait=event.wait, tasks=event.tasks, started=event.time)

    def _waited(self, event: WaitEnded) -> None:
        if event.wait in self.waits:
            self.waits[event.wait] = replace(self.waits[event.wait], ended=event.time)

    def _complete(self, _event: SessionEnded) -> None:
        self.complete = True


def _without(run: LostRun, start: float, end: float) -> LostRun | None:
    """Return what is left of a run when its engine has done something else meanwhile, None for nothing."""
    until = run.start + run.seconds
    if end <= run.start or start >= until:
        return run
    begin, until = (end, until) if until > end else (run.start, start)
    return run._replace(start=begin, seconds=until - begin, until=until) if begin < until else None


class _Energy:
    """Adds up the energy of each host; of several engines there, one after the other is believed."""

    def __init__(self) -> None:
        self.joules: dict[str, float] = {}
        self._hosts: dict[int, str] = {}
        self._last: dict[int, float] = {}
        self._speakers: dict[str, int] = {}

    def join(self, engine: int, host: str) -> None:
        self._hosts[engine] = host
        self._last[engine] = 0.0

    def leave(self, engine: int) -> None:
        host = self._hosts.pop(engine, None)
        if host is not None and self._speakers.get(host) == engine:
            del self._speakers[host]

    def take(self, engine: int, joules: float) -> None:
        host = self._hosts.get(engine)
        if host is None:
            return
        used = joules - self._last[engine]
        self._last[engine] = joules
        if self._speakers.setdefault(host, engine) == engine:
            self.joules[host] = self.joules.get(host, 0.0) + used
