"""``@implement``: another implementation of a task function."""

from __future__ import annotations

from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.api.decorators import on_task, warn_of_unknown
from eflows_nb.pycompss.function import LayerTask, alternatives

__all__ = ["implement"]


@on_task
def implement(task: LayerTask, **given: Any) -> None:
    """Let the function run in the place of ``method`` of ``source_class`` where that lacks what it asks for.

    Raises
    ------
    TaskDefinitionError
        When one of the two is missing.
    """
    given = {"source_class" if word == "sourceClass" else word: value for word, value in given.items()}
    missing = [word for word in ("source_class", "method") if word not in given]
    if missing:
        raise TaskDefinitionError(f"@implement of '{task.name}' needs {' and '.join(missing)}.")
    warn_of_unknown(task, "implement", given, {"source_class", "method"})
    alternatives.setdefault((given["source_class"], given["method"]), []).append(task)


Implement = implement
