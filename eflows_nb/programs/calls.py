"""The decorators that make several tasks of a call: reductions and transformations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.programs.decorating import Decorator
from eflows_nb.programs.function import Change, ProgramTask, above_task
from eflows_nb.runtime import api
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.parameter import Kind, Parameter

__all__ = ["reduction", "transform"]


def reduction(*, chunk_size: int = 2) -> Decorator:
    """Let a collection be reduced by several tasks: each takes so many items, results of others among them.

    It stands above ``@ef.task``, and a call gives one future.

    Parameters
    ----------
    chunk_size
        How many items of the collection a task takes at most, 2 or more.

    Raises
    ------
    TaskDefinitionError
        When no parameter is a ``COLLECTION_IN``, the size is not such a number, the function returns several
        values, or it stands above no task function, or twice.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.reduction(chunk_size=4)
    ... @ef.task(numbers=ef.COLLECTION_IN)
    ... def total(numbers):
    ...     return sum(numbers)
    >>> ef.wait_on(total(list(range(100))))
    4950
    """

    def change(task: ProgramTask) -> None:
        if isinstance(chunk_size, bool) or not isinstance(chunk_size, int) or chunk_size < 2:
            raise TaskDefinitionError(
                f"@ef.reduction(chunk_size={chunk_size!r}) of '{task.name}' is no number of items. Give 2 or "
                "more."
            )
        if not any(one.kind is Kind.COLLECTION for one in task.parameters.values()):
            raise TaskDefinitionError(
                f"@ef.reduction of '{task.name}' needs a parameter that is a collection, such as "
                "@ef.task(items=ef.COLLECTION_IN)."
            )
        if task.returns != 1:
            raise TaskDefinitionError(
                f"@ef.reduction of '{task.name}' reduces to one value, and the function has "
                f"returns={task.returns}. Return one, such as a tuple."
            )
        task.chunk_size = chunk_size

    return above_task("reduction", change)


def transform(parameter: str, function: Callable[..., Any], *, to: str | Path | None = None) -> Decorator:
    """Let a task of another function transform an argument before the task gets it.

    It stands above ``@ef.task``; for several parameters it may stand there several times, and the lowest one
    comes first.

    Parameters
    ----------
    parameter
        Name of the parameter.
    function
        Takes the argument, and returns what the task is to get. A plain function becomes a task function; one
        that reads a file is a task function with a `FILE_IN`.
    to
        A file or folder that the function writes: it is called with the argument and this path, and the task
        gets the path. None for what the function returns.

    Raises
    ------
    TaskDefinitionError
        When there is no such parameter, the function cannot be a task function, or has no second parameter
        for the path, or it stands above no task function, or twice for a parameter.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.transform("numbers", sorted)
    ... @ef.task
    ... def least(numbers):
    ...     return numbers[0]
    >>> ef.wait_on(least([3, 1, 2]))
    1
    """

    def change(task: ProgramTask) -> None:
        if parameter not in task.signature.parameters:
            known = ", ".join(task.signature.parameters) or "none"
            raise TaskDefinitionError(
                f"@ef.transform({parameter!r}, …) of '{task.name}': there is no such parameter; "
                f"it has: {known}."
            )
        task.words = (*task.words[:-1], f"transform({parameter!r})")
        if task.words.count(task.words[-1]) > 1:
            raise TaskDefinitionError(
                f"@ef.transform({parameter!r}, …) stands twice above '{task.name}'. Leave one of them out."
            )
        task.changes = (*task.changes, _change(parameter, function, to))

    return above_task("transform", change)


def _change(parameter: str, function: Callable[..., Any], to: str | Path | None) -> Change:
    if isinstance(function, TaskFunction):
        task: Any = function
    elif to is None:
        task = api.task(function)
    else:
        names = list(TaskFunction(function, submit=_never).signature.parameters)
        if len(names) < 2:
            raise TaskDefinitionError(
                f"@ef.transform({parameter!r}, …, to={str(to)!r}): '{function.__name__}' has no second "
                "parameter, for the path that it is to write."
            )
        written: Any = {names[1]: Parameter(direction=Direction.OUT, kind=Kind.FILE)}
        task = api.task(**written)(function)

    def change(arguments: dict[str, Any]) -> None:
        if to is None:
            arguments[parameter] = task(arguments[parameter])
        else:
            task(arguments[parameter], str(to))
            arguments[parameter] = str(to)

    return change


def _never(function: TaskFunction[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    raise AssertionError(function.name)
