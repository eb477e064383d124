"""Compose, run and watch HPC workflows from Jupyter notebooks.

Users write ``import eflows_nb as ef``, mark functions with ``@ef.task`` and call them; see `task`, `start`
and `wait_on`.
"""

from __future__ import annotations

from typing import Any, Final

from eflows_nb.errors import (
    ClusterError,
    EflowsError,
    EngineLostError,
    JournalError,
    TaskCancelledError,
    TaskDefinitionError,
    TaskFailedError,
    TaskTimeOutError,
    WaitTimeoutError,
)
from eflows_nb.runtime import session as _session
from eflows_nb.runtime.api import (
    as_completed,
    barrier,
    cancel,
    group,
    map,
    put,
    start,
    stop,
    summary,
    task,
    trace,
    wait_on,
)
from eflows_nb.runtime.arguments import StaleArgumentWarning
from eflows_nb.runtime.future import Future
from eflows_nb.runtime.session import Session
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.policy import OnFailure
from eflows_nb.tasks.state import TaskState

__all__ = [
    "IN",
    "INOUT",
    "OUT",
    "ClusterError",
    "Direction",
    "EflowsError",
    "EngineLostError",
    "Future",
    "JournalError",
    "OnFailure",
    "Session",
    "StaleArgumentWarning",
    "TaskCancelledError",
    "TaskDefinitionError",
    "TaskFailedError",
    "TaskState",
    "TaskTimeOutError",
    "WaitTimeoutError",
    "as_completed",
    "barrier",
    "cancel",
    "group",
    "map",
    "put",
    "start",
    "stop",
    "summary",
    "task",
    "trace",
    "wait_on",
]

IN: Final = Direction.IN
OUT: Final = Direction.OUT
INOUT: Final = Direction.INOUT


def _show(session: Session) -> None:
    """Let a new session be seen: its journal, progress, and in a notebook cell output and the live view."""
    from eflows_nb.notebook import watch
    from eflows_nb.runtime import journal

    journal.attach(session)
    watch.watch(session)


_session.on_created(_show)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("eflows-nb")
    raise AttributeError(f"module 'eflows_nb' has no attribute {name!r}")


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "eflows-nb"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "eflows_nb.server"}]
