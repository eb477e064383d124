"""What happens when a task fails, how long it may take, and how urgent it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.tasks.resources import USUAL, Resources

__all__ = ["OnFailure", "Policy"]

_DEFAULT_RETRIES = 2


class OnFailure(StrEnum):
    """What happens when the function of a task raises."""

    FAIL = "fail"
    """The task fails; what reads its results is cancelled, and whoever waits is told. The default."""
    RETRY = "retry"
    """It runs again, first on the same engine and then on others, and fails after so many `retries`."""
    IGNORE = "ignore"
    """The task is done all the same: it returns None, and what it would have written is as it was before."""
    CANCEL_SUCCESSORS = "cancel_successors"
    """As FAIL, but a barrier does not complain: the program expects it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How the runtime treats the tasks of a function.

    Parameters
    ----------
    on_failure
        What happens when the function raises.
    retries
        How often a task of RETRY runs again; 0 for the other policies.
    time_out
        How long a task may run; None for as long as it takes.
    priority
        Ready tasks of a higher priority run first; 0 is usual.
    resources
        What the task needs of a machine.
    """

    on_failure: OnFailure = OnFailure.FAIL
    retries: int = 0
    time_out: timedelta | None = None
    priority: int = 0
    resources: Resources = USUAL

    @classmethod
    def of(
        cls,
        *,
        on_failure: str | OnFailure | None = None,
        retries: int | None = None,
        time_out: float | timedelta | None = None,
        priority: int = 0,
        resources: Resources | None = None,
    ) -> Policy:
        """Return the policy that these words of a user describe.

        Raises
        ------
        TaskDefinitionError
            For a word that is not one of `OnFailure`, a number of retries that is negative or has no RETRY, a
            time that is not positive, or a priority that is no whole number.
        """
        wanted = _on_failure(on_failure, retries)
        if retries is None:
            retries = _DEFAULT_RETRIES if wanted is OnFailure.RETRY else 0
        if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
            raise TaskDefinitionError(f"retries={retries!r} is not a number of retries. Give 0 or more.")
        if retries and wanted is not OnFailure.RETRY:
            raise TaskDefinitionError(
                f"retries={retries} has no effect with on_failure='{wanted}'. Leave one of them out."
            )
        if isinstance(priority, bool) or not isinstance(priority, int):
            raise TaskDefinitionError(f"priority={priority!r} is not a whole number.")
        return cls(
            on_failure=wanted,
            retries=retries,
            time_out=_duration(time_out),
            priority=priority,
            resources=resources or USUAL,
        )


def _on_failure(word: str | OnFailure | None, retries: int | None) -> OnFailure:
    if word is None:
        return OnFailure.RETRY if retries else OnFailure.FAIL
    try:
        return OnFailure(str(word).lower())
    except ValueError:
        known = ", ".join(f"'{choice}'" for choice in OnFailure)
        raise TaskDefinitionError(f"on_failure={word!r} is not one of {known}.") from None


def _duration(given: float | timedelta | None) -> timedelta | None:
    if given is None:
        return None
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        given = timedelta(seconds=given)
    if not isinstance(given, timedelta) or given <= timedelta(0):
        raise TaskDefinitionError(f"time_out={given!r} is not a time. Give seconds or a timedelta, above 0.")
    return given
