"""``@local``: a function that runs in the program itself, on values that are waited for."""

from __future__ import annotations

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.function import LayerTask

__all__ = ["Local", "local"]


@on_task
def local(task: LayerTask) -> None:
    """Run the function where it is called."""
    task.local = True


Local = local
