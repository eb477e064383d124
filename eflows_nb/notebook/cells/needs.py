"""What values need besides themselves: the names of the notebook that their functions use."""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Iterable, Mapping
from typing import Any

from eflows_nb.tasks.function import TaskFunction

__all__ = ["global_names", "needed_names"]

_READS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_ITEMS = 1000


def global_names(code: types.CodeType) -> set[str]:
    """Return the global names that code reads, that of the functions within it too."""
    names = {step.argval for step in dis.get_instructions(code) if step.opname in _READS}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= global_names(constant)
    return names


def needed_names(names: Iterable[str], home: Mapping[str, Any]) -> set[str]:
    """Return these names of a notebook, and all that are used by functions which they reach.

    Functions, methods, classes of the notebook and their instances are looked into, in plain containers too.

    Parameters
    ----------
    names
        Where to begin.
    home
        The names of the notebook.
    """
    found: set[str] = set()
    waiting = [name for name in names if name in home]
    seen: set[int] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [used for used in _used(home[name], home, seen) if used in home]
    return found


def _used(value: Any, home: Mapping[str, Any], seen: set[int]) -> set[str]:
    if id(value) in seen:
        return set()
    seen.add(id(value))
    names: set[str] = set()
    for part in _parts(value, home):
        if isinstance(part, types.CodeType):
            names |= global_names(part)
        else:
            names |= _used(part, home, seen)
    return names


def _parts(value: Any, home: Mapping[str, Any]) -> list[Any]:
    """Return the code that a value runs when it is used, and what else to look into."""
    if isinstance(value, TaskFunction):
        return [value.function]
    if isinstance(value, types.FunctionType):
        if value.__globals__ is not home:
            return []
        cells = [_contents(cell) for cell in value.__closure__ or ()]
        return [value.__code__, *cells, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    if isinstance(value, (staticmethod, classmethod, types.MethodType)):
        return [value.__func__, *([value.__self__] if isinstance(value, types.MethodType) else [])]
    if isinstance(value, property):
        return [function for function in (value.fget, value.fset, value.fdel) if function is not None]
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, type):
        own = value.__module__ == "__main__"
        return [*vars(value).values(), *value.__bases__] if own else []
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value) if len(value) <= _ITEMS else []
    if isinstance(value, dict):
        return list(value.values()) if len(value) <= _ITEMS else []
    wrapped = getattr(value, "__wrapped__", None) or getattr(value, "py_func", None)
    kind = type(value)
    return [*([wrapped] if callable(wrapped) else []), *([kind] if kind.__module__ == "__main__" else [])]


def _contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None
