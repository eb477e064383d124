"""``@epilog``: a program that runs after a task."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.api.programs import put_around
from eflows_nb.pycompss.function import LayerTask

__all__ = ["epilog"]


@on_task
def epilog(task: LayerTask, **given: Any) -> None:
    """Run ``binary`` with ``args`` then; with ``fail_by_exit_value=False`` whatever it ends with."""
    put_around(task, given, after=True)


Epilog = epilog
