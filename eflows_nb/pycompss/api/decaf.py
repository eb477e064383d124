"""``@decaf``: not supported, which a task says when it runs."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task, require
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Refusal

__all__ = ["decaf"]


@on_task
def decaf(task: LayerTask, **given: Any) -> None:
    """Let the task fail with a sentence."""
    require(task, "decaf", "df_script", given)
    task.program = Refusal(
        f"@decaf of '{task.name}' cannot run here: it needs the Decaf data flow system. "
        "docs/pycompss.md says what runs."
    )


Decaf = decaf
