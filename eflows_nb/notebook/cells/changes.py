"""What a cell changes in place without saying so: its inputs, and what functions and classes keep."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eflows_nb.errors import CellError
from eflows_nb.notebook.cells.caches import is_blank, is_cache
from eflows_nb.notebook.cells.fingerprint import Change, Fingerprint, is_of_notebook

__all__ = ["Watch"]


class Watch:
    """Watches over the inputs of a cell while it runs, and over the functions and classes in them.

    Parameters
    ----------
    inputs
        The inputs by name.
    writes
        Those that the cell may change in place.
    """

    def __init__(self, inputs: Mapping[str, Any], writes: Iterable[str]) -> None:
        self._inputs = inputs
        written = {name: inputs[name] for name in writes if name in inputs}
        self._before = {name: Fingerprint(inputs[name]) for name in inputs if name not in written}
        self._kept: list[tuple[Any, dict[str, Fingerprint]]] = []
        waiting = [thing for fingerprint in self._before.values() for thing in fingerprint.met.values()]
        waiting += [type(value) for value in written.values()]
        seen = {id(value) for value in written.values()}
        while waiting:
            thing = waiting.pop()
            if id(thing) in seen or not is_of_notebook(thing):
                continue
            seen.add(id(thing))
            kept = {where: Fingerprint([value]) for where, value in _kept(thing)}
            waiting += [inner for fingerprint in kept.values() for inner in fingerprint.met.values()]
            waiting += _parts(thing)
            self._kept.append((thing, kept))

    def refuse_changes(self, names: Mapping[str, Any]) -> None:
        """Refuse changes of which nothing in the code, and no option, tells; warn of what may be one.

        Parameters
        ----------
        names
            The names of the cell, now that it has run.

        Raises
        ------
        CellError
            When something is certainly not as it was.
        """
        __tracebackhide__ = True
        found = {
            name: fingerprint.change_in(self._inputs[name])
            for name, fingerprint in self._before.items()
            if names.get(name) is self._inputs[name]
        }
        changed = [name for name, change in found.items() if change is Change.CERTAIN]
        if changed:
            listed = ", ".join(repr(name) for name in changed)
            options = ",".join(changed)
            raise CellError(
                f"The cell changed its input {listed} in place, and nothing in its code tells of that: the "
                f"change would be lost. Say %%task --inout {options}, or work on a copy."
            )
        for thing, before in self._kept:
            for where, change in _changes(thing, before):
                name = next((name for name, value in names.items() if value is thing), thing.__name__)
                kind = "class" if isinstance(thing, type) else "function"
                text = f"{where} of the {kind} {name!r}"
                if change is Change.CERTAIN:
                    known = name in names or thing.__qualname__ == name
                    way = f"Say %%task --inout {name}, or " if known else ""
                    raise CellError(
                        f"The cell changed {text}, and nothing in its code tells of that: the change would "
                        f"be lost. {way or 'Keep it in a value that the cell gives back, or '}run the cell "
                        "without %%task."
                    )
                _warn(text, name)
        for name, change in found.items():
            if change is Change.UNCLEAR:
                _warn(f"what its input {name!r} keeps for itself", name)


def _warn(text: str, name: str) -> None:
    warnings.warn(
        f"The cell may have changed {text}: that was empty and is not any more. If it is a change and no "
        f"cache, it is lost; say %%task --inout {name}.",
        stacklevel=2,
    )


def _changes(thing: Any, before: Mapping[str, Fingerprint]) -> Iterator[tuple[str, Change]]:
    now = dict(_kept(thing))
    for where in before.keys() | now.keys():
        if where not in before and where.startswith("the attribute '_"):
            yield where, Change.UNCLEAR
        elif where not in now or where not in before:
            yield where, Change.CERTAIN
        elif (change := before[where].change_in([now[where]])) is not Change.NONE:
            yield where, change


def _kept(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a function or class keeps from one use to the next, with words that say where."""
    function = _unwrapped(thing)
    if isinstance(function, types.FunctionType):
        code = function.__code__
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            if not is_cache(name) and name != "__class__":
                yield f"the variable {name!r}", _contents(cell)
        parameters = code.co_varnames[: code.co_argcount]
        defaults = function.__defaults__ or ()
        given = dict(zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True))
        for name, value in (given | (function.__kwdefaults__ or {})).items():
            if not is_cache(name):
                yield f"the default of {name!r}", value
    for name, value in vars(thing).items():
        if name.startswith("__") or name == "_abc_impl" or is_cache(name):
            continue
        if name.startswith("_") and (
            name.endswith("_") or is_blank(value)
        ):  # of enumerations, and not yet made
            continue
        if not (isinstance(thing, type) and hasattr(type(value), "__get__")):
            yield f"the attribute {name!r}", value


def _parts(thing: Any) -> list[Any]:
    """Return the functions and classes that a function or class is made of."""
    if not isinstance(thing, type):
        return []
    parts: list[Any] = [*thing.__bases__]
    for value in vars(thing).values():
        if isinstance(value, property):
            parts += [value.fget, value.fset, value.fdel]
        parts.append(_unwrapped(getattr(value, "__func__", value)))
    return parts


def _unwrapped(thing: Any) -> Any:
    """Return a function without what ``functools`` has put around it."""
    return thing if isinstance(thing, (type, types.FunctionType)) else getattr(thing, "__wrapped__", thing)


def _contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None
