"""``@implement``: another implementation of a task function."""

from __future__ import annotations

from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.function import LayerTask

__all__ = ["implement"]


@on_task
def implement(task: LayerTask, **given: Any) -> None:
    """Note that the function does what ``method`` of ``source_class`` does.

    A call runs the function that was called: on one machine nothing is gained by another choice.
    """
    given = {"source_class" if word == "sourceClass" else word: value for word, value in given.items()}
    missing = [word for word in ("source_class", "method") if word not in given]
    if missing:
        raise TaskDefinitionError(f"@implement of '{task.name}' needs {' and '.join(missing)}.")


Implement = implement
