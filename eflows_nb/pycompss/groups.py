"""Task groups by name: waited for and cancelled as one."""

from __future__ import annotations

from types import TracebackType

from eflows_nb.engine.worker import inside_task
from eflows_nb.errors import EflowsError
from eflows_nb.pycompss.api.exceptions import COMPSsException
from eflows_nb.runtime import session
from eflows_nb.runtime.group import Group
from eflows_nb.tasks.data import PENDING, Broken

__all__ = ["TaskGroup", "barrier", "cancel"]

_groups: dict[str, Group] = {}


class TaskGroup:
    """The tasks that are submitted within the block.

    Parameters
    ----------
    group_name
        By which ``compss_barrier_group`` and ``compss_cancel_group`` know it.
    implicit_barrier
        Whether the end of the block waits for them.
    """

    def __init__(self, group_name: str, implicit_barrier: bool = True) -> None:
        self.group_name = group_name
        self._waits = implicit_barrier

    def __enter__(self) -> None:
        if not inside_task():
            session.current().keep_versions()
            group = _groups[self.group_name] = Group(session.current(), self.group_name)
            group.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if inside_task():
            return
        _groups[self.group_name].close()
        if error is not None:
            cancel(self.group_name)
        elif self._waits:
            barrier(self.group_name)


def barrier(name: str) -> None:
    """Wait for the tasks of a group.

    Raises
    ------
    COMPSsException
        When a task of the group has raised one; the others are cancelled.
    Exception
        What another task raised that failed.
    """
    __tracebackhide__ = True
    if inside_task():
        return
    group = _find(name)
    for future in session.current().as_completed(group.futures):
        value = future.datum.value
        if type(value) is not Broken or value.failure is None:
            continue
        if value.failure.final:
            _give_up(group)
            error = future.exception()
            raise error if isinstance(error, COMPSsException) else COMPSsException(str(error))
        if not value.expected:
            _give_up(group)
            future.result()


def cancel(name: str) -> None:
    """Cancel the tasks of a group that have not ended."""
    if not inside_task():
        _give_up(_find(name))


def _give_up(group: Group) -> None:
    """Cancel what has not ended; the files that these tasks would have written are as they were before."""
    group.cancel()
    unmade = [
        future.datum
        for future in group.futures
        if future.datum.value is PENDING or type(future.datum.value) is Broken
    ]
    session.current().files.give_up({datum.producer for datum in unmade})


def _find(name: str) -> Group:
    try:
        return _groups[name]
    except KeyError:
        known = ", ".join(f"'{other}'" for other in _groups) or "none"
        raise EflowsError(f"There is no task group '{name}'; there is: {known}.") from None
