"""Follows statements that branch, repeat and may be left by an exception."""

from __future__ import annotations

import ast

from eflows_nb.notebook.cells.expressions import Expressions
from eflows_nb.notebook.cells.states import Loop, State, joined

__all__ = ["Control"]


class Control(Expressions):
    """Visits compound statements, and joins what is known where their ways meet."""

    def visit_If(self, node: ast.If) -> None:
        holds, fails = self._decide(node.test)
        always = _constant(node.test)
        ways = [(holds, node.body), (fails, node.orelse)]
        self._branch(ways if always is None else ways[:1] if always else ways[1:])

    def visit_Assert(self, node: ast.Assert) -> None:
        holds, fails = self._decide(node.test)
        if node.msg is not None:
            self._now = fails
            self._visit(node.msg)
        self._now = holds

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._visit(node.iter)
        before = self._now.copy() if self._now is not None else None
        loop = self._enter_loop()
        self._visit(node.target)
        self._visit_all(node.body)
        ends = [self._now, *loop.continues]
        self._leave_loop(joined(ends if _surely_runs(node.iter) else [before, *ends]), node.orelse, loop)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        holds, fails = self._decide(node.test)
        loop = self._enter_loop()
        self._now = holds
        self._visit_all(node.body)
        endless = _constant(node.test) is True
        self._leave_loop(None if endless else joined([fails, self._now, *loop.continues]), node.orelse, loop)

    def _enter_loop(self) -> Loop:
        self._loops = [*self._loops, Loop()]
        return self._loops[-1]

    def _leave_loop(self, end: State | None, orelse: list[ast.stmt], loop: Loop) -> None:
        self._loops = self._loops[:-1]
        body_end = joined([self._now, *loop.continues])
        if body_end is not None:  # the way out may lead through earlier rounds
            for state in loop.breaks:
                if state is not None:
                    state.maybe |= body_end.maybe
                    state.deleted |= body_end.deleted
        self._now = end
        self._visit_all(orelse)
        self._now = joined([self._now, *loop.breaks])

    def visit_Break(self, node: ast.Break) -> None:
        if self._loops:
            self._loops[-1].breaks.append(self._now)
        self._now = None

    def visit_Continue(self, node: ast.Continue) -> None:
        if self._loops:
            self._loops[-1].continues.append(self._now)
        self._now = None

    def visit_Return(self, node: ast.Return | ast.Raise) -> None:
        for child in ast.iter_child_nodes(node):
            self._visit(child)
        self._now = None

    visit_Raise = visit_Return

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        before = self._now.copy() if self._now is not None else None
        mark = len(self._log)
        for item in node.items:
            self._visit(item.context_expr)
            if item.optional_vars is not None:
                self._visit(item.optional_vars)
        self._visit_all(node.body)
        if any("suppress" in ast.dump(item.context_expr) for item in node.items):
            self._now = joined([self._interrupted(before, mark), self._now])

    visit_AsyncWith = visit_With

    def visit_Try(self, node: ast.Try) -> None:
        before = self._now.copy() if self._now is not None else None
        mark = len(self._log)
        self._visit_all(node.body)
        caught = self._interrupted(before, mark)
        self._visit_all(node.orelse)
        ends = [self._now]
        for handler in node.handlers:
            self._now = caught.copy() if caught is not None else None
            if handler.type is not None:
                self._visit(handler.type)
            if handler.name:
                self._bind(handler.name)
            self._visit_all(handler.body)
            if handler.name:
                self._unbind(handler.name)
            ends.append(self._now)
        self._now = joined(ends)
        if self._now is None and node.finalbody:  # it is left by an exception, or a jump out of it
            self._now = caught
            self._visit_all(node.finalbody)
            self._now = None
        else:
            self._visit_all(node.finalbody)

    visit_TryStar = visit_Try

    def visit_Match(self, node: ast.Match) -> None:
        self._visit(node.subject)
        ends: list[State | None] = []
        for case in node.cases:
            before = self._now.copy() if self._now is not None else None
            self._visit(case.pattern)
            fails: State | None = None
            if case.guard is not None:
                self._now, fails = self._decide(case.guard)
            self._visit_all(case.body)
            ends.append(self._now)
            self._now = fails if _irrefutable(case.pattern) else joined([before, fails])
        self._now = joined([*ends, self._now])

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        for child in ast.iter_child_nodes(node):
            self._visit(child)
        if node.name:
            self._bind(node.name)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        for child in ast.iter_child_nodes(node):
            self._visit(child)
        if node.rest:
            self._bind(node.rest)


def _constant(test: ast.expr) -> bool | None:
    """Return whether a condition holds always or never, None when that is not known."""
    return bool(test.value) if isinstance(test, ast.Constant) else None


def _surely_runs(iterated: ast.expr) -> bool:
    """Return whether a loop over this runs at least once: literals, and ranges of literal length."""
    if isinstance(iterated, (ast.List, ast.Tuple, ast.Set)):
        return any(not isinstance(item, ast.Starred) for item in iterated.elts)
    if isinstance(iterated, ast.Dict):
        return any(key is not None for key in iterated.keys)
    if isinstance(iterated, ast.Constant):
        return bool(iterated.value)
    if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name) and iterated.func.id == "range":
        try:
            return len(range(*(ast.literal_eval(arg) for arg in iterated.args))) > 0
        except (ValueError, TypeError):
            return False
    return False


def _irrefutable(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or _irrefutable(pattern.pattern))
