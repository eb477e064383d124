"""What a run cost, and why it was not faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eflows_nb.runtime.history.critical_path import CriticalPath
from eflows_nb.runtime.history.reason import why
from eflows_nb.runtime.history.run_state import RunState
from eflows_nb.runtime.history.timeline import Shares, Timeline
from eflows_nb.tasks.shown_state import ShownState
from eflows_nb.tasks.state import TaskState

if TYPE_CHECKING:
    from typing import Any

__all__ = ["FunctionSummary", "Summary", "summarise"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionSummary:
    """What the tasks of one function cost.

    Parameters
    ----------
    name
        Name of the function; text from the user, to be escaped where it is shown.
    tasks
        Number of its tasks that ran to their end, done or failed.
    seconds
        How long they ran together.
    mean, longest
        Seconds of a task.
    size
        Bytes of their results together, 0 for plain numbers.
    memory
        Most resident memory of an engine that ran them, in bytes; None when it was not read.
    """

    name: str
    tasks: int
    seconds: float
    mean: float
    longest: float
    size: int
    memory: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """What a run cost, and why it was not faster; shown as a table in notebooks.

    Times are from the first submission to the last end of a task.

    Parameters
    ----------
    tasks
        Number of tasks in each state.
    shown
        The same as people are told it: of the tasks that an engine has it runs one.
    functions
        What each function cost, the most expensive first.
    engines
        The most engines that were there at the same time.
    wall
        Seconds from first to last.
    start_up
        Those of them until the first task ran: engines start meanwhile.
    task_seconds
        How long all tasks ran together.
    vain_seconds
        How long of that they ran in vain: tries that failed, tasks that were cancelled, results that were
        lost.
    shares
        Where the time of the engines went, in engine seconds.
    path
        The longest chain of tasks.
    shared_bytes
        Bytes of large values that were written where other processes can map them.
    result_bytes
        Bytes of all results, plain numbers left out.
    memory
        Most resident memory of an engine, in bytes; None when it was not read.
    joules
        Energy of the processors of all hosts while engines were there, whoever used them; None where no host
        tells it.
    reason
        Why it was not faster: one sentence.
    """

    tasks: dict[TaskState, int]
    shown: dict[ShownState, int]
    functions: tuple[FunctionSummary, ...]
    engines: int
    wall: float
    start_up: float
    task_seconds: float
    vain_seconds: float
    shares: Shares
    path: CriticalPath
    shared_bytes: int
    result_bytes: int
    memory: int | None
    joules: float | None
    reason: str

    @property
    def speed_up(self) -> float:
        """Return how many tasks ran at a time on average, from the start of the first to the last end.

        The time before that is the start-up of the engines and says nothing of the program.
        """
        seconds = self.wall - self.start_up
        return self.task_seconds / seconds if seconds > 0 else 0.0

    @property
    def utilisation(self) -> float:
        """Return the part of the engines' time during which they ran tasks, from 0 to 1."""
        return self.shares.busy / self.shares.alive if self.shares.alive else 0.0

    @property
    def runtime_share(self) -> float:
        """Return the part of the engines' time during which they were idle though a task was ready."""
        return self.shares.runtime / self.shares.alive if self.shares.alive else 0.0

    @property
    def bound(self) -> float:
        """Return the seconds that so many engines need at least: for the longest chain, or for all tasks."""
        return max(self.path.seconds, self.shares.busy / self.engines if self.engines else 0.0)

    def __str__(self) -> str:
        from eflows_nb.runtime.history.report import text

        return text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from eflows_nb.runtime.history.report import html

        return html(self)


def summarise(state: RunState) -> Summary:
    """Return what a run cost, and why it was not faster.

    Parameters
    ----------
    state
        The run, from `eflows_nb.runtime.journal.replay`.
    """
    timeline = Timeline(state)
    shares = timeline.shares
    path = CriticalPath.of(state.tasks)
    functions = tuple(_functions(state))
    ran = sum(function.tasks for function in functions)
    vain = sum(run.seconds for run in state.lost if run.end != "running")
    going = sum(
        max(0.0, min(timeline.end - run.start, run.seconds)) for run in state.lost if run.end == "running"
    )
    memory = max((function.memory or 0 for function in functions), default=0)
    return Summary(
        tasks=state.tasks.counts(),
        shown=state.tasks.shown(),
        functions=functions,
        engines=timeline.engines,
        wall=timeline.wall,
        start_up=timeline.start_up,
        task_seconds=sum(function.seconds for function in functions) + vain + going,
        vain_seconds=vain,
        shares=shares,
        path=path,
        shared_bytes=state.shared_bytes,
        result_bytes=sum(function.size for function in functions),
        memory=memory or None,
        joules=sum(state.joules.values()) if state.joules else None,
        reason=why(state, timeline, shares, path, ran=ran),
    )


def _functions(state: RunState) -> list[FunctionSummary]:
    columns = state.tasks.columns
    ran = np.frombuffer(columns.start) > 0
    name = np.frombuffer(columns.name, np.int32)[ran]
    seconds = np.frombuffer(columns.seconds)[ran]
    size, memory = (np.frombuffer(column, np.int64)[ran] for column in (columns.size, columns.memory))
    count = len(columns.names)
    longest, peak = np.zeros(count), np.zeros(count, np.int64)
    np.maximum.at(longest, name, seconds)
    np.maximum.at(peak, name, memory)
    tasks: Any = np.bincount(name, minlength=count)
    total = np.bincount(name, seconds, minlength=count)
    sizes = np.bincount(name, size, minlength=count)
    found = [
        FunctionSummary(
            name=columns.names[number],
            tasks=int(tasks[number]),
            seconds=float(total[number]),
            mean=float(total[number] / tasks[number]),
            longest=float(longest[number]),
            size=int(sizes[number]),
            memory=int(peak[number]) or None,
        )
        for number in range(count)
        if tasks[number]
    ]
    return sorted(found, key=lambda function: -function.seconds)
