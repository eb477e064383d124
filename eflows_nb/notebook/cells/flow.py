"""Follows a cell's code in the order in which it runs, and notes what happens to the notebook's names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from eflows_nb.notebook.cells.names import CellNames, Magic
from eflows_nb.notebook.cells.opacity import USES_MAGIC, magic_of, opacity, queried_names
from eflows_nb.notebook.cells.scopes import Function, Scope, ScopeKind, class_scope, function_scope

__all__ = ["Flow"]

_STRAIGHT = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


class _State:
    """What is known of names at one point: surely bound by the cell, perhaps bound, perhaps deleted."""

    __slots__ = ("deleted", "maybe", "sure")

    def __init__(self, sure: Iterable[str] = (), maybe: Iterable[str] = (), deleted: Iterable[str] = ()):
        self.sure = set(sure)
        self.maybe = set(maybe)
        self.deleted = set(deleted)

    def copy(self) -> _State:
        return _State(self.sure, self.maybe, self.deleted)


def _joined(states: Iterable[_State | None]) -> _State | None:
    """Return what is known where ways meet; None stands for a way that nobody takes."""
    taken = [state for state in states if state is not None]
    if not taken:
        return None
    joined = taken[0].copy()
    for state in taken[1:]:
        joined.sure &= state.sure
        joined.maybe |= state.maybe
        joined.deleted |= state.deleted
    return joined


class _Loop:
    """The ways out of a loop, and back to its head."""

    def __init__(self) -> None:
        self.breaks: list[_State | None] = []
        self.continues: list[_State | None] = []


class Flow:
    """Follows one cell.

    The body of a function is followed where the function is used, since that is when it may run: what it
    reads is looked up in what the cell has bound until then.
    """

    def __init__(self) -> None:
        self._now: _State | None = _State()
        self._scope: Scope | None = None
        self._loops: list[_Loop] = []
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

    def follow(self, tree: ast.Module) -> CellNames:
        """Return the names of a cell."""
        for node in tree.body:
            self._straight = isinstance(node, _STRAIGHT)
            self._visit(node)
        end = self._now or _State(maybe={name for bound, name in self._log if bound})
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
        while isinstance(root, (ast.Attribute, ast.Subscript, ast.Starred)):
            root = root.value
        if isinstance(root, ast.Name) and self._is_global(root.id):
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

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self._visit(decorator)
        self._visit_signature(node.args)
        if not self._lazy_annotations:
            every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            for arg in (*every, node.args.vararg, node.args.kwarg):
                if arg is not None and arg.annotation is not None:
                    self._visit(arg.annotation)
            if node.returns is not None:
                self._visit(node.returns)
        if self._collecting is not None:
            self._bind(node.name)
            self._collecting.append((node, self._scope))
            return
        self._bind(node.name)
        self._define(node.name, [(node, self._scope)], escapes=bool(node.decorator_list))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self._visit(part)
        outer, collecting = self._scope, self._collecting
        self._scope = class_scope(node, outer)
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
        self._visit(node.values[0])
        self._visit_maybe(node.values[1:])

    def visit_Compare(self, node: ast.Compare) -> None:
        self._visit(node.left)
        self._visit(node.comparators[0])
        self._visit_maybe(node.comparators[1:])

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._visit(node.test)
        self._branch([[node.body], [node.orelse]])

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
                self._visit(condition)
        if isinstance(node, ast.DictComp):
            self._visit(node.key)
            self._visit(node.value)
        else:
            self._visit(node.elt)
        self._scope = self._scope.parent
        self._now = _joined([before, self._now]) if before is not None else None

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _visit_comprehension

    # Statements ----------------------------------------------------------------------------------------

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

    def visit_If(self, node: ast.If) -> None:
        self._visit(node.test)
        always = _constant(node.test)
        ways = [node.body, node.orelse]
        self._branch(ways if always is None else ways[:1] if always else ways[1:])

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._visit(node.iter)
        before = self._now.copy() if self._now is not None else None
        loop = self._enter_loop()
        self._visit(node.target)
        self._visit_all(node.body)
        ends = [self._now, *loop.continues]
        self._leave_loop(_joined(ends if _surely_runs(node.iter) else [before, *ends]), node.orelse, loop)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self._visit(node.test)
        before = self._now.copy() if self._now is not None else None
        loop = self._enter_loop()
        self._visit_all(node.body)
        endless = _constant(node.test) is True
        self._leave_loop(
            None if endless else _joined([before, self._now, *loop.continues]), node.orelse, loop
        )

    def _enter_loop(self) -> _Loop:
        self._loops = [*self._loops, _Loop()]
        return self._loops[-1]

    def _leave_loop(self, end: _State | None, orelse: list[ast.stmt], loop: _Loop) -> None:
        self._loops = self._loops[:-1]
        body_end = _joined([self._now, *loop.continues])
        if body_end is not None:  # the way out may lead through earlier rounds
            for state in loop.breaks:
                if state is not None:
                    state.maybe |= body_end.maybe
                    state.deleted |= body_end.deleted
        self._now = end
        self._visit_all(orelse)
        self._now = _joined([self._now, *loop.breaks])

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
            self._now = _joined([self._interrupted(before, mark), self._now])

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
        self._now = _joined(ends)
        if self._now is None and node.finalbody:  # it is left by an exception, or a jump out of it
            self._now = caught
            self._visit_all(node.finalbody)
            self._now = None
        else:
            self._visit_all(node.finalbody)

    visit_TryStar = visit_Try

    def _interrupted(self, before: _State | None, mark: int) -> _State | None:
        """Return what is known when an exception comes from anywhere since a mark."""
        if before is None:
            return None
        state = before.copy()
        for bound, name in self._log[mark:]:
            (state.maybe if bound else state.deleted).add(name)
            if not bound:
                state.sure.discard(name)
        return state

    def visit_Match(self, node: ast.Match) -> None:
        self._visit(node.subject)
        ends: list[_State | None] = []
        for case in node.cases:
            before = self._now.copy() if self._now is not None else None
            self._visit(case.pattern)
            if case.guard is not None:
                self._visit(case.guard)
            self._visit_all(case.body)
            ends.append(self._now)
            self._now = before
            if case.guard is None and _irrefutable(case.pattern):
                self._now = None
        self._now = _joined([*ends, self._now])

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
        self._now = _joined([before, self._now])

    def _branch(self, ways: Sequence[Sequence[ast.AST]]) -> None:
        before = self._now
        ends = []
        for way in ways:
            self._now = before.copy() if before is not None else None
            self._visit_all(way)
            ends.append(self._now)
        self._now = _joined(ends)

    def _note_opaque(self, reason: str) -> None:
        self._opaque = self._opaque or reason


def _dotted(node: ast.expr) -> str:
    """Return ``a.b.c`` as text, empty for other expressions."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


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
