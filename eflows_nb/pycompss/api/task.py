"""``@task``: calls of the function are tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eflows_nb.pycompss.function import LayerTask

__all__ = ["Task", "task"]


class Task:
    """The decorator ``@task(...)``; see the programming model of PyCOMPSs for its arguments."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._plain = args[0] if len(args) == 1 and not options and callable(args[0]) else None
        self._options = options

    def __new__(cls, *args: Any, **options: Any) -> Any:
        """Return the task function itself where the decorator has no brackets."""
        if len(args) == 1 and not options and callable(args[0]):
            return LayerTask(args[0], {})
        return super().__new__(cls)

    def __call__(self, function: Callable[..., Any]) -> Any:
        """Return the task function."""
        if isinstance(function, (staticmethod, classmethod)):
            return type(function)(LayerTask(function.__func__, self._options))
        return LayerTask(function, self._options)


task = Task
