"""What is said of tasks that end badly: the failures and reasons that are not of their own code."""

from __future__ import annotations

from eflows_nb.engine.messages import Failure
from eflows_nb.tasks.data import Broken, Datum
from eflows_nb.tasks.task import Task

__all__ = ["because", "blamed", "deprived", "expired", "gone", "unshared"]


def because(task: Task, cause: Broken) -> Broken:
    """Return what a task is cancelled for that reads what another one does not make."""
    root = cause.cause or cause
    what = "failed" if root.failure is not None else "was cancelled"
    reason = f"it reads what task '{root.task.code.name}' #{root.task.number} would have made, which {what}"
    return Broken(task=task, reason=reason, cause=root)


def blamed(task: Task) -> Failure:
    """Return the failure of a task that has lost too many engines."""
    message = (
        f"Task '{task.code.name}' #{task.number} was running on {task.lost} engines when they died, and is "
        "not tried again. It may use too much memory, or end its process."
    )
    return Failure("EngineLostError", message, None, (), message)


def expired(task: Task) -> Failure:
    """Return the failure of a task that does not end in time."""
    limit = task.code.policy.time_out
    message = (
        f"Task '{task.code.name}' #{task.number} did not end within its time_out of {limit}, nor when it was "
        "asked to; its engine was ended."
    )
    return Failure("TaskTimeOutError", message, None, (), message)


def deprived(task: Task) -> Failure:
    """Return the failure of a task whose input is gone for good."""
    message = (
        f"Task '{task.code.name}' #{task.number} cannot run: something that it reads is gone. Were files "
        "named 'eflows-…' removed from /dev/shm or from the temporary folder?"
    )
    return Failure("ClusterError", message, None, (), message)


def gone(task: Task, *, writes: bool) -> Broken:
    """Return what becomes of a lost result whose task cannot run again as it did, since it uses files."""
    why = "it writes to files, and would do so twice" if writes else "files that it read have changed since"
    message = (
        f"A result of task '{task.code.name}' #{task.number} was lost with its engine, and the task is not "
        f"run again: {why}. Call it again; what ef.wait_on has returned cannot be lost."
    )
    return Broken(task=task, failure=Failure("ClusterError", message, None, (), message))


def unshared(datum: Datum, reason: str) -> Broken:
    """Return what becomes of a result that cannot leave its engine."""
    task = datum.producer
    assert task is not None
    message = f"A result of task '{task.code.name}' #{task.number} cannot leave its engine: {reason}."
    return Broken(task=task, failure=Failure("ClusterError", message, None, (), message))
