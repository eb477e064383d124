"""Task functions: what ``@task`` makes of a function."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.parameter import Kind, Parameter
from eflows_nb.tasks.policy import Policy

__all__ = ["Submit", "TaskFunction"]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class Submit(Protocol):
    """What takes the call of a task function and makes a task of it."""

    def __call__(
        self, function: TaskFunction[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Return the future, or the futures, of what the function returns."""


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a function; some that are written in C do not tell theirs."""
    try:
        return inspect.signature(function)
    except ValueError:
        return inspect.signature(lambda *args, **kwargs: None)


_COLLECTS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class TaskFunction(Generic[P, R_co]):
    """A function whose calls are tasks.

    On an engine it is the plain function again, so a task that calls it runs it on the spot.

    Parameters
    ----------
    function
        What a task computes.
    submit
        Takes a call and returns its future.
    returns
        None or 1: one future for whatever the function returns. Two or more: the function returns that many
        values, and each gets a future.
    directions
        What the function does with its parameters; those not named are IN. That of ``*args`` or ``**kwargs``
        holds for each argument that is collected, except those that are named themselves.
    policy
        What happens when it fails, how long it may take, how urgent it is.

    Raises
    ------
    TaskDefinitionError
        For something that is not a plain function, a direction for a parameter that does not exist, or a
        number of returned values below 1.
    """

    private_inputs = False
    """Whether a task gets copies of large arrays that it only reads, and may write to these unseen."""

    def __init__(
        self,
        function: Callable[P, R_co],
        *,
        submit: Submit,
        returns: int | None = None,
        directions: Mapping[str, Direction | Parameter] | None = None,
        policy: Policy | None = None,
    ) -> None:
        name = getattr(function, "__name__", repr(function))
        if not callable(function) or inspect.isclass(function):
            raise TaskDefinitionError(f"Only a function can be a task function, not {function!r}.")
        if (
            inspect.iscoroutinefunction(function)
            or inspect.isgeneratorfunction(function)
            or inspect.isasyncgenfunction(function)
        ):
            raise TaskDefinitionError(
                f"'{name}' is a coroutine or generator function, and its body would never run as a task. "
                "Use a plain function that returns its result."
            )
        if returns is not None and (isinstance(returns, bool) or not isinstance(returns, int) or returns < 1):
            raise TaskDefinitionError(
                f"'{name}' cannot have returns={returns!r}. "
                "Give the number of values that it returns, 1 or more."
            )
        self.function = function
        self.name = name
        self.returns = returns or 1
        self.signature = _signature(function)
        self.parameters = {word: Parameter.of(given) for word, given in (directions or {}).items()}
        self.directions = {word: parameter.direction for word, parameter in self.parameters.items()}
        self.policy = policy or Policy()
        self._submit = submit
        functools.update_wrapper(self, function)
        self._check_directions()
        kinds = {word: parameter.kind for word, parameter in self.signature.parameters.items()}
        self.is_plain = all(
            parameter.kind is Kind.OBJECT
            and parameter.direction is not Direction.IN_DELETE
            and word in kinds
            and kinds[word] not in _COLLECTS
            for word, parameter in self.parameters.items()
        )
        """Whether each argument is one object that is read or written: most task functions are so."""
        self.is_simple = self.is_plain and not self.directions and self.returns == 1
        """Whether its tasks make one result, and nothing else."""
        usual = set(kinds.values()) <= {inspect.Parameter.POSITIONAL_OR_KEYWORD}
        self._positional = len(kinds) if usual else -1
        """With so many positional arguments a call is right; -1 for a function that is to be asked."""

    def _check_directions(self) -> None:
        if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in self.signature.parameters.values()):
            return  # any name may be given at a call
        for parameter, direction in self.directions.items():
            if parameter not in self.signature.parameters:
                known = ", ".join(self.signature.parameters) or "none"
                raise TaskDefinitionError(
                    f"'{self.name}' has no parameter '{parameter}' to be {direction.name}; it has: {known}."
                )

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Return the method of an object: a call of it passes the object as first argument."""
        return self if instance is None else types.MethodType(self, instance)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Submit a task, and return its future, or as many as the function returns values."""
        if kwargs or len(args) != self._positional:
            self.signature.bind(*args, **kwargs)  # a wrong call is the caller's error, here and now
        return self._submit(self, args, kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return _plain, (self.function,)

    def __repr__(self) -> str:
        return f"<task function {self.name}{self.signature}>"

    def locate_writes(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> list[tuple[int | str, Direction]]:
        """Return position or name, and direction, of the arguments of a call that it writes."""
        positions = {
            name: position
            for position, (name, parameter) in enumerate(self.signature.parameters.items())
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY
        }
        found: list[tuple[int | str, Direction]] = []
        for name, direction in self.directions.items():
            if not direction.writes:
                continue
            if name in kwargs:
                found.append((name, direction))
            elif name in positions and positions[name] < len(args):
                found.append((positions[name], direction))
        return found

    def name_of(self, place: int | str) -> str:
        """Return the name of the parameter that takes the argument at a position, or of a name, of a call."""
        if isinstance(place, str):
            return place
        for position, (name, parameter) in enumerate(self.signature.parameters.items()):
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                return f"{name}[{place - position}]"
            if position == place:
                return name
        return str(place)

    def locate(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> list[tuple[int | str, str, Parameter]]:
        """Return position or name, name of the parameter, and what it is, of the arguments of a call.

        Only those of parameters for which something was declared.
        """
        found: list[tuple[int | str, str, Parameter]] = []
        named = set(self.signature.parameters)
        for position, (name, formal) in enumerate(self.signature.parameters.items()):
            declared = self.parameters.get(name)
            if formal.kind is inspect.Parameter.VAR_KEYWORD:
                each = {word: self.parameters.get(word, declared) for word in kwargs if word not in named}
                found += [(word, word, one) for word, one in each.items() if one is not None]
            elif declared is None:
                continue
            elif formal.kind is inspect.Parameter.VAR_POSITIONAL:
                found += [
                    (place, f"{name}[{place - position}]", declared) for place in range(position, len(args))
                ]
            elif name in kwargs:
                found.append((name, name, declared))
            elif formal.kind is not inspect.Parameter.KEYWORD_ONLY and position < len(args):
                found.append((position, name, declared))
        return found
