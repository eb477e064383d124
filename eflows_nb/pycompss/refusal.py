"""What is not supported, and mistakes in PyCOMPSs' own words."""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterable, Mapping
from typing import Any, Protocol

from eflows_nb.errors import EflowsError, TaskDefinitionError

__all__ = [
    "CancelledTaskWarning",
    "UnexpectedArgumentWarning",
    "UnsupportedError",
    "require",
    "warn_of_unknown",
]


class UnsupportedError(EflowsError, NotImplementedError):
    """Something of PyCOMPSs that this package does not do."""


class UnexpectedArgumentWarning(UserWarning):
    """An argument of a decorator that nobody knows."""


class CancelledTaskWarning(UserWarning):
    """``compss_wait_on`` returns None for a result that was given up, as the program asked for."""


class _Named(Protocol):
    name: str


def require(task: _Named, decorator: str, word: str, given: Mapping[str, Any]) -> None:
    """Complain when a decorator lacks an argument, which may also be in camel case.

    Raises
    ------
    TaskDefinitionError
        When it is not among the given ones.
    """
    first, *more = word.split("_")
    if word not in given and first + "".join(part.title() for part in more) not in given:
        raise TaskDefinitionError(f"@{decorator} of '{task.name}' needs {word}=….")


def warn_of_unknown(task: _Named, decorator: str, given: Iterable[str], known: Container[str]) -> None:
    """Warn of the arguments of a decorator that have no effect, as nobody knows them."""
    for word in given:
        if word not in known:
            names = f"; it has: {', '.join(sorted(known))}" if isinstance(known, set) else ""
            warnings.warn(
                f"The argument '{word}' of @{decorator} of '{task.name}' has no effect: there is no such "
                f"one{names}.",
                UnexpectedArgumentWarning,
                stacklevel=4,
            )
