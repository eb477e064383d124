"""``@compss``: not supported, which a task says when it runs."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task, require
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Refusal

__all__ = ["compss"]


@on_task
def compss(task: LayerTask, **given: Any) -> None:
    """Let the task fail with a sentence."""
    require(task, "compss", "app_name", given)
    task.program = Refusal(
        f"@compss of '{task.name}' cannot run here: it is a COMPSs run of its own inside a task. "
        "docs/pycompss.md says what runs."
    )


COMPSs = compss
