"""What values need besides themselves: the names of the notebook that their functions use."""

from __future__ import annotations

import dis
import functools
import types
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from eflows_nb.notebook.cells.opacity import ANY_NAME
from eflows_nb.tasks.function import TaskFunction

__all__ = ["Reached", "global_names", "reached"]

_READS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_BINDS = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_IMPORTS = frozenset({"IMPORT_NAME"})
_ITEMS = 1000


def global_names(code: types.CodeType, steps: Set[str] = _READS) -> set[str]:
    """Return the global names that code reads, that of the functions within it too.

    Parameters
    ----------
    steps
        The instructions that name them, those that read by default.
    """
    names = {step.argval for step in dis.get_instructions(code) if step.opname in steps}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= global_names(constant, steps)
    return names


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """What can be reached from names of a notebook, through the functions that they hold.

    Parameters
    ----------
    names
        Those names, and all that the functions use.
    binds
        Names that the functions may bind or delete, as ``global`` lets them.
    opaque
        Whether one of them can read and bind any name.
    """

    names: frozenset[str]
    binds: frozenset[str]
    opaque: bool


def reached(names: Iterable[str], home: Mapping[str, Any]) -> Reached:
    """Return what is reached from these names of a notebook.

    Functions, methods, classes of the notebook and their instances are looked into, in plain containers too.

    Parameters
    ----------
    names
        Where to begin.
    home
        The names of the notebook.
    """
    found: set[str] = set()
    binds: set[str] = set()
    opaque = False
    waiting = [name for name in names if name in home]
    seen: set[int] = set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for code in _code(home[name], home, seen):
            waiting += [used for used in global_names(code) if used in home]
            binds |= global_names(code, _BINDS)
            opaque = opaque or _is_opaque(code, home)
    return Reached(names=frozenset(found), binds=frozenset(binds), opaque=opaque)


def _is_opaque(code: types.CodeType, home: Mapping[str, Any]) -> bool:
    """Return whether code can read and bind names that do not stand in it."""
    used = global_names(code)
    if "get_ipython" in used or any(name in used and name not in home for name in ANY_NAME):
        return True
    attributes = global_names(code, _ATTRIBUTES)
    if attributes & {"_getframe", "currentframe"} or ("builtins" in used and attributes & ANY_NAME):
        return True
    return "__main__" in global_names(code, _IMPORTS) or "__main__" in code.co_consts


def _code(value: Any, home: Mapping[str, Any], seen: set[int]) -> Iterator[types.CodeType]:
    if id(value) in seen:
        return
    seen.add(id(value))
    for part in _parts(value, home):
        if isinstance(part, types.CodeType):
            yield part
        else:
            yield from _code(part, home, seen)


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
