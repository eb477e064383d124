"""Task functions that are defined and called once in a cell, written as task cells again."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from eflows_nb.notebook.cells.calls import names_in, plain_parameters, read_call, returned_names
from eflows_nb.notebook.cells.functions import text_of
from eflows_nb.notebook.cells.names import names_of, parse
from eflows_nb.notebook.cells.options import TaskOptions
from eflows_nb.notebook.cells.plan import plan_of

__all__ = ["cells_of_functions", "mapped_body"]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_OPTIONS = {"cores", "memory", "gpus", "on_failure", "retries", "priority"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """A cell with a task function: what it gives, and the same as a task cell."""

    function: str
    results: tuple[str, ...]
    source: str


def cells_of_functions(sources: Sequence[str]) -> list[str]:
    """Return the code of cells, with ``%%task`` in the place of task functions that are called once.

    A cell is converted when it defines a function with ``@ef.task``, calls it with names that are those of
    its parameters, and when no other cell sees that its results are futures: others pass them to such
    functions, or begin with ``x = ef.wait_on(x)``. Every other cell stays as it is.
    """
    trees = [_tree(source) for source in sources]
    found = [
        None if tree is None else _read(source, tree) for source, tree in zip(sources, trees, strict=True)
    ]
    while True:
        kept = [
            one if one is not None and _is_own(place, one, found, trees) else None
            for place, one in enumerate(found)
        ]
        if kept == found:
            break
        found = kept
    results = {name for one in found if one is not None for name in one.results}
    return [
        one.source if one is not None else _without_wait(source, tree, results)
        for source, tree, one in zip(sources, trees, found, strict=True)
    ]


def mapped_body(source: str, options: TaskOptions) -> str:
    """Return what a mapped cell of the metadata form does for each item, as code of a ``%%task`` cell.

    Raises
    ------
    CellError
        When it is not written as a function and its calls.
    """
    tree = parse(source)
    plan_of(tree, options, source=source, filename="<cell>", folded=True)
    *before, function, _ = tree.body
    assert isinstance(function, ast.FunctionDef)
    returns = isinstance(function.body[-1], ast.Return)
    written = [text_of(source, before)] if before else []
    return "\n".join([*written, _dedented(source, function.body[:-1] if returns else function.body)])


def _tree(source: str) -> ast.Module | None:
    try:
        return parse(source)
    except SyntaxError:  # magics
        return None


def _read(source: str, tree: ast.Module) -> _Found | None:
    """Return what a cell is as a task cell, None when it is not of this form."""
    match tree.body:
        case [*before, ast.FunctionDef() as function, last]:
            pass
        case _:
            return None
    if before and _waited(before[0]) is not None:
        before = before[1:]
    if not all(isinstance(node, _DEFINITIONS) for node in before):
        return None
    options = _options(function)
    called = read_call(last, function.name)
    if options is None or called is None:
        return None
    targets, arguments, mapped = called
    if plain_parameters(function) != arguments or (mapped is not None and arguments[:1] != [mapped[0]]):
        return None
    body = list(function.body)
    docstring = ast.get_docstring(function, clean=False)
    body = body[1:] if docstring is not None else body
    returned = returned_names(body)
    if returned is None or returned != targets:
        return None
    body = body[:-1] if returned else body
    names = names_of(ast.Module(body, []))
    if any(isinstance(inner, ast.Return) for node in body for inner in ast.walk(node)) or names.opaque:
        return None
    inout = tuple(name for name in options.inout if name not in names.writes)
    outputs = None if names.binds - names.deletes == set(targets) else tuple(targets)
    generated = function.name.startswith("make_")
    name = docstring or ("" if generated else function.name)
    options = replace(options, name=name, inout=inout, outputs=outputs or None, map=mapped)
    written = [text_of(source, before)] if before else []
    written.append(_dedented(source, body))
    return _Found(
        function=function.name,
        results=(*targets, *inout, *names.writes),
        source="\n".join([options.line, *written]),
    )


def _options(function: ast.FunctionDef) -> TaskOptions | None:
    """Return what the decorator says, None when it is not ours or says more."""
    if len(function.decorator_list) != 1:
        return None
    decorator = function.decorator_list[0]
    keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if ast.unparse(called) != "ef.task" or (isinstance(decorator, ast.Call) and decorator.args):
        return None
    values: dict[str, Any] = {}
    inout = []
    for keyword in keywords:
        value = keyword.value
        if keyword.arg == "returns" and isinstance(value, ast.Constant):
            continue
        if keyword.arg == "time_out" and isinstance(value, ast.Constant):
            values["time_out"] = f"{float(str(value.value)):g}s"
        elif keyword.arg == "target" and isinstance(value, (ast.List, ast.Tuple, ast.Constant)):
            hosts = _literal(value)
            if hosts is None:
                return None
            values["target"] = hosts
        elif keyword.arg in _OPTIONS and isinstance(value, ast.Constant):
            values[keyword.arg] = value.value
        elif keyword.arg is not None and ast.unparse(value) == "ef.INOUT":
            inout.append(keyword.arg)
        else:
            return None
    return TaskOptions(**values, inout=tuple(inout))


def _literal(node: ast.expr) -> tuple[str, ...] | None:
    """Return the names that a text or a list of texts gives, None where it gives something else."""
    try:
        given = ast.literal_eval(node)
    except ValueError:
        return None
    names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, (list, tuple)) else ()
    return names if names and all(isinstance(name, str) for name in names) else None


def _waited(node: ast.stmt) -> list[str] | None:
    """Return the names of ``a, b = ef.wait_on((a, b))``, None for another statement."""
    match node:
        case ast.Assign(targets=[target], value=ast.Call(func=function, args=[argument], keywords=[])):
            if ast.unparse(function) != "ef.wait_on":
                return None
            left, right = (
                names_in(part.elts if isinstance(part, ast.Tuple) else [part]) for part in (target, argument)
            )
            return left if left is not None and left == right else None
    return None


def _is_own(
    place: int, one: _Found, found: Sequence[_Found | None], trees: Sequence[ast.Module | None]
) -> bool:
    """Return whether no other cell sees the function, or that its results are futures."""
    for other, tree in enumerate(trees):
        if other == place or found[other] is not None:
            continue
        if tree is None:
            return False
        waited = set(_waited(tree.body[0]) or ()) if tree.body else set()
        used = _words(tree)
        if other < place:  # it ran before, but for its functions
            functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
            used = {word for node in functions for word in _words(node)}
        if one.function in used or (used & set(one.results)) - waited:
            return False
    others = (tree for other, tree in enumerate(trees) if other != place and tree is not None)
    return not any(one.function in _words(tree) for tree in others)


def _words(tree: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(tree) if isinstance(inner, ast.Name)}


def _without_wait(source: str, tree: ast.Module | None, results: set[str]) -> str:
    waited = _waited(tree.body[0]) if tree is not None and tree.body else None
    if tree is None or waited is None or not set(waited) <= results:
        return source
    return "\n".join(source.splitlines()[tree.body[0].end_lineno or 1 :])


def _dedented(source: str, body: list[ast.stmt]) -> str:
    import textwrap

    return textwrap.dedent(text_of(source, body)) if body else "pass"
