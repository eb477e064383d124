"""The functions of PyCOMPSs: wait, barriers, groups, files, objects."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from eflows_nb.engine.worker import inside_task
from eflows_nb.pycompss import groups
from eflows_nb.pycompss.groups import TaskGroup
from eflows_nb.pycompss.removal import remove
from eflows_nb.pycompss.resizing import resize
from eflows_nb.pycompss.waiting import wait_for
from eflows_nb.runtime import api, session

__all__ = [
    "TaskGroup",
    "compss_add_logger",
    "compss_barrier",
    "compss_barrier_group",
    "compss_cancel_group",
    "compss_delete_file",
    "compss_delete_object",
    "compss_file_exists",
    "compss_free_resources",
    "compss_get_number_of_resources",
    "compss_open",
    "compss_request_resources",
    "compss_set_wall_clock",
    "compss_snapshot",
    "compss_start",
    "compss_stop",
    "compss_wait_on",
    "compss_wait_on_directory",
    "compss_wait_on_file",
]


def compss_start(*_: Any, **__: Any) -> None:
    """Start engines, one for each core, unless there are some."""
    if not inside_task():
        session.current().start()


def compss_stop(code: int = 0, *_: Any, **__: Any) -> None:
    """Wait for all tasks and end the engines; with a code other than 0 cancel what has not ended."""
    if not inside_task():
        session.current().stop(cancel=bool(code))


def compss_wait_on(*values: Any, **_: Any) -> Any:
    """Return the value of a future or object, or a list of them for several."""
    __tracebackhide__ = True
    if len(values) == 1:
        return wait_for(values[0])
    waited = []
    for value in values:  # a comprehension would be a frame of its own in a traceback
        waited.append(wait_for(value))
    return waited


def compss_barrier(no_more_tasks: bool = False) -> None:
    """Wait for all tasks; raise what the first one raised that failed, if nobody was told of that before."""
    __tracebackhide__ = True
    session.current().barrier()


def compss_barrier_group(group_name: str) -> None:
    """Wait for the tasks of a group; a COMPSsException of one of them is raised."""
    __tracebackhide__ = True
    groups.barrier(group_name)


def compss_cancel_group(group_name: str) -> None:
    """Cancel the tasks of a group that have not ended."""
    groups.cancel(group_name)


def compss_snapshot() -> None:
    """Wait for all tasks: if `eflows_nb.start` was given a ``checkpoint``, their results are then there."""
    api.snapshot()


def compss_delete_object(*values: Any) -> Any:
    """Let go of the versions of objects; return True for each."""
    for value in values:
        session.current().forget(value)
    return True if len(values) == 1 else [True] * len(values)


def compss_open(file_name: str, mode: str = "r") -> Any:
    """Open a file when the tasks that write it have ended; to write it, when those that read it have, too."""
    __tracebackhide__ = True
    return api.open(file_name, mode)


def compss_wait_on_file(*file_names: Any) -> Any:
    """Wait for the tasks that write files; return the names."""
    __tracebackhide__ = True
    return _each(_wait_on_file, file_names)


def compss_wait_on_directory(*directory_names: Any) -> Any:
    """Wait for the tasks that write folders; return the names."""
    __tracebackhide__ = True
    return _each(_wait_on_file, directory_names)


def compss_file_exists(*file_names: Any) -> Any:
    """Return whether files are there, or will be once the tasks have run that were submitted."""
    return _each(lambda name: session.current().files.exists(name), file_names)


def compss_delete_file(*file_names: Any) -> Any:
    """Remove files when all tasks that use them have ended; return True."""
    return _each(remove, file_names)


def compss_get_number_of_resources() -> int:
    """Return the number of engines, 1 for this process alone."""
    return max(len(session.current().snapshot().engines), 1)


def compss_request_resources(num_resources: int, group_name: str | None = None) -> None:
    """Add engines; when they have come, the tasks of a group are cancelled, where one is named."""
    resize(int(num_resources), group_name)


def compss_free_resources(num_resources: int, group_name: str | None = None) -> None:
    """Let engines go, those with the least to do; then cancel the tasks of a group, where one is named.

    Raises
    ------
    ClusterError
        When no engine would be left.
    """
    resize(-int(num_resources), group_name)


def compss_set_wall_clock(wall_clock_limit: float) -> None:
    """Cancel all tasks after so many seconds."""
    current = session.current()
    timer = threading.Timer(float(wall_clock_limit), current.cancel_all)
    timer.daemon = True
    timer.start()


def compss_add_logger(logger_name: str) -> None:
    """Let a logger of this name write to standard error."""
    logger = logging.getLogger(logger_name)
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler())


def _wait_on_file(name: Any) -> Any:
    __tracebackhide__ = True
    session.current().wait_on_file(name)
    return name


def _each(act: Callable[[Any], Any], names: tuple[Any, ...]) -> Any:
    """Do something with each name, and return the same structure of what that gives."""

    def go(name: Any) -> Any:
        if isinstance(name, (list, tuple)) and not isinstance(name, os.PathLike):
            return type(name)(go(item) for item in name)
        return act(name)

    return go(names[0]) if len(names) == 1 else [go(name) for name in names]
