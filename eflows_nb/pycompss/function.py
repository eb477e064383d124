"""Task functions of PyCOMPSs: what ``@task`` and the decorators above it make of a function."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from eflows_nb.engine.worker import inside_task
from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss import testcases, waiting
from eflows_nb.pycompss.constraints import Constraints
from eflows_nb.pycompss.parameters import Alias, Declared, declare
from eflows_nb.pycompss.programs import settled, with_variables
from eflows_nb.pycompss.refusal import UnexpectedArgumentWarning
from eflows_nb.pycompss.returning import Returns
from eflows_nb.pycompss.shipped import Shipped, Wrap
from eflows_nb.pycompss.wraps import Cores, Defaults, Numba, Silence, replace
from eflows_nb.runtime import session
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.parameter import Kind, Parameter
from eflows_nb.tasks.policy import Policy
from eflows_nb.tasks.resources import Resources

__all__ = ["OPTIONS", "LayerTask", "alternatives"]

OPTIONS = frozenset(
    {
        "cache_returns", "chunk_size", "computing_nodes", "defaults", "is_distributed", "is_reduce",
        "is_replicated", "numba", "numba_flags", "numba_signature", "numba_declaration", "on_failure",
        "priority", "process_per_node", "processes_per_node", "returns", "target_direction", "time_out",
        "tracing_hook", "varargs_type",
    }
)  # fmt: skip
"""What ``@task`` takes besides the names of parameters."""

_AT_A_CALL = ("returns", "computing_nodes", "on_failure", "defaults", "is_reduce", "chunk_size")
_CAMEL = {
    "isReplicated": "is_replicated", "isDistributed": "is_distributed", "timeOut": "time_out",
    "onFailure": "on_failure", "targetDirection": "target_direction", "varargsType": "varargs_type",
    "computingNodes": "computing_nodes",
}  # fmt: skip


_FILLED = (Kind.COLLECTION, Kind.DICTIONARY)

alternatives: dict[tuple[str, str], list[LayerTask]] = {}
"""Other implementations of task functions, by module and name of these."""


def _submit(function: TaskFunction[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return session.current().submit(function, args, kwargs)


class LayerTask(TaskFunction[Any, Any]):
    """A task function of PyCOMPSs.

    Decorators above ``@task`` change it until it is first called.

    Parameters
    ----------
    plain
        The user's function.
    options
        The arguments of ``@task``.

    Raises
    ------
    TaskDefinitionError
        For something that is no function, or one of coroutines, and for arguments that mean nothing.
    """

    def __init__(self, plain: Callable[..., Any], options: Mapping[str, Any]) -> None:
        if not callable(plain) or inspect.iscoroutinefunction(plain):
            kind = "a coroutine function, whose body would never run" if callable(plain) else "none"
            raise TaskDefinitionError(f"Only a function can be a task, and {plain!r} is {kind}.")
        options = {_CAMEL.get(word, word): value for word, value in options.items()}
        self.plain = plain
        self._given = options
        self.options = {word: value for word, value in options.items() if word in OPTIONS}
        self.returning = Returns(self.options.get("returns"), plain)
        formal = inspect.signature(plain).parameters
        self.declared = _declare(plain, options, formal)
        self.fed = [name for name, declared in self.declared.items() if declared.feeds]
        """The streams that it puts something into."""
        self.is_method = next(iter(formal), "") == "self"
        self.constraints: Constraints | None = None
        self.on_failure: dict[str, Any] = {}
        self.program: Wrap | None = None
        """What runs in the place of the function, for a task that is a program."""
        self.outer: list[Wrap] = []
        """What comes before and after it."""
        self.chunk_size: Any = None
        """How many items a task of a reduction takes; None for a task that is none."""
        self.transformations: list[Callable[[dict[str, Any]], None]] = []
        """What changes the arguments before a call, the first one first."""
        self.takes_transformations: Callable[[Any], list[Callable[[dict[str, Any]], None]]] | None = None
        """Makes such of what a call gives as ``dt``; None when it cannot give any."""
        self.local = False
        """Whether it runs in the process of the program itself."""
        self._fills = any(
            one.parameter.direction.writes and one.parameter.kind in _FILLED for one in self.declared.values()
        )
        self._has_variables = False  # whether those of the environment are in the programs
        self._variants: dict[tuple[int, Resources | None, Any], TaskFunction[Any, Any]] = {}
        self._quick: TaskFunction[Any, Any] | None = None
        self._shipped = Shipped(plain)
        super().__init__(
            self._shipped,
            submit=_submit,
            directions={name: declared.parameter for name, declared in self.declared.items()},
        )

    def declare(self, options: Mapping[str, Any]) -> None:
        """Have more arguments of ``@task``; what decorators have changed stays as it is."""
        words = ("constraints", "on_failure", "program", "outer", "chunk_size", "transformations",
                 "takes_transformations", "local")  # fmt: skip
        kept = {word: getattr(self, word) for word in words}
        self.__init__(self.plain, {**self._given, **options})  # type: ignore[misc]
        vars(self).update(kept)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Return the method of an object."""
        if instance is not None:
            testcases.allow(instance)
        return super().__get__(instance, owner)

    def __eflows_surroundings__(self) -> tuple[Any, ...]:
        """Return what is to be watched for changes."""
        return self._shipped.__eflows_surroundings__()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Submit a task; return as many futures as the function returns values, None for none."""
        quick = self._quick
        if quick is not None and (not kwargs or kwargs.keys().isdisjoint(_AT_A_CALL)):
            if kwargs or len(args) != quick._positional:
                self.signature.bind(*args, **kwargs)
            made = _submit(quick, args, kwargs)
            if self._fills:
                self._watch(args, kwargs, made)
            return made
        return self._call(args, kwargs)

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        formal = self.signature.parameters
        told = {word: kwargs.pop(word) for word in _AT_A_CALL if word in kwargs and word not in formal}
        changes = list(self.transformations)
        if self.takes_transformations is not None and "dt" in kwargs:
            changes += self.takes_transformations(kwargs.pop("dt"))
        bound = self.signature.bind(*args, **kwargs)
        kwargs = {**self._default_files(bound.arguments), **kwargs}
        if changes:
            bound.apply_defaults()
            for change in changes:
                change(bound.arguments)
            args, kwargs = bound.args, bound.kwargs
        if inside_task():
            return self.variant(self.returning.number or 1, None, self.program).function(*args, **kwargs)
        bound.apply_defaults()
        if not self._has_variables:
            self._has_variables = True
            self.program, self.outer = with_variables(self.program), list(map(with_variables, self.outer))
        returning = Returns(told["returns"], self.plain) if told.get("returns") else self.returning
        returns = returning.count(bound.arguments)
        on_failure = self._on_failure(told)
        resources, units = None, 0
        if self.constraints is not None:
            namespace = getattr(self.plain, "__globals__", {})
            if not self.constraints.can_be_met(bound.arguments, namespace):
                others = alternatives.get((self.plain.__module__, self.plain.__qualname__), ())
                for other in others:
                    return other(*args, **kwargs)
            resources = self.constraints.resources(bound.arguments, namespace)
            units = self.constraints.cores(bound.arguments, namespace)
        program = settled(self.program, formal, getattr(self.plain, "__globals__", {}), units)
        if self.local:
            current = session.current()
            for value in (*args, *kwargs.values()):
                _bring_up_to_date(value)
            return self._function(returns, resources, program, on_failure)(
                *current.wait_on(args), **current.wait_on(kwargs)
            )
        variant = self.variant(returns, resources, program, on_failure)
        chunk_size = self._chunk_size(told)
        if chunk_size is not None:
            from eflows_nb.pycompss.reducing import reduce_in_chunks

            return reduce_in_chunks(self, variant, chunk_size, args, kwargs)
        if not told and self._may_be_quick(returning, returns) and program is self.program:
            self._quick = variant
        for name in self.fed:
            register = getattr(bound.arguments.get(name), "register_producer", None)
            if register is not None:
                register()
        made = _submit(variant, args, kwargs)
        if self._fills:
            self._watch(args, kwargs, made)
        if returning.into and returning.into in bound.arguments:
            argument = bound.arguments[returning.into]
            session.current().bind(argument, made)
            return argument
        return self._results(made, returning, returns)

    def _watch(self, args: tuple[Any, ...], kwargs: dict[str, Any], made: Any) -> None:
        """Let whoever waits for an empty collection hear of a task that was to fill it."""
        for place, _, parameter in self.locate(args, kwargs):
            if parameter.direction.writes and parameter.kind in _FILLED:
                given = args[place] if isinstance(place, int) else kwargs[place]
                if type(given) in (list, dict) and not given:
                    waiting.watch(given, made[0] if isinstance(made, (list, tuple)) else made)

    def _default_files(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the files that are arguments by default: they count as if they were given."""
        defaults = {
            name: self.signature.parameters[name].default
            for name, declared in self.declared.items()
            if declared.parameter.kind is Kind.FILE
            and name not in arguments
            and name in self.signature.parameters
        }
        return {name: path for name, path in defaults.items() if isinstance(path, (str, os.PathLike))}

    def _may_be_quick(self, returning: Returns, returns: int) -> bool:
        """Whether all calls are as this one: one result, and nothing to be found out for each."""
        return (
            returns == 1
            and returning is self.returning
            and returning.number == 1
            and not returning.into
            and not _has_tasks(returning.kind)
            and self.constraints is None
            and not self.fed
            and not self.transformations
            and not self._default_files({})
            and self.takes_transformations is None
        )

    def _results(self, made: Any, returning: Returns, returns: int) -> Any:
        if returns == 0:
            return None
        if returns > 1:
            return list(made)
        if returning.kind is not None and _has_tasks(returning.kind):
            return _placeholder(returning.kind, made)
        return made

    def variant(
        self,
        returns: int,
        resources: Resources | None,
        program: Wrap | None,
        on_failure: Mapping[str, Any] | None = None,
    ) -> TaskFunction[Any, Any]:
        """Return the task function for calls with so many results, these resources, and this program.

        Parameters
        ----------
        on_failure
            What a call says of failures, as `_on_failure` returns it; None for what was declared.
        """
        key = (returns, resources, getattr(program, "launcher", None))
        made = self._variants.get(key) if on_failure is None else None
        if made is None:
            made = TaskFunction(
                self._function(returns, resources, program, on_failure),
                submit=_submit,
                returns=max(returns, 1),
                directions={} if not self.parameters else self.parameters,
                policy=self._policy(resources, on_failure),
            )
            made.name = self.name
            made.private_inputs = True
            if on_failure is None:
                self._variants[key] = made
        return made

    def _on_failure(self, told: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return how a call wants failures to be treated; None where it says nothing of that."""
        if "on_failure" not in told and "defaults" not in told:
            return None
        declared = self._declared_on_failure()
        values = told.get("defaults", {word: one for word, one in declared.items() if word != "management"})
        return {**values, "management": told.get("on_failure", declared["management"])}

    def _declared_on_failure(self) -> dict[str, Any]:
        """Return what ``@on_failure`` says, or else ``@task``: ``management``, and values by parameter."""
        said = self.on_failure or dict(self.options.get("defaults") or {})
        return {"management": self.options.get("on_failure") or "RETRY", **said}

    def _chunk_size(self, told: Mapping[str, Any]) -> Any:
        """Return how many items a task of a reduction takes; None for a call that is none."""
        if not told.get("is_reduce", self.options.get("is_reduce", self.chunk_size is not None)):
            return None
        size = self.options.get("chunk_size") if self.chunk_size is None else self.chunk_size
        return told.get("chunk_size", size) or 2

    def _function(
        self,
        returns: int,
        resources: Resources | None,
        program: Wrap | None,
        on_failure: Mapping[str, Any] | None = None,
    ) -> Shipped:
        wraps: list[Wrap] = [program] if program is not None else []
        numba = self.options.get("numba")
        if numba:
            wraps.append(
                Numba(
                    numba,
                    flags=self.options.get("numba_flags") or {},
                    signature=self.options.get("numba_signature"),
                    declaration=self.options.get("numba_declaration"),
                )
            )
        wraps += self.outer
        if resources is not None:
            wraps.append(Cores(resources.cores))
        if returns == 0 and (self.program is not None or Returns(None, self.plain).number):
            wraps.append(Silence())
        defaults = dict(self._declared_on_failure() if on_failure is None else on_failure)
        if str(defaults.pop("management")).upper() == "IGNORE" and defaults:
            files = frozenset(
                name for name, declared in self.declared.items() if declared.parameter.kind is Kind.FILE
            )
            wraps.append(Defaults(defaults, files, returns))
        return Shipped(self.plain, wraps)

    def _policy(self, resources: Resources | None, on_failure: Mapping[str, Any] | None = None) -> Policy:
        time_out = self.options.get("time_out")
        return Policy.of(
            on_failure=str((on_failure or self._declared_on_failure())["management"]).upper(),
            time_out=float(time_out) if time_out else None,
            priority=int(bool(self.options.get("priority"))),
            resources=resources,
        )


def _declare(
    plain: Callable[..., Any], options: Mapping[str, Any], formal: Mapping[str, inspect.Parameter]
) -> dict[str, Declared]:
    """Return what is declared for the parameters of a function, those that are not plain IN."""
    declared: dict[str, Declared] = {}
    collects = next((n for n, one in formal.items() if one.kind is inspect.Parameter.VAR_KEYWORD), None)
    varargs = next((n for n, one in formal.items() if one.kind is inspect.Parameter.VAR_POSITIONAL), None)
    for word, given in options.items():
        if word in OPTIONS and word not in formal:
            continue
        if word in formal or (collects is not None and isinstance(given, (Alias, Mapping))):
            declared[word] = declare(word, given)
        else:
            known = ", ".join(formal) or "none"
            warnings.warn(
                f"@task({word}=…) has no effect: '{plain.__name__}' has no such parameter; it has: {known}.",
                UnexpectedArgumentWarning,
                stacklevel=4,
            )
    if "varargs_type" in options and varargs is not None:
        declared[varargs] = declare(varargs, options["varargs_type"])
    first = next(iter(formal), "")
    if first == "self" and "self" not in declared:
        target = options.get("target_direction")
        declared["self"] = (
            declare("target_direction", target)
            if target is not None
            else Declared(parameter=Parameter(direction=Direction.INOUT))
        )
    return {
        name: one
        for name, one in declared.items()
        if not one.is_default or one.prefix or one.channel or name not in formal
    }


def _bring_up_to_date(value: Any) -> None:
    """Let an object of the program have what tasks have written to it, in its own place where it can."""
    current = session.current()
    if not isinstance(value, (list, dict)) or current.datum_of(value) is None:
        return
    newest = current.wait_on(value)
    if newest is not value and type(newest) is type(value):
        replace(value, newest)
        current.forget(value)


def _has_tasks(kind: type | None) -> bool:
    """Return whether a class has methods that are tasks: then a call of one must be possible at once."""
    if kind is None or kind.__module__ == "builtins":
        return False
    return any(
        isinstance(getattr(value, "__func__", value), LayerTask)
        for parent in kind.__mro__
        for value in vars(parent).values()
    )


def _placeholder(kind: type, future: Any) -> Any:
    """Return an object of a class that stands for a result, so that its methods can be called."""
    try:
        made = kind()
    except TypeError:
        made = object.__new__(kind)
    session.current().bind(made, future)
    return made
