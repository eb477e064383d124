"""Which objects tasks have written to."""

from __future__ import annotations

from typing import Any

from eflows_nb.runtime import session

__all__ = ["OT"]


class _ObjectTracker:
    """Answers by the session what PyCOMPSs keeps in tables."""

    def get_object_id(self, value: Any) -> str:
        """Return what identifies an object that a task has written to, nothing for another one."""
        return str(id(value)) if session.current().datum_of(value) is not None else ""

    @property
    def pending_to_synchronize(self) -> tuple[str, ...]:
        """The identifiers of objects that are to be waited for: none, since waiting needs no table."""
        return ()


OT = _ObjectTracker()
