"""The decorators that change what a call of a task function becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from eflows_nb.engine.worker import inside_task
from eflows_nb.errors import TaskDefinitionError
from eflows_nb.programs.function import Change, ProgramTask, above_task
from eflows_nb.pycompss.wraps import Defaults
from eflows_nb.runtime import api, session
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.parameter import Kind, Parameter
from eflows_nb.tasks.policy import OnFailure

__all__ = ["constraint", "defaults", "implement", "reduction", "transform"]

Decorator = Callable[[Any], ProgramTask]


def constraint(
    *, cores: int | str | None = None, memory: int | str | None = None, gpus: int | str | None = None
) -> Decorator:
    """Let each call say what its task needs: by expressions over its arguments.

    It stands above ``@ef.task``. Expressions are Python, with the parameters and the global variables of the
    function, and environment variables as ``${X}``. Numbers that are always the same can be given to
    ``@ef.task`` itself.

    Parameters
    ----------
    cores
        Number of cores; None for what ``@ef.task`` says.
    memory
        Bytes, rounded up to tenths of a gigabyte; likewise.
    gpus
        Number of GPUs; likewise.

    Raises
    ------
    TaskDefinitionError
        When it says nothing, stands above no task function, or twice. At a call, when an expression has no
        value, or one below 1 core, 0 bytes, 0 GPUs, and when an environment variable is not set.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.constraint(cores="min(len(blocks), 1)", memory="8 * len(blocks) * 10**6")
    ... @ef.task
    ... def total(blocks):
    ...     return sum(blocks)
    >>> ef.wait_on(total([1, 2, 3]))
    6
    """
    wanted = {word: given for word, given in (("cores", cores), ("memory", memory), ("gpus", gpus))
              if given is not None}  # fmt: skip

    def change(task: ProgramTask) -> None:
        if not wanted:
            raise TaskDefinitionError(
                f"@ef.constraint of '{task.name}' says nothing. Give cores=…, memory=… or gpus=…."
            )
        for word, given in wanted.items():
            if isinstance(given, bool) or not isinstance(given, (int, str)):
                raise TaskDefinitionError(
                    f"@ef.constraint({word}={given!r}) of '{task.name}' is neither a number nor an "
                    "expression, such as '2 * n'."
                )
        task.wanted = wanted

    return above_task("constraint", change)


def defaults(*, returns: Any = None, values: Mapping[str, Any] | None = None) -> Decorator:
    """Let a task whose function fails give these values, where its failure is ignored.

    It stands above ``@ef.task(on_failure="ignore")``. What the function has raised is written to the standard
    error. A task that is ended, as its time is over, gives None all the same.

    Parameters
    ----------
    returns
        Its result; with several results a tuple of as many, or one value for each of them.
    values
        By parameter, what an argument that it writes becomes: a value, or for a file the path of one that is
        copied there.

    Raises
    ------
    TaskDefinitionError
        When its failure is not ignored, a parameter does not exist or is not written, or it stands above no
        task function, or twice.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.defaults(returns=0.0)
    ... @ef.task(on_failure="ignore")
    ... def invert(x):
    ...     return 1 / x
    >>> ef.wait_on([invert(2), invert(0)])
    [0.5, 0.0]
    """

    def change(task: ProgramTask) -> None:
        if task.policy.on_failure is not OnFailure.IGNORE:
            raise TaskDefinitionError(
                f"@ef.defaults of '{task.name}' is for failures that are ignored. Give "
                "@ef.task(on_failure='ignore') below it."
            )
        for name in values or {}:
            if name not in task.directions or not task.directions[name].writes:
                raise TaskDefinitionError(
                    f"@ef.defaults(values={{{name!r}: …}}) of '{task.name}': it writes no parameter of that "
                    "name. Give its direction, such as ef.INOUT or ef.FILE_OUT, to @ef.task."
                )
        files = frozenset(name for name, one in task.parameters.items() if one.kind is Kind.FILE)
        task.defaults = Defaults({**(values or {}), "returns": returns}, files, task.returns)

    return above_task("defaults", change)


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


def transform(
    parameter: str, function: Callable[..., Any], *, to: str | Path | None = None
) -> Callable[[Any], ProgramTask]:
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


def implement(other: TaskFunction[Any, Any]) -> Callable[[Any], ProgramTask]:
    """Let a task function run in the place of another one where no host has what that asks for.

    It stands above ``@ef.task``. Of several the one counts that was defined last, and whose own demands
    are met.

    Parameters
    ----------
    other
        The task function whose calls become those of this one then. It takes the same arguments.

    Raises
    ------
    TaskDefinitionError
        When `other` is no task function or takes other arguments, or it stands above no task function, or
        twice.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.task(gpus=512)
    ... def simulate(x):
    ...     return "on GPUs", x
    >>> @ef.implement(simulate)
    ... @ef.task
    ... def simulate_on_cores(x):
    ...     return "on cores", x
    >>> ef.wait_on(simulate(3))
    ('on cores', 3)
    """

    def change(task: ProgramTask) -> None:
        if not isinstance(other, TaskFunction):
            raise TaskDefinitionError(
                f"@ef.implement({getattr(other, '__name__', other)}) of '{task.name}' names no task "
                "function. Give the one that it is another implementation of."
            )
        theirs, own = list(other.signature.parameters), list(task.signature.parameters)
        if theirs != own:
            raise TaskDefinitionError(
                f"@ef.implement({other.name}) of '{task.name}' takes ({', '.join(own)}), and '{other.name}' "
                f"takes ({', '.join(theirs)}). Give both the same parameters."
            )
        submit = other._submit

        def choose(function: TaskFunction[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if inside_task() or not session.current().lacking(function.policy.resources):
                return submit(function, args, kwargs)
            resources = task.resources(task.signature.bind(*args, **kwargs))
            if session.current().lacking(resources):
                return submit(function, args, kwargs)
            return task(*args, **kwargs)

        other._submit = choose
        if isinstance(other, ProgramTask):
            other.forget_variants()

    return above_task("implement", change)
