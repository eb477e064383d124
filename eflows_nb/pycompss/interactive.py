"""``pycompss.interactive``: engines for a notebook, and what its tasks do."""

from __future__ import annotations

import sys
from typing import Any

from eflows_nb.pycompss.waiting import wait_for
from eflows_nb.runtime import session
from eflows_nb.runtime.future import Future

__all__ = [
    "complete_task_graph",
    "current_task_graph",
    "is_running",
    "resources",
    "resources_status",
    "start",
    "statistics",
    "stop",
    "tasks_info",
    "tasks_status",
    "tracing",
]


def start(*, engines: int | None = None, **_: Any) -> None:
    """Start engines, one for each core; the options of the COMPSs runtime have no meaning here."""
    current = session.current()
    current.start(engines)
    print(f"PyCOMPSs programs run on eflows-nb: {current!r}")


def stop(sync: bool = False, **_: Any) -> None:
    """Wait for all tasks and end the engines; results survive.

    Parameters
    ----------
    sync
        Whether the futures of the notebook are replaced by their values.
    """
    current = session.current()
    if sync:
        names = vars(sys.modules["__main__"])
        for name, value in list(names.items()):
            if not name.startswith("_") and (
                isinstance(value, Future) or current.datum_of(value) is not None
            ):
                names[name] = wait_for(value)
    current.stop()


def is_running() -> bool:
    """Return whether engines were started."""
    return session.current().snapshot().cluster != "inline"


def tasks_status(*_: Any, **__: Any) -> dict[str, int]:
    """Return the number of tasks in each state."""
    return {str(state): count for state, count in session.current().snapshot().tasks.items()}


def resources(*_: Any, **__: Any) -> list[str]:
    """Return the engines: their number, host and process."""
    return [
        f"engine {engine.engine} on {engine.host}, process {engine.pid}"
        for engine in session.current().snapshot().engines
    ]


resources_status = resources


def tasks_info(*_: Any, **__: Any) -> Any:
    """Return what the tasks cost, by function; None, and say so, before there is a task."""
    return _summary()


statistics = current_task_graph = complete_task_graph = tasks_info


def tracing(*_: Any, **__: Any) -> bool:
    """Return True: the journal of a session always tells when each task ran; see `eflows_nb.trace`."""
    return True


def _summary() -> Any:
    from eflows_nb.runtime import api

    if session.existing() is None or not any(tasks_status().values()):
        print("No task has been called yet.")
        return None
    return api.summary()
