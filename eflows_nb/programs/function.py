"""Task functions that a decorator above ``@ef.task`` has changed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.constraints import Constraints, in_grains
from eflows_nb.pycompss.parameters import Declared
from eflows_nb.pycompss.programs import Program, settled, with_variables
from eflows_nb.pycompss.reducing import reduce_in_chunks
from eflows_nb.pycompss.requests import Request
from eflows_nb.pycompss.wrapped import Wrap, Wrapped
from eflows_nb.pycompss.wraps import Defaults
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.parameter import Parameter
from eflows_nb.tasks.resources import USUAL, Resources

__all__ = ["Change", "ProgramTask", "above_task", "require_names"]

Change = Callable[[dict[str, Any]], None]
"""What changes the arguments of a call, by parameter, before they are submitted."""

_BRACES = re.compile(r"\{\{\s*(\w+)[\w.\s]*\}\}")


class ProgramTask(TaskFunction[Any, Any]):
    """A task function with a program in the place of its function, or with something around it.

    It keeps what ``@ef.task`` says: directions, number of results, and what happens on failure.

    Parameters
    ----------
    below
        What stands below the decorator.
    directions
        What is said of more parameters, or otherwise, than there.
    """

    def __init__(
        self, below: TaskFunction[Any, Any], directions: Mapping[str, Direction | Parameter] | None = None
    ) -> None:
        is_one = isinstance(below, ProgramTask)
        self.plain: Callable[..., Any] = below.plain if is_one else below.function  # type: ignore[attr-defined]
        super().__init__(
            self.plain,
            submit=below._submit,
            returns=below.returns,
            directions={**below.parameters, **(directions or {})},
            policy=below.policy,
        )
        self.declared = {
            name: Declared(parameter=one, channel=one.channel, prefix=one.prefix, feeds=one.feeds)
            for name, one in self.parameters.items()
        }
        """What was declared for its parameters."""
        self.words: tuple[str, ...] = below.words if isinstance(below, ProgramTask) else ()
        """The decorators above it."""
        self.program: Wrap | None = None
        """What runs in the place of the function."""
        self.outer: list[Wrap] = []
        """What comes before and after it."""
        self.defaults: Defaults | None = None
        """What the task gives when its function fails; None for what its policy says."""
        self.wanted: Mapping[str, int | str] = {}
        """Numbers of cores, bytes of memory and GPUs: numbers, or expressions over arguments."""
        self.chunk_size: int | None = None
        """How many items a task of a reduction takes; None for one task that takes all."""
        self.changes: tuple[Change, ...] = ()
        """What changes the arguments before a call, the first one first."""
        if isinstance(below, ProgramTask):
            self.program, self.outer, self.defaults = below.program, list(below.outer), below.defaults
            self.wanted, self.chunk_size, self.changes = below.wanted, below.chunk_size, below.changes
        self._variants: dict[tuple[Resources, Any], TaskFunction[Any, Any]] = {}
        self._wraps: tuple[Wrap | None, list[Wrap]] = (None, [])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Submit a task, or those of a reduction, and return its future or futures."""
        bound = self.signature.bind(*args, **kwargs)
        if self.changes:
            bound.apply_defaults()
            for change in self.changes:
                change(bound.arguments)
            args, kwargs = bound.args, bound.kwargs
        variant = self._variant(bound)
        if self.chunk_size is not None:
            return reduce_in_chunks(self, variant, self.chunk_size, args, kwargs)
        return variant(*args, **kwargs)

    def declare_more(self, directions: Mapping[str, Direction | Parameter]) -> None:
        """Have more said of parameters, or otherwise; what decorators have changed stays as it is.

        Raises
        ------
        TaskDefinitionError
            For a parameter that does not exist.
        """
        self.__init__(ProgramTask(self), directions)  # type: ignore[misc]

    def settle(self) -> None:
        """Have what decorators have changed where tasks call it, and for whoever asks for its code."""
        self.function = self._wrapped(self.program, self.outer)

    def forget_variants(self) -> None:
        """Let the next call be made with what the task function is now."""
        self._variants.clear()

    def resources(self, bound: inspect.BoundArguments) -> Resources:
        """Return what a call asks for.

        Raises
        ------
        TaskDefinitionError
            For an environment variable that is not set, or an expression without a value.
        """
        if not self.wanted:
            return self.policy.resources
        bound.apply_defaults()
        found: dict[str, Any] = {
            word: self._number(word, given, bound.arguments) for word, given in self.wanted.items()
        }
        made = replace(self.policy.resources, **found)
        return USUAL if made == USUAL else made

    def _number(self, word: str, given: int | str, arguments: Mapping[str, Any]) -> int:
        namespace = getattr(self.plain, "__globals__", {})
        value = Constraints({}, self.name).value(word, given, arguments, namespace)
        if word == "memory":
            return in_grains(value / 1e9)
        least = 1 if word == "cores" else 0
        if value < least:
            raise TaskDefinitionError(
                f"The constraint {word}={given!r} of '{self.name}' is {value:g} for this call. "
                f"Give an expression that is {least} or more."
            )
        return int(value)

    def _variant(self, bound: inspect.BoundArguments) -> TaskFunction[Any, Any]:
        """Return the task function that a call is one of: with these resources, and these processes."""
        resources = self.resources(bound)
        program, outer = with_variables(_with_address(self.program)), list(map(with_variables, self.outer))
        if self._wraps != (program, outer):
            self._wraps = (program, outer)
            self._variants.clear()
        namespace = getattr(self.plain, "__globals__", {})
        program = settled(program, self.signature.parameters, namespace, resources.cores)
        key = (resources, getattr(program, "launcher", None))
        made = self._variants.get(key)
        if made is None:
            self._check_words()
            made = self._variants[key] = TaskFunction(
                self._wrapped(program, outer),
                submit=self._submit,
                returns=self.returns,
                directions=self.parameters,
                policy=replace(self.policy, resources=resources),
            )
        return made

    def _check_words(self) -> None:
        """Complain of what only a program has, where the task is none."""
        for name, parameter in self.parameters.items():
            if parameter.word_of_programs and not isinstance(self.program, Program):
                raise TaskDefinitionError(
                    f"The parameter '{name}' of '{self.name}' has {parameter.word_of_programs}, which only a "
                    "program has. Put @ef.binary(…) above @ef.task, or leave that out."
                )

    def _wrapped(self, program: Wrap | None, outer: list[Wrap]) -> Wrapped:
        inner = [] if program is None else [program]
        return Wrapped(self.plain, [*inner, *outer, *([] if self.defaults is None else [self.defaults])])


def _with_address(program: Wrap | None) -> Wrap | None:
    """Return a request with the environment variables of this process in its address."""
    return (
        replace(program, address=with_variables(program.address)) if isinstance(program, Request) else program
    )


def above_task(word: str, change: Callable[[ProgramTask], None]) -> Callable[[Any], ProgramTask]:
    """Return a decorator that changes the task function below it, and leaves that one as it is.

    Parameters
    ----------
    word
        Its name, for errors.
    change
        Called with the task function to be changed.
    """

    def decorate(below: Any) -> ProgramTask:
        if not isinstance(below, TaskFunction):
            name = getattr(below, "__name__", None) or repr(below)
            raise TaskDefinitionError(
                f"@ef.{word} stands above @ef.task, and '{name}' is no task function. Put @ef.task(…) "
                f"between @ef.{word} and the function; @staticmethod and @classmethod come above both."
            )
        task = ProgramTask(below)
        if word in task.words:
            raise TaskDefinitionError(f"@ef.{word} stands twice above '{task.name}'. Leave one of them out.")
        task.words += (word,)
        change(task)
        task.settle()
        return task

    return decorate


def require_names(task: ProgramTask, word: str, texts: Iterable[str | None]) -> None:
    """Complain of ``{{x}}`` in texts where the task function has no such parameter.

    Raises
    ------
    TaskDefinitionError
        When there is one.
    """
    formal = task.signature.parameters
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in formal.values()):
        return
    for text in texts:
        for name in _BRACES.findall(text or ""):
            if name not in formal:
                known = ", ".join(formal) or "none"
                raise TaskDefinitionError(
                    f"@ef.{word} of '{task.name}' names {{{{{name}}}}}, and there is no such parameter; "
                    f"it has: {known}."
                )
