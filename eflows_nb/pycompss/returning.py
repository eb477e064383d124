"""How many values a task function of PyCOMPSs returns: what ``returns=`` says, or its code."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import textwrap
import types
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from eflows_nb.errors import TaskDefinitionError

__all__ = ["Returns"]

_VALUE_OF = re.compile(r"^\s*value_of\((.+)\)\s*$")
_INTO = re.compile(r"^\s*\{\{(\w+)\}\}\s*$")


class Returns:
    """What ``returns=`` of ``@task`` says.

    Parameters
    ----------
    given
        A number, a number as text, the name of a global variable, a type, a list or tuple of types, or
        ``"value_of(expression)"``; ``"{{parameter}}"`` for a result that becomes the new version of an
        argument; None or 0 for what the code of the function says.
    function
        The user's function.
    """

    def __init__(self, given: Any, function: Callable[..., Any]) -> None:
        self._given = given
        self._function = function
        self.scanned = not given
        match = _INTO.match(given) if isinstance(given, str) else None
        self.into = match[1] if match else ""
        """The parameter whose argument the result becomes, empty for none."""
        names = signature(function).parameters if self.into else {}
        takes_any = any(one.kind is one.VAR_KEYWORD for one in names.values())
        if self.into and self.into not in names and not takes_any:
            raise TaskDefinitionError(
                f"returns={given!r} of '{function.__name__}': there is no such parameter; it has: "
                f"{', '.join(names) or 'none'}."
            )
        self.number = 1 if self.into else self._fixed()
        """How many values; None when that depends on the call."""

    @property
    def kind(self) -> type | None:
        """The class that was given for a single value."""
        return self._given if isinstance(self._given, type) else None

    def count(self, arguments: Mapping[str, Any]) -> int:
        """Return how many values a call with these arguments returns.

        Raises
        ------
        TaskDefinitionError
            When what was given does not lead to a number.
        """
        if self.number is not None:
            return self.number
        match = _VALUE_OF.match(self._given)
        expression = match[1] if match else self._given
        try:
            value = _evaluate(expression, arguments, getattr(self._function, "__globals__", {}))
            return int(value) if isinstance(value, (int, str)) else len(value)
        except Exception as error:
            raise TaskDefinitionError(
                f"returns={self._given!r} of '{self._function.__name__}' does not lead to a number: {error}. "
                'Name a parameter, as in "value_of(n)", or a global variable.'
            ) from error

    def _fixed(self) -> int | None:
        given = self._given
        if not given:
            return _scan(self._function)
        if isinstance(given, (bool, type)):
            return 1
        if isinstance(given, (int, float)):
            if not isinstance(given, int) or given < 0:
                raise TaskDefinitionError(
                    f"returns={given!r} of '{self._function.__name__}' is no number of values. "
                    "Give 1 or more, or leave it out."
                )
            return given
        if isinstance(given, str):
            return int(given) if given.strip().isdigit() else None
        if isinstance(given, (list, tuple)):
            return len(given)
        return 1


def _evaluate(expression: str, arguments: Mapping[str, Any], namespace: Mapping[str, Any]) -> Any:
    """Return the value of an expression over the arguments of a call; it is the program's own code."""
    return eval(expression, dict(namespace), dict(arguments))


def _scan(function: Callable[..., Any]) -> int:
    """Return how many values the code of a function returns: a tuple counts its items."""
    hints = getattr(function, "__annotations__", {})
    if hints.get("return", Any) not in (Any, "Any", "typing.Any"):
        hint = hints["return"]
        if isinstance(hint, (tuple, list)):
            return len(hint)
        return 0 if hint in (None, "None") else 1
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return _returns_something(function)
    found = [node for node in _own_nodes(tree) if isinstance(node, ast.Return) and node.value is not None]
    counts = [len(node.value.elts) if isinstance(node.value, ast.Tuple) else 1 for node in found]
    return max(counts, default=0)


def _own_nodes(tree: ast.AST) -> list[ast.AST]:
    """Return the nodes of the outermost function, without those of functions within it."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    outer = next((node for node in ast.walk(tree) if isinstance(node, functions)), tree)
    found: list[ast.AST] = []
    left = list(ast.iter_child_nodes(outer))
    while left:
        node = left.pop()
        found.append(node)
        if not isinstance(node, functions):
            left.extend(ast.iter_child_nodes(node))
    return found


def _returns_something(function: Callable[..., Any]) -> int:
    code = getattr(function, "__code__", None)
    if not isinstance(code, types.CodeType):
        return 1
    import dis

    steps = list(dis.get_instructions(code))
    plain = [
        before.opname == "LOAD_CONST" and before.argval is None
        for before, step in itertools.pairwise(steps)
        if step.opname == "RETURN_VALUE"
    ]
    return 0 if all(plain) else 1
