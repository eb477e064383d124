"""Scopes: which names of a nested function, class or comprehension are those of the notebook."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import StrEnum

__all__ = ["Function", "Scope", "ScopeKind", "class_scope", "function_scope", "parameter_scope"]

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class ScopeKind(StrEnum):
    """What makes a scope."""

    FUNCTION = "function"
    """A function or lambda: its names are known from all of its body."""
    CLASS = "class"
    """The body of a class: its names are there once bound, and not for functions within it."""
    COMPREHENSION = "comprehension"
    """A comprehension or generator expression: its targets."""


class Scope:
    """A scope within a cell; None stands for the notebook's own.

    Parameters
    ----------
    names
        Its local names; those of a class are added as they are bound.
    declared
        Names that it declares global.
    private
        Name of the class whose private names (``__x``) are meant, empty outside classes.
    """

    def __init__(
        self,
        kind: ScopeKind,
        parent: Scope | None,
        *,
        names: set[str],
        declared: frozenset[str] = frozenset(),
        private: str = "",
    ) -> None:
        self.kind = kind
        self.parent = parent
        self.names = names
        self.declared = declared
        self.private: str = private or (parent.private if parent is not None else "")

    def is_global(self, name: str) -> bool:
        """Return whether a name that is used here is one of the notebook."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.declared:
                return True
            hidden = scope.kind is ScopeKind.CLASS and scope is not self
            if name in scope.names and not hidden:
                return False
            scope = scope.parent
        return True

    def mangled(self, name: str) -> str:
        """Return a name as the compiler knows it: private names bear that of their class."""
        if not self.private or not name.startswith("__") or name.endswith("__"):
            return name
        return f"_{self.private.lstrip('_')}{name}"


def function_scope(node: Function, parent: Scope | None) -> Scope:
    """Return the scope of a function's body."""
    arguments = node.args
    names = {arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    names |= {arg.arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None}
    names |= {parameter.name for parameter in getattr(node, "type_params", ())}
    declared: set[str] = set()
    elsewhere: set[str] = set()
    body = node.body if isinstance(node.body, list) else [node.body]
    for statement in body:
        for inner in _own_nodes(statement):
            names |= _bound_by(inner)
            if isinstance(inner, ast.Global):
                declared |= set(inner.names)
            elif isinstance(inner, ast.Nonlocal):
                elsewhere |= set(inner.names)
    return Scope(ScopeKind.FUNCTION, parent, names=names - declared - elsewhere, declared=frozenset(declared))


def class_scope(node: ast.ClassDef, parent: Scope | None) -> Scope:
    """Return the scope of a class body, in which nothing is bound yet."""
    inner = (inner for statement in node.body for inner in _own_nodes(statement))
    declared = {name for found in inner if isinstance(found, ast.Global) for name in found.names}
    return Scope(ScopeKind.CLASS, parent, names=set(), declared=frozenset(declared), private=node.name)


def parameter_scope(node: Function | ast.ClassDef, parent: Scope | None) -> Scope | None:
    """Return the scope of the type parameters of a definition, or the one around it."""
    names = {parameter.name for parameter in getattr(node, "type_params", ())}
    return Scope(ScopeKind.FUNCTION, parent, names=names) if names else parent


def _bound_by(node: ast.AST) -> set[str]:
    """Return the names that one node binds, as text in the code."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return {node.id}
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        return {node.name}
    if isinstance(node, ast.MatchMapping) and node.rest:
        return {node.rest}
    return set()


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what it contains, without the inside of other scopes but with their walruses."""
    yield node
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        outside: list[ast.AST] = [*node.decorator_list, *_evaluated(node.args)]
    elif isinstance(node, ast.ClassDef):
        outside = [*node.decorator_list, *node.bases, *node.keywords]
    elif isinstance(node, ast.Lambda):
        outside = _evaluated(node.args)
    elif isinstance(node, _COMPREHENSIONS):
        yield from (inner.target for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr))
        return
    else:
        outside = list(ast.iter_child_nodes(node))
    for child in outside:
        yield from _own_nodes(child)


def _evaluated(arguments: ast.arguments) -> list[ast.AST]:
    return [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]
