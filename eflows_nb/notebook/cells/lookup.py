"""Looks names up, binds them, and follows functions where they are used."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from eflows_nb.notebook.cells.names import Magic
from eflows_nb.notebook.cells.scopes import Function, Scope, ScopeKind, function_scope
from eflows_nb.notebook.cells.states import Loop, State, joined

__all__ = ["Lookup"]


class Lookup:
    """What is noted while a cell is followed.

    The body of a function is followed where the function is used, since that is when it may run: what it
    reads is looked up in what the cell has bound until then.
    """

    def __init__(self) -> None:
        self._now: State | None = State()
        self._scope: Scope | None = None
        self._loops: list[Loop] = []
        self._deferred: dict[str, list[tuple[Function, Scope | None]]] = {}
        self._following: set[int] = set()
        self._log: list[tuple[bool, str]] = []
        self._reads: set[str] = set()
        self._writes: set[str] = set()
        self._arguments: dict[str, set[str]] = {}
        self._plainly: set[str] = set()
        self._opaque = ""
        self._magics: list[Magic] = []
        self._lazy_annotations = False
        self._straight = False
        self._collecting: list[tuple[Function, Scope | None]] | None = None

    # Names ---------------------------------------------------------------------------------------------

    def _is_global(self, name: str) -> bool:
        return self._scope is None or self._scope.is_global(name)

    def _read(self, name: str, callee: str = "") -> None:
        if not self._is_global(name):
            return
        name = self._scope.mangled(name) if self._scope is not None else name
        if self._now is not None and name not in self._now.sure:
            self._reads.add(name)
            if callee:
                self._arguments.setdefault(name, set()).add(callee)
            else:
                self._plainly.add(name)
        for function, scope in self._deferred.get(name, ()):
            self._run(function, scope)

    def _bind(self, name: str) -> None:
        scope = self._scope
        own = scope is not None and (scope.kind is ScopeKind.CLASS or not scope.is_global(name))
        if scope is not None and own and name not in scope.declared:
            scope.names.add(name)
            return
        name = scope.mangled(name) if scope is not None else name
        self._log.append((True, name))
        if self._now is not None:
            self._now.sure.add(name)
            self._now.maybe.add(name)
            self._now.deleted.discard(name)

    def _unbind(self, name: str) -> None:
        if not self._is_global(name):
            return
        self._log.append((False, name))
        if self._now is not None:
            self._now.sure.discard(name)
            self._now.maybe.discard(name)
            self._now.deleted.add(name)

    def _write_in_place(self, target: ast.expr) -> None:
        root: ast.expr = target
        while isinstance(root, (ast.Attribute, ast.Subscript, ast.Starred, ast.NamedExpr)):
            root = root.value
        if isinstance(root, ast.IfExp):
            self._write_in_place(root.body)
            self._write_in_place(root.orelse)
        elif isinstance(root, ast.BoolOp):
            for value in root.values:
                self._write_in_place(value)
        elif isinstance(root, ast.Name) and self._is_global(root.id):
            name = self._scope.mangled(root.id) if self._scope is not None else root.id
            if self._now is not None and name not in self._now.sure:
                self._writes.add(name)

    # Functions and classes -----------------------------------------------------------------------------

    def _run(self, function: Function, scope: Scope | None) -> None:
        """Follow the body of a function that may run now, once or several times or not at all."""
        if id(function) in self._following:
            return
        self._following.add(id(function))
        before, outer, loops, collecting = self._now, self._scope, self._loops, self._collecting
        self._now = before.copy() if before is not None else None
        self._scope, self._loops, self._collecting = function_scope(function, scope), [], None
        mark = len(self._log)
        body = function.body if isinstance(function.body, list) else [function.body]
        self._visit_all(body)
        self._now, self._scope, self._loops, self._collecting = before, outer, loops, collecting
        if self._now is not None:
            for bound, name in self._log[mark:]:
                (self._now.maybe if bound else self._now.deleted).add(name)
        self._following.discard(id(function))

    def _define(self, name: str, functions: Sequence[tuple[Function, Scope | None]], escapes: bool) -> None:
        """Note the functions behind a name that is being bound; one that escapes may run at once."""
        if escapes or not (self._scope is None or self._is_global(name)):
            for function, scope in functions:
                self._run(function, scope)
        elif self._scope is None and self._straight:
            self._deferred[name] = list(functions)
        else:
            self._deferred.setdefault(name, []).extend(functions)

    def _interrupted(self, before: State | None, mark: int) -> State | None:
        """Return what is known when an exception comes from anywhere since a mark."""
        if before is None:
            return None
        state = before.copy()
        for bound, name in self._log[mark:]:
            (state.maybe if bound else state.deleted).add(name)
            if not bound:
                state.sure.discard(name)
        return state

    # The walk ------------------------------------------------------------------------------------------

    def _visit(self, node: ast.AST) -> None:
        visitor = getattr(self, f"visit_{type(node).__name__}", None)
        if visitor is not None:
            visitor(node)
            return
        for child in ast.iter_child_nodes(node):
            self._visit(child)

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self._visit(node)

    def _visit_maybe(self, nodes: Iterable[ast.AST]) -> None:
        before = self._now.copy() if self._now is not None else None
        self._visit_all(nodes)
        self._now = joined([before, self._now])

    def _branch(self, ways: Sequence[tuple[State | None, Sequence[ast.AST]]]) -> None:
        """Follow each of several ways from what is known at its beginning."""
        ends = []
        for self._now, way in ways:
            self._visit_all(way)
            ends.append(self._now)
        self._now = joined(ends)

    def _note_opaque(self, reason: str) -> None:
        self._opaque = self._opaque or reason
