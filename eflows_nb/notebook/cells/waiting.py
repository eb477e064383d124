"""Which pending names a plain cell waits for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from eflows_nb.notebook.cells.names import CellNames
from eflows_nb.notebook.cells.needs import reached
from eflows_nb.notebook.cells.opacity import USES_MAGIC
from eflows_nb.notebook.cells.pending import PendingNames
from eflows_nb.notebook.cells.program import Layers
from eflows_nb.runtime import api
from eflows_nb.tasks.function import TaskFunction

__all__ = ["Awaited", "awaited_names"]

_WORD = re.compile(r"[^\W0-9]\w*")
_SPARE = frozenset({"eflows", "load_ext", "reload_ext", "matplotlib", "config", "autoreload", "who", "pip"})
_RUNS_ANYTHING = frozenset({"run", "rerun", "recall", "rep", "macro", "whos", "reset"})
_TAKE_FUTURES = (api.wait_on, api.cancel, api.as_completed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Awaited:
    """The pending names that a plain cell waits for.

    Parameters
    ----------
    needed
        Those that it uses; without their values it is not run.
    possible
        Those that it does not mention and may use, since its names cannot be known.
    """

    needed: frozenset[str] = frozenset()
    possible: frozenset[str] = frozenset()


def awaited_names(
    names: CellNames, home: Mapping[str, Any], pending: PendingNames, texts: Iterable[str] = ()
) -> Awaited:
    """Return the pending names that a plain cell waits for.

    A name that is only a direct argument of task functions is passed on as a future. A cell whose names
    cannot be known waits for all.

    Parameters
    ----------
    names
        What the cell does with names.
    home
        The names of the notebook.
    texts
        The strings in its code, which may mention names where code is made of them.
    """
    unsettled = pending.names()
    if not unsettled:
        return Awaited()
    magics = [magic for magic in names.magics if magic.name not in _SPARE]
    passed = {
        name
        for name, callees in names.arguments.items()
        if name in unsettled
        and type(pending.layers(name)) is not Layers
        and all(_takes_futures(callee, home) for callee in callees)
    }
    opaque = names.opaque not in ("", USES_MAGIC) or any(magic.name in _RUNS_ANYTHING for magic in magics)
    texts = [*(magic.text for magic in magics), *(texts if opaque else ())]
    mentioned = {word for text in texts for word in _WORD.findall(text)}
    found = reached(names.reads - passed | mentioned, home)
    needed = found.names & unsettled
    possible = unsettled - needed if opaque or found.opaque else frozenset()
    return Awaited(needed=needed, possible=frozenset(possible))


def _takes_futures(dotted: str, home: Mapping[str, Any]) -> bool:
    first, *rest = dotted.split(".")
    found = home.get(first)
    for part in rest:
        found = getattr(found, part, None) if isinstance(found, ModuleType) else None
    return isinstance(found, TaskFunction) or any(found is function for function in _TAKE_FUTURES)
