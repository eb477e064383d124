"""``@reduction``: a collection is reduced by several tasks."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.function import LayerTask

__all__ = ["reduction"]


@on_task
def reduction(task: LayerTask, *, chunk_size: Any = 2, is_reduce: bool = True) -> None:
    """Let each task take at most `chunk_size` items of the collection; their results are reduced in turn.

    With `is_reduce` False one task takes all of them.
    """
    task.chunk_size = chunk_size if is_reduce else None


Reduction = reduction
