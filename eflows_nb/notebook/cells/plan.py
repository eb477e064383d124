"""What is known of a task cell before it is submitted."""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection
from dataclasses import dataclass, replace

from eflows_nb.errors import CellError
from eflows_nb.notebook.cells.calls import Unfolded, unfold
from eflows_nb.notebook.cells.names import CellNames, names_of
from eflows_nb.notebook.cells.options import TaskOptions

__all__ = ["Plan", "plan_of"]

_UNWANTED = frozenset({"_", "__annotations__"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A task cell as it stands in the notebook.

    Parameters
    ----------
    options
        What is said about it.
    names
        What its code does with names.
    source, flags, filename
        Its code in Python, compiler flags, and what tracebacks call it.
    folded
        Whether the code is a function and its calls for the items of a list; `names` are those of its body.
    hoisted
        Imports and definitions that run in the notebook.
    skipped
        Positions of the statements that the task leaves out: those definitions, and the ``%%task`` line.
    shows
        Whether the value of its last expression is shown.
    needs
        Names that functions among its results may use when they are called.
    carried
        Names that it reads for more than a call: what they hold may be in its results.
    """

    options: TaskOptions
    names: CellNames
    source: str
    filename: str
    flags: int = 0
    folded: bool = False
    hoisted: tuple[ast.stmt, ...] = ()
    skipped: tuple[int, ...] = ()
    shows: bool = True
    needs: frozenset[str] = frozenset()
    carried: frozenset[str] = frozenset()

    @property
    def writes(self) -> frozenset[str]:
        """Inputs that it changes in place, by its code or by what is said of it."""
        return self.names.writes | frozenset(self.options.inout)

    @property
    def defined(self) -> frozenset[str]:
        """Names that the notebook has bound already when the task starts."""
        return frozenset(name for node in self.hoisted for name in _bound(node))

    @property
    def definitions(self) -> frozenset[str]:
        """Functions and classes among them: the task gets those from the notebook."""
        return frozenset(name for node in self.hoisted if not _is_import(node) for name in _bound(node))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names whose values it gives back, sorted; those that it deletes are among them."""
        if self.options.outputs is not None:
            return tuple(sorted({*self.options.outputs, *self.writes}))
        given = (self.names.binds - self.defined) | self.writes | self.names.deletes
        return tuple(sorted(given - _UNWANTED))

    @property
    def title(self) -> str:
        """Name of its task."""
        if self.options.name:
            return self.options.name
        shown = [name for name in self.outputs if name not in self.names.deletes]
        return ", ".join(shown[:3]) + (", …" if len(shown) > 3 else "") or "cell"


def plan_of(
    tree: ast.Module,
    options: TaskOptions,
    *,
    source: str,
    filename: str,
    flags: int = 0,
    marked: bool = False,
    folded: bool = False,
    pending: Collection[str] = (),
) -> Plan:
    """Return the plan of a task cell.

    Parameters
    ----------
    marked
        Whether the first statement stands for the ``%%task`` line.
    folded
        Whether it is a mapped cell that is written as a function and its calls.
    pending
        Names that have no values yet; definitions that read them do not run in the notebook.

    Raises
    ------
    CellError
        When its names cannot be known, or the options contradict its code.
    """
    first = 1 if marked else 0
    body = tree.body[first:]
    if folded:
        unfolded = _unfolded(tree, options)
        body = unfolded.statements
        options = replace(options, outputs=unfolded.results)
    names = names_of(ast.Module(body, []))
    _check(options, names)
    hoisted = {
        position: node
        for position, node in enumerate(body)
        if _can_be_hoisted(position, body, names, options, pending)
    }
    skipped = [position + first for position, node in hoisted.items() if not _is_import(node)]
    return Plan(
        options=options,
        names=names,
        source=source,
        filename=filename,
        flags=flags,
        folded=folded,
        hoisted=tuple(hoisted.values()),
        skipped=(*range(first), *skipped),
        shows=folded or not _ends_silently(source),
        needs=_used_by_functions([node for position, node in enumerate(body) if position not in hoisted]),
        carried=_used_otherwise_than_called(body),
    )


def _unfolded(tree: ast.Module, options: TaskOptions) -> Unfolded:
    unfolded = unfold(tree)
    if unfolded is None or unfolded.map != options.map:
        item, items = options.map or ("", "")
        raise CellError(
            f"The metadata of this cell map {item!r} over {items!r}, and its code is not written so: that "
            f"would be a function whose first parameter is {item}, and in the last line its results, such as "
            f"y = [f({item}) for {item} in {items}]. Write it so, or take 'map' out of the cell's metadata."
        )
    return unfolded


def _check(options: TaskOptions, names: CellNames) -> None:
    if names.opaque and options.outputs is None and not options.inputs:
        raise CellError(
            f"What this cell reads and binds cannot be known from its code: {names.opaque}. "
            "Name it with %%task --in a,b -o c,d, or run the cell without %%task."
        )
    unbound = sorted(set(options.outputs or ()) - names.binds - names.writes - set(options.inout))
    if unbound and not names.opaque:
        known = ", ".join(sorted(names.binds)) or "nothing"
        raise CellError(
            f"'%%task -o {','.join(unbound)}': this cell does not bind {unbound[0]!r}; it binds {known}."
        )
    item = options.map[0] if options.map is not None else ""
    if item and (names.writes | set(options.inout)) - {item}:
        shared = sorted((names.writes | set(options.inout)) - {item})[0]
        raise CellError(
            f"A cell that is mapped over a list cannot change {shared!r} in place: its tasks run at the same "
            "time. Let it return values, and combine them in another cell."
        )


def _can_be_hoisted(
    position: int, body: list[ast.stmt], names: CellNames, options: TaskOptions, pending: Collection[str]
) -> bool:
    """Return whether a statement can run in the notebook before the rest runs as a task."""
    node = body[position]
    if _is_import(node):
        return True
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    if options.map is not None or node.name in names.reads or node.name in (options.outputs or ()):
        return False
    others = [other for number, other in enumerate(body) if number != position]
    if node.name in names_of(ast.Module(others, [])).binds | names.deletes:
        return False
    read = names_of(ast.Module([_without_bodies(node)], [])).reads
    before = names_of(ast.Module([n for n in body[:position] if not _is_import(n)], []))
    own = {n.name for n in body[:position] if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return not read & ((before.binds - own) | before.writes | set(pending))


def _without_bodies(node: ast.stmt) -> ast.stmt:
    """Return a definition as far as it is evaluated when it is made: class bodies are, functions not."""
    if not isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return node
    bare = copy.copy(node)
    is_class = isinstance(node, ast.ClassDef)
    bare.body = [_without_bodies(inner) for inner in node.body] if is_class else [ast.Pass()]
    return bare


def _used_by_functions(nodes: list[ast.stmt]) -> frozenset[str]:
    """Return the names that are read within functions and classes."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
    functions = [inner for node in nodes for inner in ast.walk(node) if isinstance(inner, kinds)]
    return frozenset(
        inner.id for node in functions for inner in ast.walk(node) if isinstance(inner, ast.Name)
    )


def _used_otherwise_than_called(nodes: list[ast.stmt]) -> frozenset[str]:
    """Return the names that are read elsewhere than as the function of a call."""
    inner = [one for node in nodes for one in ast.walk(node)]
    called = {id(one.func) for one in inner if isinstance(one, ast.Call)}
    return frozenset(one.id for one in inner if isinstance(one, ast.Name) and id(one) not in called)


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return [node.name] if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else []


def _ends_silently(source: str) -> bool:
    """Return whether a semicolon at the end asks for no output, as it does in IPython."""
    lines = [line.partition(" #")[0].rstrip() for line in source.splitlines()]
    text = [line for line in lines if line and not line.lstrip().startswith("#")]
    return bool(text) and text[-1].endswith(";")
