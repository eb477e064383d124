"""The state of a session, put together again from its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eflows_nb.runtime.history.fold import Fold
from eflows_nb.runtime.history.records import EngineRecord, LostRun, WaitRecord
from eflows_nb.runtime.history.task_table import TaskTable
from eflows_nb.tasks.events import Event

__all__ = ["EngineRecord", "RunState", "WaitRecord"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunState:
    """A session as its events leave it.

    Parameters
    ----------
    session
        Its token.
    pid
        Process of the client; an engine of the same process runs tasks inline.
    ended
        Time of the last event, seconds since the epoch.
    complete
        Whether the session ended as it should; False while it goes on, or when it was killed.
    tasks
        Every task.
    lost
        The runs of tasks of which nothing came, or nothing yet: results were lost, tries failed, tasks were
        cancelled while they ran, or run still.
    kept
        How many other engines each task kept to itself while it ran, for those that did.
    engines
        Every engine, in the order in which they joined.
    waits
        Every wait.
    cluster, cluster_state, reason
        The cluster at the end, as `eflows_nb.tasks.events.ClusterChanged` tells it.
    shared_bytes
        Bytes of large values that were written where other processes can map them.
    joules
        Energy by host, where the host tells it.
    """

    session: str
    pid: int
    ended: float
    complete: bool
    tasks: TaskTable
    lost: tuple[LostRun, ...]
    kept: dict[int, int]
    engines: tuple[EngineRecord, ...]
    waits: tuple[WaitRecord, ...]
    cluster: str
    cluster_state: str
    reason: str
    shared_bytes: int
    joules: dict[str, float]

    @classmethod
    def of(cls, events: Iterable[Event], *, session: str = "", pid: int = 0) -> RunState:
        """Return the state after these events.

        A task is READY when all tasks that it reads from are done, and WAITING otherwise.
        """
        fold = Fold()
        for event in events:
            fold.take(event)
        fold.finish()
        return cls(
            session=session,
            pid=pid,
            ended=fold.ended,
            complete=fold.complete,
            tasks=TaskTable(fold.columns),
            lost=tuple(fold.lost),
            kept=fold.kept,
            engines=tuple(fold.engines),
            waits=tuple(fold.waits.values()),
            cluster=fold.cluster.cluster,
            cluster_state=fold.cluster.state,
            reason=fold.cluster.reason,
            shared_bytes=fold.shared_bytes,
            joules=fold.energy.joules,
        )
