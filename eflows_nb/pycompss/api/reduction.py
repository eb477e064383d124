"""``@reduction``: a collection is reduced by several tasks."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.function import LayerTask

__all__ = ["reduction"]


@on_task
def reduction(task: LayerTask, *, chunk_size: Any = 2) -> None:
    """Let each task take at most `chunk_size` items of the collection; their results are reduced in turn."""
    task.chunk_size = chunk_size


Reduction = reduction
