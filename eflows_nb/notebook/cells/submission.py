"""Makes tasks of a task cell: gathers what it reads, submits it, and binds what it gives."""

from __future__ import annotations

import secrets
import types
from collections.abc import Callable, Iterable, MutableMapping, Set
from dataclasses import dataclass, field
from typing import Any

from eflows_nb.errors import CellError
from eflows_nb.notebook.cells.body import CellBody, CellBodyWithFiles, Surroundings
from eflows_nb.notebook.cells.figures import look_of_figures
from eflows_nb.notebook.cells.names import BUILTINS
from eflows_nb.notebook.cells.needs import reached
from eflows_nb.notebook.cells.pending import PendingNames
from eflows_nb.notebook.cells.plan import Plan
from eflows_nb.notebook.cells.program import Layers, Program
from eflows_nb.notebook.cells.shipping import HoldsMoreError, Shipment
from eflows_nb.runtime import api
from eflows_nb.runtime.future import Future
from eflows_nb.tasks.function import TaskFunction
from eflows_nb.tasks.parameter import PARAMETERS

__all__ = ["Submission", "submit"]

_FILES: dict[str, Any] = {
    "read": PARAMETERS["COLLECTION_FILE_IN"],
    "made": PARAMETERS["COLLECTION_FILE_OUT"],
    "changed": PARAMETERS["COLLECTION_FILE_INOUT"],
}
"""The directions of the files of a cell, by parameters of `CellBodyWithFiles`."""


@dataclass(kw_only=True, slots=True)
class Submission:
    """The tasks of one execution of a task cell.

    Parameters
    ----------
    title
        Name of its tasks.
    reads
        Names of the notebook that it reads, those that its functions use among them.
    named
        Those of them that stand in its code, modules excepted.
    outputs
        Names that it binds.
    shown
        For each task the future of what it displays; it bears the number of the task.
    """

    title: str
    reads: tuple[str, ...]
    named: tuple[str, ...]
    outputs: tuple[str, ...]
    shown: list[Future] = field(default_factory=list)
    _function: TaskFunction[..., Any]
    _calls: list[tuple[Any, ...]] = field(default_factory=list)
    _results: list[tuple[Future, ...]] = field(default_factory=list)

    @property
    def results(self) -> list[Future]:
        """Futures of the outputs of all its tasks."""
        return [future for row in self._results for future in row]

    def release(self) -> None:
        """Let go of inputs and results, when all tasks are done and nothing is to be submitted again."""
        self.shown.clear()
        self._calls.clear()
        self._results.clear()

    def call(self, *args: Any) -> tuple[Future, ...]:
        """Submit one task; return the futures of its outputs."""
        made = self._function(*args)
        first, *results = made if isinstance(made, tuple) else (made,)
        self.shown.append(first)
        self._calls.append(args)
        self._results.append(tuple(results))
        return tuple(results)

    def again(self, replaced: dict[Future, Future]) -> None:
        """Submit those of its tasks again that have failed or were cancelled.

        Parameters
        ----------
        replaced
            For futures that will have no value those that take their place; this adds its own.
        """
        for place, future in enumerate(self.shown):
            if not future.done() or future.state.has_result:
                continue
            args = tuple(_replaced(arg, replaced) for arg in self._calls[place])
            made = self._function(*args)
            first, *results = made if isinstance(made, tuple) else (made,)
            replaced.update(zip((future, *self._results[place]), (first, *results), strict=True))
            self.shown[place], self._calls[place], self._results[place] = first, args, tuple(results)


def _replaced(value: Any, replaced: dict[Future, Future]) -> Any:
    if isinstance(value, Future):
        while value in replaced:
            value = replaced[value]
        return value
    if type(value) in (list, tuple, Layers):
        return type(value)(_replaced(item, replaced) for item in value)
    return value


def submit(
    plan: Plan,
    home: MutableMapping[str, Any],
    pending: PendingNames,
    *,
    area: str = "",
    begin: Callable[[Submission], None] = lambda _: None,
) -> Submission:
    """Submit a task cell, and let the names that it binds refer to futures.

    Parameters
    ----------
    home
        The names of the notebook.
    area
        Name of the cell's output area.
    begin
        Called before the first task is submitted, which may show something at once.

    Raises
    ------
    CellError
        When it reads what cannot be sent, or an option names what is not there.
    """
    options = plan.options
    given = options.for_task()
    item = options.map[0] if options.map is not None else ""
    _check_names(plan, home, item)
    rebound = _rebound(plan, home)
    given_back = {name for name in plan.outputs if name != item and _is_output(name, plan, home)}
    outputs = tuple(sorted(given_back | rebound))
    wanted = {*_inputs(plan, home), *options.inputs, *plan.writes} - {item}
    if item:  # what an item does not bind is as before in its place of the list
        wanted |= set(outputs) - plan.names.sure
    named = tuple(sorted(name for name in wanted if not isinstance(home.get(name), types.ModuleType)))
    shipped, direct = _ship(wanted, home, pending, plan.title)
    program = Program(
        source=plan.source,
        flags=plan.flags,
        folded=plan.folded,
        mapped=options.map is not None,
        skipped=plan.skipped,
        direct=(*direct, *([item] if item else [])),
        outputs=outputs,
        writes=plan.writes,
        binds=None if plan.names.opaque else plan.names.binds | plan.names.deletes | plan.defined | {item},
        rebound=rebound,
        shows=plan.shows,
        ranks=options.mpi or 0,
        cores=options.cores or 1,
        salt="" if options.cache else secrets.token_hex(8),
    )
    files = options.paths()
    if files:
        given |= _FILES
    needs = _needs(plan, home, pending)
    function = api.task(returns=len(outputs) + 1, **given)(
        (CellBodyWithFiles if files else CellBody)(
            plan.title, Surroundings(filename=plan.filename, area=area, look=look_of_figures())
        )
    )
    head = (program, shipped, *(list(paths) for paths in files))
    done = Submission(
        title=plan.title, reads=tuple(sorted(wanted)), named=named, outputs=outputs, _function=function
    )
    items = None if options.map is None else _items(plan, home, pending)
    begin(done)
    if items is None:
        results = done.call(*head, *direct.values())
        for name, future in zip(outputs, results, strict=True):
            sure = name in plan.names.sure or (name in wanted and name not in rebound)
            pending.bind(name, future, cell=plan.title, sure=sure, needs=needs)
        return done
    rows = [done.call(*head, *direct.values(), one) for one in items]
    for place, name in enumerate(outputs):
        pending.bind(name, [row[place] for row in rows], cell=plan.title, sure=True, needs=needs)
    return done


def _check_names(plan: Plan, home: MutableMapping[str, Any], item: str) -> None:
    for option, names in (("--in", plan.options.inputs), ("--inout", plan.options.inout)):
        missing = [name for name in names if name not in home and name != item]
        if missing:
            raise CellError(f"'%%task {option} {missing[0]}': the notebook has no name {missing[0]!r}.")
    for name in sorted(plan.names.writes):
        if isinstance(home.get(name), types.ModuleType):
            raise CellError(
                f"This cell sets something in the module {name!r}, which stays on the engine. "
                "Do that in a cell without %%task, or import the module in this cell."
            )


def _inputs(plan: Plan, home: MutableMapping[str, Any]) -> set[str]:
    """Return the names that the code reads and that are there; those of IPython itself stay here."""
    reads = (plan.names.reads | plan.names.deletes | plan.definitions) & home.keys()
    return {
        name for name in reads if name not in BUILTINS | {"exit", "quit"} or not _is_of_ipython(home[name])
    }


def _rebound(plan: Plan, home: MutableMapping[str, Any]) -> frozenset[str]:
    """Return the names besides its own that functions bind which the cell may call, by ``global``."""
    if plan.options.outputs is not None:
        return frozenset()
    begin = {name for name in (*plan.names.reads, *plan.options.inputs) if name not in plan.defined}
    binds = reached(begin - BUILTINS, home).binds
    rebound = binds - plan.names.binds - plan.writes - plan.names.deletes
    if rebound and plan.options.map is not None:
        raise CellError(
            f"A cell that is mapped over a list cannot bind {min(rebound)!r}, as a function that it uses "
            "does with 'global': its tasks run at the same time. Let the function return the value."
        )
    return frozenset(rebound)


def _needs(plan: Plan, home: MutableMapping[str, Any], pending: PendingNames) -> frozenset[str]:
    """Return the names that functions in its results may use: its own, those of its inputs and of classes."""
    needs = set(plan.needs)
    for name in plan.names.reads & home.keys():
        if name in pending:
            needs |= pending.needs(name)
        elif name in plan.carried or isinstance(home[name], type):
            needs |= reached([name], home).names - {name}
    return frozenset(needs)


def _is_of_ipython(value: Any) -> bool:
    module = getattr(value, "__module__", None) or type(value).__module__
    return str(module).startswith("IPython")


def _is_output(name: str, plan: Plan, home: MutableMapping[str, Any]) -> bool:
    explicit = plan.options.outputs or ()
    return name in plan.names.binds or name in plan.writes or name in explicit or name in home


def _ship(
    wanted: set[str], home: MutableMapping[str, Any], pending: PendingNames, title: str
) -> tuple[bytes, dict[str, Any]]:
    """Return the pickle of what is small and there, and the rest by name; adds to `wanted` what those use."""
    direct: dict[str, Any] = {}
    packed: dict[str, Any] = {}
    waiting = sorted(wanted)
    while waiting:
        name = waiting.pop(0)
        if name not in home:
            continue
        if name in pending:
            direct[name] = pending.layers(name)
            used: Set[str] = pending.needs(name)
        else:
            used = _pack(name, home, title, packed, direct)
        more = sorted(one for one in used if one in home and one not in wanted)
        wanted.update(more)
        waiting += more
    return Shipment(home).packed(dict(sorted(packed.items()))), dict(sorted(direct.items()))


def _pack(
    name: str, home: MutableMapping[str, Any], title: str, packed: dict[str, Any], direct: dict[str, Any]
) -> set[str]:
    """Put a value where it belongs; return the names of the notebook that functions in it use."""
    shipment = Shipment(home)
    try:
        shipment.packed(home[name])
        packed[name] = home[name]
    except HoldsMoreError:
        direct[name] = home[name]
    except Exception as error:
        raise CellError(
            f"Task cell {title!r} reads {name!r}, a {type(home[name]).__name__}, which cannot be sent to "
            f"an engine: {error}. Make it within the cell, or run the cell without %%task."
        ) from error
    return shipment.used


def _items(plan: Plan, home: MutableMapping[str, Any], pending: PendingNames) -> Iterable[Any]:
    assert plan.options.map is not None
    item, source = plan.options.map
    if source not in home:
        raise CellError(f"'%%task --map {item} in {source}': the notebook has no name {source!r}.")
    if source in pending and not isinstance(home[source], list):
        pending.settle([source])
    try:
        return list(home[source])
    except TypeError as error:
        raise CellError(
            f"'%%task --map {item} in {source}': {source!r} is a {type(home[source]).__name__}, "
            "which has no items."
        ) from error
