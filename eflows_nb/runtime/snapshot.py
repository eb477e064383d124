"""The state of a session at one moment, for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass

from eflows_nb.clusters.cluster import ClusterState
from eflows_nb.tasks.shown_state import ShownState, shown_counts
from eflows_nb.tasks.state import TaskState

__all__ = ["EngineSnapshot", "SessionSnapshot"]


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineSnapshot:
    """One engine: its number, where it runs, and how many tasks it has and has finished.

    Of those that it has it runs the first; the others were sent in advance.
    """

    engine: int
    host: str
    pid: int
    running: int
    finished: int

    @property
    def sent(self) -> int:
        """Number of the tasks behind the one that it runs."""
        return max(0, self.running - 1)


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
        Number of tasks in each state; RUNNING are all that engines have.
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

    @property
    def shown(self) -> dict[ShownState, int]:
        """Number of tasks in each state as people are told them, in the order of a task's life."""
        return shown_counts(self.tasks, sum(engine.running > 0 for engine in self.engines))
