"""Runs a cell as a task: this is what an engine calls."""

from __future__ import annotations

import ast
import asyncio
import builtins
import copy
import inspect
import linecache
import threading
import types
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from eflows_nb.engine.packing import SCALARS, adopts_classes
from eflows_nb.errors import CellError
from eflows_nb.notebook.cells import display
from eflows_nb.notebook.cells.borrowing import Borrower
from eflows_nb.notebook.cells.calls import unfold
from eflows_nb.notebook.cells.changes import Watch
from eflows_nb.notebook.cells.figures import Look
from eflows_nb.notebook.cells.names import parse
from eflows_nb.notebook.cells.program import Layers, Program, Shown, Untouched
from eflows_nb.notebook.cells.ranks import run_on_ranks
from eflows_nb.notebook.cells.shipping import Unsendable, arriving_in
from eflows_nb.notebook.cells.wrapping import brought_home, wrapped

__all__ = ["CellBody", "CellBodyWithFiles", "Surroundings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a cell does not compute with, and what differs in each kernel.

    Parameters
    ----------
    filename
        What the cell is called in tracebacks; the notebook finds its lines by it.
    area
        Name of the cell's output area.
    look
        How figures look in the notebook.
    """

    filename: str
    area: str = ""
    look: Look | None = None


class CellBody:
    """The function of a cell's task.

    Parameters
    ----------
    name
        Name of the task.
    surroundings
        Of the cell in its notebook.
    """

    __slots__ = ("_name", "_surroundings")

    def __init__(self, name: str, surroundings: Surroundings) -> None:
        self._name = name
        self._surroundings = surroundings

    def __eflows_code__(self) -> tuple[Any, Any]:
        """Return by what results are found again in another session."""
        return type(self), self._name

    @property
    def __name__(self) -> str:
        return self._name

    def __call__(self, program: Program, shipped: bytes, *direct: Any) -> Any:
        """Run the cell; return what it showed, and its outputs after that."""
        __tracebackhide__ = True
        names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
        arrival = Borrower(shipped)
        try:
            with arriving_in(names):
                names.update(arrival.load())
            arrived = {
                name: given.top() if type(given) is Layers else given
                for name, given in zip(program.direct, direct, strict=True)
            }
            there = {name: value for name, value in arrived.items() if type(value) is not Untouched}
            names.update(brought_home(there, names))
            if program.ranks:
                return run_on_ranks(self, program, names)
            shown, *outputs = self.run(program, names)
            return (shown, *outputs) if outputs else shown
        finally:
            if not adopts_classes():
                arrival.give_back()

    def run(self, program: Program, names: dict[str, Any]) -> list[Any]:
        """Run the cell in this process, with its inputs as names; return what it showed, and its outputs.

        Parameters
        ----------
        names
            The inputs; the cell binds its own names there.

        Raises
        ------
        CellError
            When it has changed something of which it does not say that it does.
        Exception
            Whatever the cell raises.
        """
        __tracebackhide__ = True
        _make_writable(names, program)
        inputs = {name: value for name, value in names.items() if not name.startswith("__")}
        watch = Watch(inputs, program.writes)
        _add_tools(names)
        start = dict(names)
        shown = Shown()
        where = self._surroundings
        with display.showing(shown, where.area, where.look):
            _run(program, where.filename, names)
        watch.refuse_changes(names)
        _refuse_bindings(program, names, start)
        return [shown, *(_output(name, names, inputs, program) for name in program.outputs)]


class CellBodyWithFiles(CellBody):
    """The same for a cell that reads and writes files; the runtime knows them by their parameters."""

    __slots__ = ()

    def __call__(
        self,
        program: Program,
        shipped: bytes,
        read: list[str],
        made: list[str],
        changed: list[str],
        *direct: Any,
    ) -> Any:
        """Run the cell; its code names the files itself."""
        __tracebackhide__ = True
        return super().__call__(program, shipped, *direct)


def _make_writable(names: dict[str, Any], program: Program) -> None:
    """Copy what the cell writes in place: large arrays arrive mapped, and many may read them."""
    wanted = [name for name in program.direct if name in program.writes and name in names]
    copies = copy.deepcopy([names[name] for name in wanted])
    names.update(zip(wanted, copies, strict=True))


def _add_tools(names: dict[str, Any]) -> None:
    """Add what every notebook has."""
    try:
        from IPython.core.getipython import get_ipython
        from IPython.display import display as ipython_display
    except ImportError:
        return
    names.setdefault("display", ipython_display)
    names.setdefault("get_ipython", get_ipython)


def _run(program: Program, filename: str, names: dict[str, Any]) -> None:
    __tracebackhide__ = True
    lines = program.source.splitlines(keepends=True)
    linecache.cache[filename] = (len(program.source), None, lines, filename)
    tree = parse(program.source, filename, program.flags)
    unfolded = unfold(tree) if program.folded else None
    own = tree.body if unfolded is None else unfolded.statements
    body = [node for number, node in enumerate(own) if number not in program.skipped]
    last = body.pop() if program.shows and body and isinstance(body[-1], ast.Expr) else None

    def compiled(node: ast.Module | ast.Expression, mode: str) -> types.CodeType:
        flags = program.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code: types.CodeType = compile(node, filename, mode, flags, dont_inherit=True)
        return code

    statements = compiled(ast.Module(body, []), "exec")
    expression = compiled(ast.Expression(last.value), "eval") if isinstance(last, ast.Expr) else None
    parts = [statements] if expression is None else [statements, expression]
    value = None
    try:
        if any(part.co_flags & inspect.CO_COROUTINE for part in parts):
            value = _in_thread(lambda: _awaited(parts, names))
        else:
            for part in parts:
                value = eval(part, names)
    except (NameError, ValueError) as error:
        _explain(error)
        raise
    if expression is not None:
        display.show(value)


async def _awaited(parts: list[types.CodeType], names: dict[str, Any]) -> Any:
    value = None
    for part in parts:
        value = eval(part, names)
        if part.co_flags & inspect.CO_COROUTINE:
            value = await value
    return value


def _in_thread(make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine in a thread of its own: an event loop runs in this one already."""
    __tracebackhide__ = True
    results: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(make()))
        except BaseException as error:  # noqa: BLE001 - raised below, where the task runs
            errors.append(error)

    thread = threading.Thread(target=run, name="eflows-cell")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _explain(error: NameError | ValueError) -> None:
    if isinstance(error, ValueError) and "read-only" in str(error):
        error.add_note(
            "The inputs of a task cell are read-only when they are large. "
            "If the cell is to change its input x in place, say so: %%task --inout x"
        )


def _refuse_bindings(program: Program, names: dict[str, Any], start: dict[str, Any]) -> None:
    """Refuse names that functions have bound where nobody could know it, such as functions of other tasks."""
    __tracebackhide__ = True
    if program.binds is None:
        return
    known = program.binds.union(program.outputs)
    bound = [
        name
        for name, value in names.items()
        if name not in known and not name.startswith("__") and (name not in start or start[name] is not value)
    ]
    if bound:
        raise CellError(
            f"A function that the cell called has bound {bound[0]!r}, and nothing in the code of the cell "
            "tells of that: it would be lost. Let the function return it, or run the cell without %%task."
        )


def _output(name: str, names: dict[str, Any], inputs: dict[str, Any], program: Program) -> Any:
    if name not in names and program.mapped:
        return Unsendable(f"For an item of the list {name!r} has no value: its task has not bound that name.")
    if name not in names:
        return Untouched(deleted=name in inputs)
    value = names[name]
    if name in program.rebound and name in inputs and value is inputs[name]:
        return Untouched()
    if type(value) in SCALARS:
        return value
    try:
        return wrapped(value, names)
    except Exception as error:  # noqa: BLE001 - pickle raises what it likes
        return Unsendable(
            f"The value of {name!r}, a {type(value).__name__}, cannot leave the engine that made it: "
            f"{error}. Use it within its cell, and name the outputs of that cell with %%task -o."
        )
