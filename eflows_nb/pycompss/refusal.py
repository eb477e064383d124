"""What is not supported, and mistakes in PyCOMPSs' own words."""

from __future__ import annotations

from eflows_nb.errors import EflowsError

__all__ = ["CancelledTaskWarning", "UnexpectedArgumentWarning", "UnsupportedError"]


class UnsupportedError(EflowsError, NotImplementedError):
    """Something of PyCOMPSs that this package does not do."""


class UnexpectedArgumentWarning(UserWarning):
    """An argument of a decorator that nobody knows."""


class CancelledTaskWarning(UserWarning):
    """``compss_wait_on`` returns None for a result that was given up, as the program asked for."""
