"""What a function uses besides its arguments, and whether that has changed."""

from __future__ import annotations

import dis
import sys
import types
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from eflows_nb.engine.packing import SCALARS, pack
from eflows_nb.runtime.modules import is_local
from eflows_nb.tasks.function import TaskFunction

__all__ = ["Surroundings"]

_ABSENT = object()


class Surroundings:
    """What global names and closure cells refer to, and what such values as lists and arrays hold.

    Functions and classes of the notebook are looked into, as they travel by value; those of installed modules
    are not.

    Parameters
    ----------
    function
        Whose surroundings.
    look_into_values
        Whether to notice that a list or an array holds something else.
    """

    __slots__ = ("_cells", "_digest", "_names", "_values")

    def __init__(self, function: Any, *, look_into_values: bool = True) -> None:
        self._names: list[tuple[Mapping[str, Any], str, Any]] = []
        self._cells: list[tuple[types.CellType, Any]] = []
        self._values: list[Any] = []
        self._look_at(function, set())
        if not look_into_values:
            self._values.clear()
        self._digest = _digest(self._values)

    def are_as_before(self) -> bool:
        """Return whether nothing has changed since this was made."""
        for namespace, name, value in self._names:
            if namespace.get(name, _ABSENT) is not value:
                return False
        for cell, value in self._cells:
            if _contents(cell) is not value:
                return False
        return not self._values or _digest(self._values) == self._digest

    def _look_at(self, value: Any, seen: set[int]) -> None:
        if id(value) in seen:
            return
        module = value if isinstance(value, types.ModuleType) else sys.modules.get(_home(value))
        if module is not None and is_local(module):  # a reload gives it another specification
            self._names.append((vars(module), "__spec__", module.__spec__))
        if _is_constant(value):
            return
        seen.add(id(value))
        if (parts := getattr(type(value), "__eflows_surroundings__", None)) is not None:
            for part in parts(value):
                self._look_at(part, seen)
        elif isinstance(value, TaskFunction):
            self._look_at(value.function, seen)
        elif isinstance(value, types.FunctionType):
            self._look_into_function(value, seen)
        elif isinstance(value, (staticmethod, classmethod, types.MethodType)):
            self._look_at(value.__func__, seen)
        elif isinstance(value, property):
            for function in (value.fget, value.fset, value.fdel):
                self._look_at(function, seen)
        elif isinstance(value, type):
            self._look_into_class(value, seen)
        else:
            self._values.append(value)

    def _look_into_function(self, function: types.FunctionType, seen: set[int]) -> None:
        namespace = function.__globals__
        for name in _global_names(function.__code__):
            self._names.append((namespace, name, namespace.get(name, _ABSENT)))
        self._cells += [(cell, _contents(cell)) for cell in function.__closure__ or ()]
        for value in _used(function):
            self._look_at(value, seen)

    def _look_into_class(self, kind: type, seen: set[int]) -> None:
        for name, value in vars(kind).items():
            if name not in _OWN_OF_CLASSES:
                self._names.append((vars(kind), name, value))
                self._look_at(value, seen)
        for parent in kind.__bases__:
            self._look_at(parent, seen)


_OWN_OF_CLASSES = frozenset(
    {
        "__dict__",
        "__weakref__",
        "__module__",
        "__doc__",
        "__firstlineno__",
        "__slotnames__",
        "__static_attributes__",
    }
)


def _used(function: types.FunctionType) -> Iterator[Any]:
    for name in _global_names(function.__code__):
        yield function.__globals__.get(name, _ABSENT)
    for cell in function.__closure__ or ():
        yield _contents(cell)
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()


def _global_names(code: types.CodeType) -> dict[str, None]:
    """Return the global names that code reads, that of the functions within it too, in order."""
    names = {step.argval: None for step in dis.get_instructions(code) if step.opname in _READS_GLOBAL}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _global_names(constant)
    return names


_READS_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})


def _home(value: Any) -> str:
    """Return the name of the module of a function or class, empty for other values."""
    return str(value.__module__) if isinstance(value, (types.FunctionType, type)) else ""


def _is_constant(value: Any) -> bool:
    """Return whether a value cannot change, or travels as a mere name."""
    kind = type(value)
    if kind in SCALARS or value is _ABSENT or isinstance(value, types.ModuleType):
        return True
    if kind in (tuple, frozenset):
        return all(_is_constant(item) for item in value)
    if isinstance(value, (types.FunctionType, type)):
        return _is_importable(value)
    return isinstance(value, types.BuiltinFunctionType)


def _is_importable(value: Any) -> bool:
    """Return whether an engine finds a function or class under its own name."""
    if value.__module__ == "__main__":
        return False
    found: Any = sys.modules.get(value.__module__)
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is value


def _contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _ABSENT


def _digest(values: list[Any]) -> int:
    """Return a checksum of what values hold; of one that cannot be pickled nobody can tell."""
    digest = 0
    for value in values:
        try:
            packed = pack(value)
        except Exception:  # noqa: BLE001 - pickle raises what it likes
            continue
        for part in (packed.head, *packed.buffers):
            digest = zlib.crc32(part, digest)
    return digest
