"""Whether a value was changed in place: a fingerprint before and one after."""

from __future__ import annotations

import functools
import io
import pickle
import types
import zlib
from itertools import repeat
from typing import Any

import cloudpickle

from eflows_nb.engine.packing import INLINE, SCALARS

__all__ = ["Fingerprint"]


class Fingerprint:
    """What a value holds at one moment.

    Large buffers that cannot be written to are passed over, as are the functions and classes in a value.
    """

    __slots__ = ("_buffers", "_head")

    def __init__(self, value: Any) -> None:
        self._buffers = 0
        self._head: bytes | None = None
        if type(value) in SCALARS or isinstance(value, (types.ModuleType, types.FunctionType, type)):
            return
        file = io.BytesIO()
        pickler = _Pickler(file, 5, buffer_callback=self._take)
        try:
            pickler.dump(value)
        except Exception:  # noqa: BLE001 - what cannot be pickled cannot be compared
            return
        self._head = file.getvalue()

    def differs_from(self, value: Any) -> bool:
        """Return whether a value holds something else than the one that this was made of."""
        if self._head is None:
            return False
        now = Fingerprint(value)
        if now._head is None or now._buffers != self._buffers:
            return True
        return now._head != self._head and _canonical(now._head) != _canonical(self._head)

    def _take(self, buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < INLINE:
            return True
        if not raw.readonly:
            self._buffers = zlib.crc32(raw, self._buffers)
        return False


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    def reducer_override(self, thing: Any) -> Any:
        """Let functions and classes of the notebook stand for themselves."""
        if isinstance(thing, (types.FunctionType, type)) and thing.__module__ == "__main__":
            _themselves[id(thing)] = thing
            return _itself, (id(thing),)
        if isinstance(thing, (types.FunctionType, types.ModuleType, type)):
            return super().reducer_override(thing)
        kind: Any = type(thing)
        if kind in self.dispatch_table:
            return NotImplemented
        reduced = thing.__reduce_ex__(5)
        if not isinstance(reduced, tuple) or len(reduced) < 3:
            return NotImplemented
        make, args, state, *rest = reduced
        return (make, args, _told(state, _cached_names(kind)), *rest)


def _told(state: Any, cached: frozenset[str]) -> Any:
    """Return the state of an object without what it keeps for itself: what it has computed on being read.

    Private attributes that hold nothing are left out too, since many are made when they are first needed.
    """
    if isinstance(state, dict):
        return {
            name: value
            for name, value in state.items()
            if name not in cached and not (str(name).startswith("_") and _is_blank(value))
        }
    if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
        return tuple(_told(part, cached) for part in state)
    return state


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, (dict, list, set, tuple)) and not value)


@functools.cache
def _cached_names(kind: type) -> frozenset[str]:
    """Return the attributes that a class computes when they are first read: to read is not to change."""
    return frozenset(
        name
        for parent in kind.__mro__
        for name, value in vars(parent).items()
        if isinstance(value, functools.cached_property)
    )


_themselves: dict[int, Any] = {}


def _itself(number: int) -> Any:
    return _themselves[number]


def _canonical(head: bytes) -> bytes:
    """Return a pickle of the same value without traces of which equal parts were one object."""
    file = io.BytesIO()
    try:
        _Pickler(file, 5).dump(pickle.loads(head, buffers=repeat(bytearray())))
    except Exception:  # noqa: BLE001 - the value's own code runs here
        return head
    return file.getvalue()
