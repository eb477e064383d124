"""Follows a cell's code in the order in which it runs, and notes what happens to the notebook's names."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from eflows_nb.notebook.cells.control import Control
from eflows_nb.notebook.cells.names import CellNames
from eflows_nb.notebook.cells.opacity import USES_MAGIC, opacity
from eflows_nb.notebook.cells.scopes import ScopeKind
from eflows_nb.notebook.cells.states import State

__all__ = ["Flow"]

_STRAIGHT = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


class Flow(Control):
    """Follows one cell from its first statement to its last."""

    def follow(self, tree: ast.Module) -> CellNames:
        """Return the names of a cell."""
        for node in tree.body:
            self._straight = isinstance(node, _STRAIGHT)
            self._visit(node)
        end = self._now or State(maybe={name for bound, name in self._log if bound})
        return CellNames(
            reads=frozenset(self._reads),
            binds=frozenset(end.maybe),
            sure=frozenset(end.sure),
            writes=frozenset(self._writes),
            deletes=frozenset(end.deleted),
            arguments={
                name: frozenset(callees)
                for name, callees in self._arguments.items()
                if name not in self._plainly
            },
            opaque=self._opaque or (USES_MAGIC if self._magics else ""),
            magics=tuple(self._magics),
        )

    def visit_Assign(self, node: ast.Assign) -> None:
        self._visit_value(node.value, node.targets)
        for target in node.targets:
            self._visit(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._visit_value(node.value, [node.target])
            self._visit(node.target)
        elif not isinstance(node.target, ast.Name):
            self._visit(node.target.value)
        if not self._lazy_annotations and (self._scope is None or self._scope.kind is ScopeKind.CLASS):
            self._visit(node.annotation)

    def _visit_value(self, value: ast.expr, targets: Sequence[ast.expr]) -> None:
        """Visit what is assigned; a lambda that gets a name is like a function of that name."""
        if isinstance(value, ast.Lambda) and len(targets) == 1 and isinstance(targets[0], ast.Name):
            self._visit_signature(value.args)
            self._define(targets[0].id, [(value, self._scope)], escapes=False)
            return
        self._visit(value)
        for target in targets:
            if isinstance(target, ast.Name) and self._scope is None and self._straight:
                self._deferred.pop(target.id, None)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            self._read(target.id)
            self._write_in_place(target)
            self._visit(node.value)
            self._bind(target.id)
        else:
            self._visit(target)
            self._visit(node.value)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self._note_opaque(opacity(node))
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            self._lazy_annotations |= any(alias.name == "annotations" for alias in node.names)
        for alias in node.names:
            if alias.name != "*":
                self._bind(alias.asname or alias.name.partition(".")[0])

    visit_ImportFrom = visit_Import

    def visit_TypeAlias(self, node: ast.AST) -> None:
        self._visit(node.name)  # type: ignore[attr-defined]

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        pass

    visit_Nonlocal = visit_Global
