"""``@julia``: not supported, which a task says when it runs."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task, require
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Refusal

__all__ = ["julia"]


@on_task
def julia(task: LayerTask, **given: Any) -> None:
    """Let the task fail with a sentence."""
    require(task, "julia", "script", given)
    task.program = Refusal(
        f"@julia of '{task.name}' cannot run here: it needs the COMPSs runtime, which is in Java. "
        "docs/pycompss.md says what runs."
    )


Julia = julia
