"""The state of a session at one moment, for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass

from eflows_nb.clusters.cluster import ClusterState
from eflows_nb.tasks.state import TaskState

__all__ = ["EngineSnapshot", "SessionSnapshot"]


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineSnapshot:
    """One engine: its number, where it runs, and how many tasks it holds and has finished."""

    engine: int
    host: str
    pid: int
    running: int
    finished: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionSnapshot:
    """One session: its cluster, the engines that have joined, and the number of tasks in each state.

    Parameters
    ----------
    cluster
        Kind of cluster, ``"inline"`` or ``"local"``.
    state
        What the cluster is doing.
    reason
        Why it is broken, or which engines were lost, else empty.
    requested
        Number of engines asked for; 0 for the inline cluster.
    engines
        The engines that have joined and are alive.
    tasks
        Number of tasks in each state.
    waiting
        Why tasks that have not begun wait, in one line; empty when none does.
    """

    cluster: str
    state: ClusterState
    reason: str
    requested: int
    engines: tuple[EngineSnapshot, ...]
    tasks: dict[TaskState, int]
    waiting: str = ""
