"""What the scheduler wants done; somebody else does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from eflows_nb.tasks.data import Datum
from eflows_nb.tasks.state import TaskState
from eflows_nb.tasks.task import FunctionCode, Task

__all__ = ["Change", "Command", "ExportFrom", "Interrupt", "Recall", "Remove", "Retire", "Send", "Try"]


class Send(NamedTuple):
    """Send a batch; see `eflows_nb.engine.messages.Batch` for its parts."""

    engine: int
    tasks: list[Task]
    functions: list[FunctionCode]
    data: dict[int, Datum]
    drop: list[int]
    keep: int
    budget: float
    last_reads: dict[int, list[int]]


class ExportFrom(NamedTuple):
    """Let an engine share a datum with the other processes of its node."""

    engine: int
    datum: int


class Recall(NamedTuple):
    """Let an engine give back what it has not begun."""

    engine: int


class Retire(NamedTuple):
    """End an engine that has nothing left to do, and do not replace it."""

    engine: int


class Interrupt(NamedTuple):
    """End these tasks on an engine, the one that runs and those that wait there."""

    engine: int
    tasks: tuple[int, ...]


class Remove(NamedTuple):
    """Remove a shared file that nobody needs any more."""

    shared: Any


Command = Send | ExportFrom | Recall | Retire | Interrupt | Remove


class Try(NamedTuple):
    """A task was tried in vain; see `eflows_nb.tasks.events.TryEnded`."""

    task: int
    engine: int
    start: float
    seconds: float
    reason: str


class Change(NamedTuple):
    """Some tasks reached a state together; see `eflows_nb.tasks.events.TasksChanged`."""

    state: TaskState
    engine: int
    tasks: Sequence[Task]
    starts: Sequence[float] = ()
    seconds: Sequence[float] = ()
    sizes: Sequence[int] = ()
    kept: Sequence[int] = ()
