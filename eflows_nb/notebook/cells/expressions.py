"""Follows expressions, and the definitions of functions and classes."""

from __future__ import annotations

import ast

from eflows_nb.notebook.cells.lookup import Lookup
from eflows_nb.notebook.cells.opacity import magic_of, opacity, queried_names
from eflows_nb.notebook.cells.scopes import Scope, ScopeKind, class_scope, parameter_scope
from eflows_nb.notebook.cells.states import State, joined

__all__ = ["Expressions"]


class Expressions(Lookup):
    """Visits expressions in the order in which they are evaluated."""

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self._visit(decorator)
        self._visit_signature(node.args)
        if not self._lazy_annotations:
            outer, self._scope = self._scope, parameter_scope(node, self._scope)
            every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            for arg in (*every, node.args.vararg, node.args.kwarg):
                if arg is not None and arg.annotation is not None:
                    self._visit(arg.annotation)
            if node.returns is not None:
                self._visit(node.returns)
            self._scope = outer
        if self._collecting is not None:
            self._bind(node.name)
            self._collecting.append((node, self._scope))
            return
        self._bind(node.name)
        self._define(node.name, [(node, self._scope)], escapes=bool(node.decorator_list))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all(node.decorator_list)
        outer, collecting = self._scope, self._collecting
        self._scope = parameter_scope(node, outer)
        self._visit_all((*node.bases, *node.keywords))
        self._scope = class_scope(node, self._scope)
        self._collecting = []
        self._visit_all(node.body)
        methods = self._collecting
        self._scope, self._collecting = outer, collecting
        self._bind(node.name)
        if collecting is not None:
            collecting += methods
        else:
            self._define(node.name, methods, escapes=bool(node.decorator_list or node.keywords))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_signature(node.args)
        self._run(node, self._scope)

    def _visit_signature(self, arguments: ast.arguments) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self._visit(default)

    # Expressions ---------------------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id)
            return
        self._read(node.id)
        if isinstance(node.ctx, ast.Del):
            self._unbind(node.id)
        elif self._is_global(node.id) and not (self._now is not None and node.id in self._now.sure):
            self._note_opaque(opacity(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._visit(node.value)
        if not isinstance(node.ctx, ast.Load):
            self._write_in_place(node)
        self._note_opaque(opacity(node))

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._visit(node.value)
        self._visit(node.slice)
        if not isinstance(node.ctx, ast.Load):
            self._write_in_place(node)
        self._note_opaque(opacity(node))

    def visit_Call(self, node: ast.Call) -> None:
        magic = magic_of(node)
        if magic is not None:
            self._magics.append(magic)
            self._visit_all(node.args)
            return
        for name in queried_names(node):
            self._read(name)
        if self._scope is None or self._scope.kind is ScopeKind.CLASS:
            self._note_opaque(opacity(node))
        self._visit(node.func)
        callee = _dotted(node.func)
        for value in (*node.args, *(keyword.value for keyword in node.keywords)):
            if callee and isinstance(value, ast.Name):
                self._read(value.id, callee)
                self._note_opaque(opacity(value) if self._is_global(value.id) else "")
            else:
                self._visit(value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._visit(node.value)
        scope = self._scope
        while self._scope is not None and self._scope.kind is ScopeKind.COMPREHENSION:
            self._scope = self._scope.parent
        self._bind(node.target.id)
        self._scope = scope

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self._now = joined(self._decide(node))

    def visit_Compare(self, node: ast.Compare) -> None:
        self._visit(node.left)
        self._visit(node.comparators[0])
        self._visit_maybe(node.comparators[1:])

    def visit_IfExp(self, node: ast.IfExp) -> None:
        holds, fails = self._decide(node.test)
        self._branch([(holds, [node.body]), (fails, [node.orelse])])

    def _decide(self, test: ast.expr) -> tuple[State | None, State | None]:
        """Visit a condition; return what is known where it holds, and where it does not."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            holds, fails = self._decide(test.operand)
            return fails, holds
        if not isinstance(test, ast.BoolOp):
            self._visit(test)
            return self._now, self._now.copy() if self._now is not None else None
        early: list[State | None] = []
        goes_on_where_it_holds = isinstance(test.op, ast.And)
        for value in test.values:
            holds, fails = self._decide(value)
            early.append(fails if goes_on_where_it_holds else holds)
            self._now = holds if goes_on_where_it_holds else fails
        return (self._now, joined(early)) if goes_on_where_it_holds else (joined(early), self._now)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                self._visit(key)
            self._visit(value)

    def _visit_comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        first, *others = node.generators
        self._visit(first.iter)
        before = self._now
        self._now = before.copy() if before is not None else None
        self._scope = Scope(ScopeKind.COMPREHENSION, self._scope, names=set())
        for generator in node.generators:
            self._scope.names |= {n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)}
        for generator in (first, *others):
            if generator is not first:
                self._visit(generator.iter)
            self._visit(generator.target)
            for condition in generator.ifs:
                self._now, _ = self._decide(condition)
        if isinstance(node, ast.DictComp):
            self._visit(node.key)
            self._visit(node.value)
        else:
            self._visit(node.elt)
        self._scope = self._scope.parent
        self._now = joined([before, self._now]) if before is not None else None

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _visit_comprehension


def _dotted(node: ast.expr) -> str:
    """Return ``a.b.c`` as text, empty for other expressions."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""
