"""``@IO``: a task that reads and writes rather than computes; here it is a task as any other."""

from __future__ import annotations

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.function import LayerTask

__all__ = ["IO"]


@on_task
def IO(task: LayerTask) -> None:  # noqa: N802 - the name is PyCOMPSs'
    """Change nothing: an engine runs one task at a time, of whatever kind."""


io = IO
