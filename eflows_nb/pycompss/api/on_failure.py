"""``@on_failure``: what happens when a task fails."""

from __future__ import annotations

import warnings
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.api.decorators import on_task, warn_of_unknown
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.refusal import UnexpectedArgumentWarning

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
    if defaults and management != "IGNORE":
        warnings.warn(
            f"The values that @on_failure(management='{management}') of '{task.name}' gives for "
            f"{', '.join(defaults)} are of no use: they belong to IGNORE.",
            UnexpectedArgumentWarning,
            stacklevel=3,
        )
    task.on_failure = {"management": management, **defaults}


OnFailure = onFailure = on_failure  # noqa: N816
