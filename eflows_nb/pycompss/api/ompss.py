"""``@ompss``: not supported, which a task says when it runs."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task, require
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Refusal

__all__ = ["ompss"]


@on_task
def ompss(task: LayerTask, **given: Any) -> None:
    """Let the task fail with a sentence."""
    require(task, "ompss", "binary", given)
    task.program = Refusal(
        f"@ompss of '{task.name}' cannot run here: it needs the OmpSs compiler and its runtime. "
        "docs/pycompss.md says what runs."
    )


OmpSs = ompss
