"""``@on_failure``: what happens when a task fails."""

from __future__ import annotations

from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.api.decorators import on_task, warn_of_unknown
from eflows_nb.pycompss.function import LayerTask

__all__ = ["on_failure"]

_CHOICES = ("RETRY", "FAIL", "IGNORE", "CANCEL_SUCCESSORS")


@on_task
def on_failure(task: LayerTask, *, management: str, **defaults: Any) -> None:
    """Note what to do (RETRY, FAIL, IGNORE, CANCEL_SUCCESSORS), and values for what would have been made."""
    if management not in _CHOICES:
        raise TaskDefinitionError(
            f"@on_failure(management={management!r}) of '{task.name}' is none of {', '.join(_CHOICES)}."
        )
    names = {*task.signature.parameters, "returns"}
    if not any(one.kind is one.VAR_KEYWORD for one in task.signature.parameters.values()):
        warn_of_unknown(task, "on_failure", defaults, names)
    task.on_failure = {"management": management, **defaults}


OnFailure = onFailure = on_failure  # noqa: N816
