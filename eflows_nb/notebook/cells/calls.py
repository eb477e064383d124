"""The call of a function that was made of a cell, or its calls for the items of a list."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Unfolded", "call_of", "names_in", "plain_parameters", "read_call", "returned_names", "unfold"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfolded:
    """A mapped cell that is written as a function and a list of its results, free of any mark.

    Parameters
    ----------
    statements
        Its imports, and the body of the function: what is to be done for each item.
    results
        Names that the function returns.
    map
        Name that stands for one item, and name of the list.
    """

    statements: list[ast.stmt]
    results: tuple[str, ...]
    map: tuple[str, str]


def call_of(
    name: str, arguments: Sequence[str], results: Sequence[str], mapped: tuple[str, str] | None
) -> str:
    """Return the statement that calls a function and binds its results.

    Parameters
    ----------
    mapped
        Name that stands for one item, and name of the list, where there is a call for each item; the results
        are lists then.

    Examples
    --------
    >>> call_of("double", ["x", "k"], ["y"], ("x", "xs"))
    'y = [double(x, k) for x in xs]'
    """
    call = f"{name}({', '.join(arguments)})"
    if mapped is None:
        return f"{', '.join(results)} = {call}" if results else f"{call};"
    every = f"[{call} for {mapped[0]} in {mapped[1]}]"
    if len(results) < 2:
        return f"{results[0]} = {every}" if results else f"{every};"
    empty = ", ".join("[]" for _ in results)
    return f"{', '.join(results)} = list(map(list, zip(*{every}))) or ({empty})"


def read_call(node: ast.stmt, function: str) -> tuple[list[str], list[str], tuple[str, str] | None] | None:
    """Return results, arguments and map of a statement that `call_of` has written; None for another one."""
    match node:
        case ast.Assign(targets=[target]):
            results = names_in(target.elts if isinstance(target, ast.Tuple) else [target])
        case ast.Expr():
            results = []
        case _:
            return None
    every = next((inner for inner in ast.walk(node) if isinstance(inner, ast.ListComp)), None)
    mapped = None
    match every:
        case ast.ListComp(generators=[ast.comprehension(target=ast.Name(id=item), iter=ast.Name(id=items))]):
            mapped = (item, items)
    named = (
        inner
        for inner in ast.walk(node)
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == function
    )
    call = next(named, None)
    arguments = names_in(call.args) if call is not None else None
    if results is None or arguments is None:
        return None
    again = ast.parse(call_of(function, arguments, results, mapped)).body[0]
    return (results, arguments, mapped) if ast.dump(again) == ast.dump(node) else None


def returned_names(body: Sequence[ast.stmt]) -> list[str] | None:
    """Return the names of the return statement at the end, none without one, None for another value."""
    match body[-1:]:
        case [ast.Return(value=ast.Name(id=name))]:
            return [name]
        case [ast.Return(value=ast.Tuple(elts=elements))]:
            return names_in(elements)
        case [ast.Return()]:
            return None
    return []


def names_in(nodes: Sequence[ast.expr]) -> list[str] | None:
    """Return the names that expressions are, None if one is something else."""
    found = [node.id for node in nodes if isinstance(node, ast.Name)]
    return found if len(found) == len(nodes) else None


def plain_parameters(function: ast.FunctionDef) -> list[str] | None:
    """Return the names of the parameters of a function, None where they are more than names."""
    formal = function.args
    more = formal.defaults or formal.kwonlyargs or formal.vararg or formal.kwarg or formal.posonlyargs
    return None if more else [one.arg for one in formal.args]


def unfold(tree: ast.Module) -> Unfolded | None:
    """Return what a cell does for each item, if it is the definition of a function and its calls."""
    match tree.body:
        case [*before, ast.FunctionDef(decorator_list=[]) as function, last]:
            pass
        case _:
            return None
    called = read_call(last, function.name)
    if called is None or not all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in before):
        return None
    results, arguments, mapped = called
    if mapped is None or plain_parameters(function) != arguments or arguments[:1] != [mapped[0]]:
        return None
    if returned_names(function.body) != results:
        return None
    body = function.body[:-1] if results else function.body
    if any(isinstance(inner, ast.Return) for node in body for inner in _own(node)):
        return None
    return Unfolded(statements=[*before, *body], results=tuple(results), map=mapped)


def _own(node: ast.AST) -> list[ast.AST]:
    """Return a statement and what is in it, but for the functions within."""
    found = [node]
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        for inner in ast.iter_child_nodes(node):
            found += _own(inner)
    return found
