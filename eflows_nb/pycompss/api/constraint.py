"""``@constraint``: what a task asks of the machine."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.constraints import Constraints
from eflows_nb.pycompss.function import LayerTask

__all__ = ["constraint"]


@on_task
def constraint(task: LayerTask, **given: Any) -> None:
    """Note what is asked for; what this machine cannot give is told by a warning at the first call."""
    if given.get("is_local"):
        task.local = True
    task.constraints = Constraints(given, task.name)


Constraint = constraint
