"""Values as bytes: a pickle, and beside it the large buffers that need not be copied into it."""

from __future__ import annotations

import copyreg
import io
import pickle
import sys
from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache, partial
from typing import Any, BinaryIO, NamedTuple

__all__ = [
    "INLINE",
    "SCALARS",
    "Packed",
    "adopt_classes",
    "adopts_classes",
    "dumps_by_value",
    "is_cached_function",
    "load",
    "load_next",
    "make_cached_function",
    "make_cached_property",
    "pack",
    "reduced_cached",
    "with_slots",
]

INLINE = 1 << 16
"""A value below this many bytes travels with the messages; a larger one stays where it was made."""

SCALARS = frozenset({int, float, bool, complex, type(None), str, bytes})
"""Immutable types whose values travel as they are, without a pickle of their own."""


class Packed:
    """A value as a pickle and the large buffers that it refers to, in order.

    Every `value` is a new object. Its large arrays share memory with this record and are read-only,
    unless a writable copy is asked for.
    """

    __slots__ = ("buffers", "head", "size")

    def __init__(self, head: bytes | memoryview, buffers: Sequence[Any] = ()) -> None:
        self.head: Any = head  # of one that was not packed here it may be mapped
        self.buffers = tuple(buffers)
        self.size = len(head) + sum(memoryview(buffer).nbytes for buffer in self.buffers)

    def __reduce__(self) -> tuple[Any, ...]:
        return Packed, (bytes(self.head), tuple(bytes(buffer) for buffer in self.buffers))

    def value(self) -> Any:
        """Return the value; its large arrays are read-only views."""
        return load(self.head, [memoryview(buffer).toreadonly() for buffer in self.buffers])

    def private_value(self) -> Any:
        """Return the value on top of the buffers themselves; they must be the caller's alone."""
        return load(self.head, self.buffers)

    def writable_value(self) -> Any:
        """Return the value with large buffers of its own, which may be written to."""
        return load(self.head, [bytearray(buffer) for buffer in self.buffers])


_CACHED_FUNCTION = type(lru_cache(len))


def is_cached_function(thing: Any) -> bool:
    """Return whether a thing is a function of the notebook that ``functools`` lets remember its results."""
    return isinstance(thing, _CACHED_FUNCTION) and thing.__module__ == "__main__"


def reduced_cached(thing: Any) -> tuple[Any, ...] | None:
    """Return how such a function, or such a property, is pickled by value; None for all that is neither.

    The results that a function remembers stay here, and the lock that a property has until Python 3.12.
    """
    if is_cached_function(thing):
        parameters = thing.cache_parameters()
        return make_cached_function, (thing.__wrapped__, parameters["maxsize"], parameters["typed"])
    if type(thing) is cached_property:
        return make_cached_property, (thing.func, thing.attrname)
    return None


def with_slots(thing: Any, reduced: Any) -> Any:
    """Return how cloudpickle pickles a thing, with the slots of a class.

    It leaves them out: instances have a dictionary elsewhere, and cannot come back to where they have none.
    """
    if not isinstance(thing, type) or "__slots__" not in vars(thing) or not isinstance(reduced, tuple):
        return reduced
    make, arguments, *rest = reduced
    if make.__name__ != "_make_skeleton_class" or NamedTuple in vars(thing).get("__orig_bases__", ()):
        return reduced  # typing sees to the slots of the latter
    kind, name, bases, namespace, *others = arguments
    return (make, (kind, name, bases, {**namespace, "__slots__": vars(thing)["__slots__"]}, *others), *rest)


def make_cached_function(function: Callable[..., Any], maxsize: int | None, typed: bool) -> Any:
    """Return a function that remembers its results."""
    return lru_cache(maxsize, typed)(function)


def make_cached_property(function: Callable[[Any], Any], name: str | None) -> Any:
    """Return a property that is computed once, under a name that it has in a class already."""
    made = cached_property(function)
    made.attrname = name
    return made


_adopts = False


def adopt_classes() -> None:
    """From now on a class that comes by value replaces what was known of it: this process is an engine."""
    global _adopts
    _adopts = True


def load(head: bytes | memoryview, buffers: Sequence[Any] = ()) -> Any:
    """Return what was pickled; in the client the classes of the notebook stay as they are there."""
    if _adopts or b"_class_setstate" not in (head := bytes(head)):  # which copies no bytes
        return pickle.loads(head, buffers=buffers)
    return _Unpickler(io.BytesIO(head), buffers=buffers).load()


def load_next(file: BinaryIO) -> Any:
    """Return what is pickled next in an open file, as `load` does."""
    return (pickle.load if _adopts else lambda one: _Unpickler(one).load())(file)


def adopts_classes() -> bool:
    """Return whether a class that comes by value replaces what was known of it here."""
    return _adopts


class _Unpickler(pickle.Unpickler):
    """Leaves alone classes that are known: cloudpickle would overwrite their methods and attributes."""

    def find_class(self, module: str, name: str) -> Any:
        """Return a class or function; two of cloudpickle's get our own in their place."""
        found = super().find_class(module, name)
        if module == "cloudpickle.cloudpickle":
            if name in ("_make_skeleton_class", "_make_skeleton_enum"):
                return partial(self._make, found, sys.modules[module])
            if name == "_class_setstate":
                return partial(self._set_state, found)
        return found

    def _make(self, make: Callable[..., Any], cloudpickle: Any, *args: Any) -> Any:
        known = getattr(cloudpickle, "_DYNAMIC_CLASS_TRACKER_BY_ID", {})
        is_known = any(isinstance(arg, str) and arg in known for arg in args)
        made = make(*args)
        if is_known:
            self._known = (*getattr(self, "_known", ()), made)
        return made

    def _set_state(self, set_state: Callable[[Any, Any], Any], made: Any, state: Any) -> Any:
        if any(made is known for known in getattr(self, "_known", ())):
            return made
        return set_state(made, state)


def pack(
    value: Any,
    *,
    in_band: bool = False,
    writable: bool = False,
    instead: Callable[[Any], Any] | None = None,
) -> Packed:
    """Pack a value without copying its large buffers, which must not change from now on.

    With `in_band` they are copied into the pickle. With `writable` the arrays of those who unpack the value
    can be written to, even where the ones here are read-only. What `instead` returns for an array is packed
    in its place, unless that is None. What plain pickle cannot do (functions and classes of the notebook,
    lambdas) cloudpickle does, by value. Whatever error pickling the value raises is passed on.
    """
    buffers: list[Any] = []
    read_only = False

    def belongs_in_band(buffer: pickle.PickleBuffer) -> bool:
        nonlocal read_only
        raw = buffer.raw()
        read_only |= raw.readonly
        if in_band or raw.nbytes < INLINE:
            return True
        buffers.append(raw)
        return False

    if instead is not None and "numpy" in sys.modules:
        return Packed(_dumps_instead(value, belongs_in_band, instead), buffers)
    try:
        head = pickle.dumps(value, 5, buffer_callback=belongs_in_band)
        complete = b"__main__" not in head
    except Exception:  # noqa: BLE001 - pickle raises what it likes; cloudpickle has the last word
        complete = False
    if not complete:
        buffers.clear()
        head = dumps_by_value(value, belongs_in_band)
    if writable and read_only:
        buffers.clear()
        head = _dumps_writable(value, belongs_in_band)
    return Packed(head, buffers)


def dumps_by_value(value: Any, buffer_callback: Callable[[pickle.PickleBuffer], Any] | None = None) -> bytes:
    """Return a pickle with what the notebook has defined in it: functions, classes, lambdas."""
    file = io.BytesIO()
    _pickler_by_value()(file, 5, buffer_callback=buffer_callback).dump(value)
    return file.getvalue()


@cache
def _pickler_by_value() -> Any:
    """Return a kind of pickler that packs a class as it is after its first instance was packed.

    Python notes then in the class that it has no slots, and what is packed before and after would differ.
    """
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, type):
                copyreg._slotnames(obj)  # type: ignore[attr-defined]
            return reduced_cached(obj) or with_slots(obj, super().reducer_override(obj))

    return Pickler


def _dumps_instead(
    value: Any, buffer_callback: Callable[[pickle.PickleBuffer], Any], instead: Callable[[Any], Any]
) -> bytes:
    import numpy as np

    class Pickler(_pickler_by_value()):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            if type(obj) is np.ndarray:
                other = instead(obj)
                return NotImplemented if other is None else other.__reduce__()
            return super().reducer_override(obj)

    file = io.BytesIO()
    Pickler(file, 5, buffer_callback=buffer_callback).dump(value)
    return file.getvalue()


def _dumps_writable(value: Any, buffer_callback: Callable[[pickle.PickleBuffer], Any]) -> bytes:
    """Return a pickle with copies of read-only arrays: it would make them read-only for ever."""
    import numpy as np

    class Pickler(_pickler_by_value()):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, np.ndarray) and not obj.flags.writeable:
                return obj.copy().__reduce_ex__(5)
            return super().reducer_override(obj)

    file = io.BytesIO()
    Pickler(file, 5, buffer_callback=buffer_callback).dump(value)
    return file.getvalue()
