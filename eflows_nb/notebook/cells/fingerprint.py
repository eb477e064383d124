"""Whether a value was changed in place: a fingerprint before and one after."""

from __future__ import annotations

import collections
import io
import pickle
import types
import weakref
import zlib
from collections.abc import Iterator
from enum import StrEnum
from itertools import repeat
from typing import Any

import cloudpickle

from eflows_nb.engine.packing import INLINE, SCALARS, is_cached_function
from eflows_nb.notebook.cells.caches import computed_names, is_blank, is_cache
from eflows_nb.notebook.cells.seen import seen

__all__ = ["Change", "Fingerprint", "is_of_notebook"]

_MUCH = 1 << 20
"""A pickle of more bytes is not written without sharing, which can take long."""


class Change(StrEnum):
    """What is known of a change of a value."""

    NONE = "none"
    """It holds what it held."""
    UNCLEAR = "unclear"
    """What it keeps for itself is not as it was: a change, or something computed on being read."""
    CERTAIN = "certain"
    """It holds something else."""


class Fingerprint:
    """What a value holds at one moment, as a user sees it.

    Values of well-known libraries are compared by what they show, others by their attributes; what is
    computed when it is first read is no change. Large buffers that cannot be written to are passed over.
    Functions and classes of the notebook stand for themselves.

    Parameters
    ----------
    before
        The fingerprint to compare with.
    """

    __slots__ = ("_buffers", "_filled", "_head", "_late", "_lazy", "met")

    def __init__(self, value: Any, before: Fingerprint | None = None) -> None:
        self._buffers = 0
        self._head: bytes | None = None
        self._filled: dict[int, frozenset[Any]] = {}
        self._lazy: set[int] = set() if before is None else before._lazy
        self._late = False
        self.met: dict[int, Any] = {}
        """Functions and classes of the notebook in the value, by identity."""
        if type(value) in SCALARS or isinstance(value, types.ModuleType):
            return
        if is_of_notebook(value):
            self.met[id(value)] = value
            return
        file = io.BytesIO()
        pickler = _Pickler(file, self._take)
        pickler.filled, pickler.lazy, pickler.met = self._filled, self._lazy, self.met
        pickler.before = before._filled if before is not None else {}
        try:
            pickler.dump(value)
        except Exception:  # noqa: BLE001 - what cannot be pickled cannot be compared
            return
        self._head = file.getvalue()
        self._late = pickler.late

    def change_in(self, value: Any) -> Change:
        """Return whether a value holds something else than when this was made of it."""
        if self._head is None:
            return Change.NONE
        now = Fingerprint(value, self)
        if now._head is None:
            return Change.UNCLEAR
        same = now._head == self._head or _are_equal(now._head, self._head)
        if now._buffers != self._buffers or not same:
            return Change.CERTAIN
        return Change.UNCLEAR if now._late else Change.NONE

    def _take(self, buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < INLINE:
            return True
        if not raw.readonly:
            self._buffers = zlib.crc32(raw, self._buffers)
        return False


def is_of_notebook(thing: Any) -> bool:
    """Return whether a thing is a function or class of the notebook."""
    if is_cached_function(thing):
        return True
    return isinstance(thing, (types.FunctionType, type)) and thing.__module__ == "__main__"


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles what a user sees of values, and notes what it meets."""

    def __init__(self, file: io.BytesIO, take: Any = None) -> None:
        super().__init__(file, 5, buffer_callback=take)
        self.filled: dict[int, frozenset[Any]] = {}
        self.before: dict[int, frozenset[Any]] = {}
        self.lazy: set[int] = set()
        self.met: dict[int, Any] = {}
        self.late = False

    def reducer_override(self, thing: Any) -> Any:
        """Let functions and classes of the notebook stand for themselves, and caches go."""
        if is_of_notebook(thing):
            self.met[id(thing)] = thing
            _themselves[id(thing)] = thing
            return _itself, (id(thing),)
        if isinstance(thing, (types.FunctionType, types.ModuleType, type)):
            return super().reducer_override(thing)
        kind: Any = type(thing)
        if kind in self.dispatch_table:
            return NotImplemented
        shown = seen(thing, self.lazy)
        if shown is not None:
            return _shown, (kind, shown)
        reduced = thing.__reduce_ex__(5)
        if not isinstance(reduced, tuple) or len(reduced) < 3:
            return NotImplemented
        make, args, state, *rest = reduced
        if isinstance(thing, collections.defaultdict):  # to read is to add an entry
            rest = [None, self._entries(thing)]
        return (make, args, self._told(thing, state), *rest)

    def _entries(self, thing: collections.defaultdict[Any, Any]) -> Iterator[tuple[Any, Any]]:
        """Yield the entries of a default dictionary without those that reading has added."""
        known = self.before.get(id(thing), frozenset(thing))
        self.filled[id(thing)] = frozenset(thing)
        for key, item in list(thing.items()):
            if key in known or not _is_default(item):
                yield key, item

    def _told(self, thing: Any, state: Any) -> Any:
        """Return the state of an object without what it has computed on being read."""
        if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
            return tuple(self._told(thing, part) for part in state)
        if not isinstance(state, dict):
            return state
        kind: Any = type(thing)
        computed = computed_names(kind)
        told = {name: value for name, value in state.items() if name not in computed and not is_cache(name)}
        private = {name for name in told if str(name).startswith("_") and not is_blank(told[name])}
        if id(thing) in self.before:
            late = private - self.before[id(thing)]
            self.late |= bool(late)
            private -= late
        self.filled[id(thing)] = self.filled.get(id(thing), frozenset()) | private
        return {name: value for name, value in told.items() if name in private or str(name)[:1] != "_"}


def _is_default(value: Any) -> bool:
    """Return whether a value is what a default dictionary adds when it is read."""
    if isinstance(value, collections.defaultdict):
        return all(map(_is_default, value.values()))
    try:
        return not value
    except Exception:  # noqa: BLE001 - an array has no truth, and others raise what they like
        return bool(hasattr(value, "any") and not value.any())


_themselves: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def _itself(number: int) -> Any:
    return _themselves[number]


def _shown(kind: type, parts: Any) -> Any:
    return kind, parts


def _are_equal(one: bytes, other: bytes) -> bool:
    """Return whether two pickles hold the same, however their equal parts share objects."""
    if _canonical(one) == _canonical(other):
        return True
    if max(len(one), len(other)) > _MUCH:
        return False
    return _canonical(one, shared=False) == _canonical(other, shared=False)


def _canonical(head: bytes, *, shared: bool = True) -> bytes:
    """Return a pickle of the same value without traces of which equal parts were one object.

    Parameters
    ----------
    shared
        Whether objects that are in several places of the value are written once only.
    """
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.fast = not shared
    try:
        pickler.dump(pickle.loads(head, buffers=repeat(bytearray())))
    except Exception:  # noqa: BLE001 - the value's own code runs here, and may refer to itself
        return head
    return file.getvalue()
