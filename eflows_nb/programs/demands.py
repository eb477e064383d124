"""What a task function asks for, what runs in its place without that, and what it gives when it fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eflows_nb.engine.worker import inside_task
from eflows_nb.errors import TaskDefinitionError
from eflows_nb.programs.decorating import Decorator
from eflows_nb.programs.function import ProgramTask, above_task
from eflows_nb.pycompss.wraps import Defaults
from eflows_nb.runtime import session
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.parameter import Kind
from eflows_nb.tasks.policy import OnFailure

__all__ = ["constraint", "defaults", "implement"]


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


def implement(other: TaskFunction[Any, Any]) -> Decorator:
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
