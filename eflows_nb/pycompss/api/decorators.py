"""What the decorators above ``@task`` have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.function import LayerTask

__all__ = ["on_task", "require"]


def on_task(change: Callable[..., None]) -> Callable[..., Callable[[Any], Any]]:
    """Return a decorator with arguments that changes the task function below it.

    Parameters
    ----------
    change
        Called with the task function and the arguments of the decorator.
    """

    @functools.wraps(change)
    def decorator(*args: Any, **options: Any) -> Callable[[Any], Any]:
        def decorate(function: Any) -> Any:
            if isinstance(function, (staticmethod, classmethod)):
                return type(function)(decorate(function.__func__))
            task = function if isinstance(function, LayerTask) else LayerTask(function, {})
            change(task, *args, **options)
            return task

        if len(args) == 1 and not options and callable(args[0]):
            function, args = args[0], ()
            return decorate(function)  # type: ignore[no-any-return]
        return decorate

    return decorator


def require(task: LayerTask, decorator: str, word: str, given: Mapping[str, Any]) -> None:
    """Complain when a decorator lacks an argument, which may also be in camel case.

    Raises
    ------
    TaskDefinitionError
        When it is not among the given ones.
    """
    first, *more = word.split("_")
    if word not in given and first + "".join(part.title() for part in more) not in given:
        raise TaskDefinitionError(f"@{decorator} of '{task.name}' needs {word}=….")
