"""What a function uses besides its arguments, and whether that has changed."""

from __future__ import annotations

import dis
import sys
import types
import weakref
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eflows_nb.engine.packing import SCALARS, pack
from eflows_nb.runtime.modules import is_local
from eflows_nb.tasks.function import TaskFunction

__all__ = ["Surroundings"]

_ABSENT = object()
_GONE = object()


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

    __slots__ = ("_digest", "_names", "_places", "_values", "_weak")

    def __init__(self, function: Any, *, look_into_values: bool = True) -> None:
        self._names: list[tuple[Mapping[str, Any], str, Any]] = []
        self._weak: list[tuple[Mapping[str, Any], str, weakref.ref[Any]]] = []
        self._places: list[_Place] = []
        self._values: list[_Held] = []
        self._look_at(function, set())
        if not look_into_values:
            self._values.clear()
        self._digest = _digest(self._values)

    def are_as_before(self) -> bool:
        """Return whether nothing has changed since this was made."""
        for namespace, name, value in self._names:
            if namespace.get(name, _ABSENT) is not value:
                return False
        for namespace, name, reference in self._weak:
            held = reference()
            if held is None or namespace.get(name) is not held:
                return False
        for place in self._places:
            if not place.is_as_before():
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
            self._values.append(_held(value))

    def _look_into_function(self, function: types.FunctionType, seen: set[int]) -> None:
        namespace = function.__globals__
        names = [(name, namespace.get(name, _ABSENT)) for name in _global_names(function.__code__)]
        module = sys.modules.get(function.__module__)
        if module is not None and vars(module) is namespace:  # that stays, whoever refers to it
            strong, weak = _divided(names)
            self._names += [(namespace, name, value) for name, value in strong]
            self._weak += [(namespace, name, reference) for name, reference in weak]
            names = []
        if names or function.__closure__:
            self._places.append(_Place(function, names))
        for value in _used(function):
            self._look_at(value, seen)

    def _look_into_class(self, kind: type, seen: set[int]) -> None:
        attributes = [(name, value) for name, value in vars(kind).items() if name not in _OWN_OF_CLASSES]
        self._places.append(_Place(kind, attributes))
        for _, value in attributes:
            self._look_at(value, seen)
        for parent in kind.__bases__:
            self._look_at(parent, seen)


class _Place:
    """A function or a class, and what its names and closure cells referred to; it keeps neither alive.

    A function may refer to itself, and a class does so by its methods: they could never be let go.
    """

    __slots__ = ("_cells", "_owner", "_strong", "_weak")

    def __init__(self, owner: types.FunctionType | type, names: list[tuple[str, Any]]) -> None:
        self._owner = weakref.ref(owner)
        self._strong, self._weak = _divided(names)
        cells = owner.__closure__ if isinstance(owner, types.FunctionType) else None
        self._cells = [_held(_contents(cell)) for cell in cells or ()]

    def is_as_before(self) -> bool:
        owner = self._owner()
        if owner is None:
            return False
        is_class = isinstance(owner, type)
        namespace: Mapping[str, Any] = vars(owner) if is_class else owner.__globals__  # type: ignore[union-attr]
        for name, value in self._strong:
            if namespace.get(name, _ABSENT) is not value:
                return False
        for name, reference in self._weak:
            held = reference()
            if held is None or namespace.get(name) is not held:
                return False
        if self._cells:
            for cell, of_before in zip(owner.__closure__, self._cells, strict=True):  # type: ignore[union-attr, arg-type]
                if _contents(cell) is not of_before():
                    return False
        return True


_Held = Callable[[], Any]


def _divided(
    names: list[tuple[str, Any]],
) -> tuple[list[tuple[str, Any]], list[tuple[str, weakref.ref[Any]]]]:
    """Return the names whose values may be held, and those with weak references."""
    references = [(name, value, _weak(value)) for name, value in names]
    strong = [(name, value) for name, value, reference in references if reference is None]
    return strong, [(name, reference) for name, _, reference in references if reference is not None]


def _weak(value: Any) -> weakref.ref[Any] | None:
    """Return a weak reference; None for what has none, or stays whoever refers to it."""
    if _is_constant(value):
        return None
    try:
        return weakref.ref(value)
    except TypeError:
        return None


def _held(value: Any) -> _Held:
    """Return what gives a value, or `_GONE`."""
    reference = _weak(value)
    if reference is None:
        return lambda: value

    def living() -> Any:
        held = reference()
        return _GONE if held is None else held

    return living


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


def _digest(values: list[_Held]) -> int:
    """Return a checksum of what values hold; of one that cannot be pickled nobody can tell."""
    digest = 0
    for living in values:
        value = living()
        if value is _GONE:
            return -1
        try:
            packed = pack(value)
        except Exception:  # noqa: BLE001 - pickle raises what it likes
            continue
        for part in (packed.head, *packed.buffers):
            digest = zlib.crc32(part, digest)
    return digest
