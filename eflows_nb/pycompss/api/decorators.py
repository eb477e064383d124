"""What the decorators above ``@task`` have in common."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.refusal import require, warn_of_unknown

__all__ = ["on_task", "require", "warn_of_unknown"]


def on_task(change: Callable[..., None]) -> Callable[..., Callable[[Any], Any]]:
    """Return a decorator with arguments that changes the task function below it.

    An argument that it does not know is a warning, as with PyCOMPSs, and one that it lacks an error.

    Parameters
    ----------
    change
        Called with the task function and the arguments of the decorator.
    """
    word = change.__name__
    formal = inspect.signature(change).parameters
    takes_all = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in formal.values())
    needed = [
        name
        for name, one in formal.items()
        if one.kind is inspect.Parameter.KEYWORD_ONLY and one.default is inspect.Parameter.empty
    ]

    @functools.wraps(change)
    def decorator(*args: Any, **options: Any) -> Callable[[Any], Any]:
        def decorate(function: Any) -> Any:
            if isinstance(function, (staticmethod, classmethod)):
                return type(function)(decorate(function.__func__))
            task = function if isinstance(function, LayerTask) else LayerTask(function, {})
            for name in needed:
                require(task, word, name, options)
            known = options
            if not takes_all:
                warn_of_unknown(task, word, options, formal)
                known = {name: value for name, value in options.items() if name in formal}
            change(task, *args, **known)
            return task

        if len(args) == 1 and not options and callable(args[0]):
            function, args = args[0], ()
            return decorate(function)  # type: ignore[no-any-return]
        return decorate

    return decorator
