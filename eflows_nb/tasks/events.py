"""What observers are told: frozen records of everything that happens to a task graph and its cluster.

The runtime hands observers *lists* of these records, in the order in which things happened. Times are
seconds since the epoch on the client's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eflows_nb.tasks.state import TaskState

__all__ = [
    "ClusterChanged",
    "DataShared",
    "EnergyRead",
    "EngineJoined",
    "EngineLeft",
    "Event",
    "SessionEnded",
    "TaskCleared",
    "TaskDisplay",
    "TaskFailed",
    "TaskOutput",
    "TasksChanged",
    "TasksSubmitted",
    "TryEnded",
    "WaitEnded",
    "WaitStarted",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class TasksSubmitted:
    """Task functions were called; the columns have one entry for each of the new tasks.

    Parameters
    ----------
    time
        When the runtime took the tasks in, seconds since the epoch.
    tasks
        Number of each task, unique in its session.
    names
        Name of each task function; text from the user, to be escaped where it is shown.
    parents
        For each task the numbers of those that make what it reads, finished ones too.
    origins
        For each task the number of the notebook cell execution that submitted it, -1 outside a notebook.
    """

    time: float
    tasks: tuple[int, ...]
    names: tuple[str, ...]
    parents: tuple[tuple[int, ...], ...]
    origins: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TasksChanged:
    """Some tasks reached a state together.

    Parameters
    ----------
    time
        Seconds since the epoch.
    state
        The state that they are in now; WAITING when an engine had them and gave them back, or was lost.
    tasks
        Numbers of the tasks.
    engine
        Number of the engine concerned, -1 for none.
    starts
        For DONE and FAILED when each task began to run, seconds since the epoch on the engine's clock; else
        empty.
    seconds
        For DONE and FAILED how long each task ran, else empty.
    sizes
        For DONE and FAILED the bytes of each task's results, 0 for plain numbers; else empty.
    memory
        For DONE and FAILED the most resident memory of the engine's process since it was last read, in
        bytes. It is read a few times a second at most; 0 when it was not.
    kept
        For RUNNING the numbers of the other engines that a task keeps to itself, else empty.
    """

    time: float
    state: TaskState
    tasks: tuple[int, ...]
    engine: int = -1
    starts: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()
    sizes: tuple[int, ...] = ()
    memory: int = 0
    kept: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskFailed:
    """Why a task failed; follows its change to FAILED."""

    time: float
    task: int
    error: str
    traceback: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TryEnded:
    """A task was tried in vain, and is to run again; comes before its change to WAITING.

    Parameters
    ----------
    engine
        Where it ran.
    start
        When it began, seconds since the epoch on the engine's clock; 0 where that is not known.
    seconds
        How long it ran; 0 where that is not known.
    reason
        What the try ended with: an error, or the end of its engine.
    """

    time: float
    task: int
    engine: int
    start: float
    seconds: float
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskOutput:
    """Text that a task wrote to its standard output or error while it ran.

    Parameters
    ----------
    origin
        Number of the notebook cell execution that submitted it, -1 outside a notebook.
    stream
        ``"stdout"`` or ``"stderr"``.
    text
        What was written since the last such event of this task and stream.
    """

    time: float
    task: int
    origin: int
    stream: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskDisplay:
    """A value, figure or other output that a task displayed while it ran.

    Parameters
    ----------
    origin
        Number of the notebook cell execution that submitted it, -1 outside a notebook.
    data, metadata
        A mime bundle.
    place
        Name under which it can be replaced, empty for none.
    new
        Whether it is shown in addition, and not in the place of that name.
    """

    time: float
    task: int
    origin: int
    data: dict[str, Any]
    metadata: dict[str, Any]
    place: str
    new: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskCleared:
    """A task took away what it had shown; with ``wait`` when it shows something else."""

    time: float
    task: int
    origin: int
    wait: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineJoined:
    """An engine is ready for tasks."""

    time: float
    engine: int
    host: str
    pid: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineLeft:
    """An engine is gone; ``expected`` says whether it was asked to go."""

    time: float
    engine: int
    expected: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterChanged:
    """The session's cluster started, became ready, stopped or broke.

    Parameters
    ----------
    cluster
        Kind of cluster: ``"inline"`` or ``"local"``.
    state
        A value of `eflows_nb.clusters.cluster.ClusterState`.
    reason
        For a broken cluster the reason, else empty.
    """

    time: float
    cluster: str
    state: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataShared:
    """A large value was written where other processes can map it.

    Parameters
    ----------
    engine
        Number of the engine that did so, -1 for the client.
    datum
        Number of the value; a first result bears the number of its task.
    size
        Bytes.
    """

    time: float
    engine: int
    datum: int
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EnergyRead:
    """What the processors of an engine's host have used since the engine joined, in joules."""

    time: float
    engine: int
    joules: float


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitStarted:
    """Somebody began to wait.

    Parameters
    ----------
    wait
        Number of this wait.
    tasks
        Numbers of the tasks that are waited for, those that have not ended or whose results have not come;
        empty means all that have not ended.
    """

    time: float
    wait: int
    tasks: frozenset[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitEnded:
    """The wait of this number is over, for whatever reason."""

    time: float
    wait: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionEnded:
    """The process that owns the session ends as it should; the last event."""

    time: float


Event = (
    TasksSubmitted
    | TasksChanged
    | TaskFailed
    | TryEnded
    | TaskOutput
    | TaskDisplay
    | TaskCleared
    | EngineJoined
    | EngineLeft
    | ClusterChanged
    | DataShared
    | EnergyRead
    | WaitStarted
    | WaitEnded
    | SessionEnded
)
