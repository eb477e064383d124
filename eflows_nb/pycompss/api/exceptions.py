"""What tasks and programs raise."""

from __future__ import annotations

__all__ = ["COMPSsException"]


class COMPSsException(Exception):  # noqa: N818 - the name is PyCOMPSs'
    """Raised by a task on purpose: the other tasks of its group are cancelled, and it is not run again."""

    eflows_final = True

    def __init__(self, message: str = "", *more: object) -> None:
        super().__init__(message, *more)
        self.message = message
        self.target_direction: object = None
