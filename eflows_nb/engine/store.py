"""The data of an engine by number, and the function by which the arguments of a task refer to them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from eflows_nb.engine.messages import Payload
from eflows_nb.engine.packing import Packed, load
from eflows_nb.engine.shared import spilled

__all__ = ["MissingDatumError", "Store", "activate", "arguments", "definition", "fetch", "fetch_writable"]


class MissingDatumError(Exception):
    """A task's argument refers to a datum that this engine does not hold."""


class Store:
    """The data that an engine holds: scalars as they are, everything else packed.

    Parameters
    ----------
    limit
        Bytes of large results that may be held in memory. Past it the oldest are moved to files that the
        operating system maps, and reads when they are needed.
    """

    __slots__ = ("_earlier", "_in_memory", "_large", "_limit", "_size", "small")

    def __init__(self, limit: int = sys.maxsize) -> None:
        self.small: dict[int, Any] = {}
        """Small values that the batch that runs has brought or made, by number."""
        self._earlier: tuple[dict[int, Any], ...] = ()  # those of batches before it, the latest first
        self._large: dict[int, Packed] = {}
        self._limit = limit
        self._in_memory: dict[int, int] = {}
        self._size = 0

    def __contains__(self, datum: int) -> bool:
        return any(datum in values for values in self._all)

    def __getitem__(self, datum: int) -> Any:
        for values in self._all:
            if datum in values:
                return values[datum]
        raise KeyError(datum)

    def __len__(self) -> int:
        return len({datum for values in self._all for datum in values})

    @property
    def _all(self) -> tuple[dict[int, Any], ...]:
        return self.small, self._large, *self._earlier

    def keep(self, datum: int, value: Packed) -> None:
        """Hold a large result until it is dropped."""
        self.drop([datum])  # a task may run again for another of its results
        self._large[datum] = value
        self._in_memory[datum] = value.size
        self._size += value.size
        while self._size > self._limit and len(self._in_memory) > 1:
            oldest = next(iter(self._in_memory))
            try:
                self._large[oldest] = spilled(self._large[oldest])
            except OSError:  # no room there either: it stays in memory, and the next one tries again
                return
            self._size -= self._in_memory.pop(oldest)

    def keep_mapped(self, datum: int, value: Packed) -> None:
        """Hold a value whose buffers are mapped, until it is dropped."""
        self._large[datum] = value

    def keep_for_batch(self, datum: int, value: Any) -> None:
        """Hold a small value until the batches that may read it have run."""
        self.small[datum] = value

    def begin_batch(self, keep: int) -> None:
        """Forget the small values of all but the last `keep` batches, and begin another one."""
        self._earlier = (self.small, *self._earlier)[:keep]  # anew: another thread may read it now
        self.small = {}

    def drop(self, data: Iterable[int]) -> None:
        """Forget data; those that are not here are none of our business."""
        for datum in data:
            for values in self._all:
                values.pop(datum, None)
            self._size -= self._in_memory.pop(datum, 0)


_active = Store()
_definitions: Mapping[int, Definition] = {}


class Definition(Protocol):
    """A class or function of the client."""

    def load(self) -> Any:
        """Return it; the same one each time."""


def activate(store: Store, definitions: Mapping[int, Definition]) -> None:
    """Let the arguments of the next tasks refer to this store, and to these definitions."""
    global _active, _definitions
    _active = store
    _definitions = definitions


def definition(number: int) -> Any:
    """Return a class or function of the notebook; pickled arguments call this where they refer to one."""
    return _definitions[number].load()


def arguments(payload: Payload) -> tuple[Sequence[Any], dict[str, Any]]:
    """Return the positional and the named arguments of a task.

    Raises
    ------
    MissingDatumError
        When one of them is not here.
    """
    if type(payload) is list:
        *args, places = payload
        small = _active.small
        unpacked: dict[int, Any] = {}
        for place in places:
            datum = args[place]
            value = small[datum] if datum in small else _held(datum)
            if type(value) is Packed:
                if datum not in unpacked:  # one argument twice is one object
                    unpacked[datum] = value.value()
                value = unpacked[datum]
            args[place] = value
        return args, {}
    if type(payload) is tuple:
        return payload, {}
    return load(payload)  # type: ignore[arg-type, no-any-return]  # type() does not narrow what is left


def _held(datum: int) -> Any:
    try:
        return _active[datum]
    except KeyError:
        raise MissingDatumError(datum) from None


def fetch(datum: int) -> Any:
    """Return the value of a datum; pickled arguments call this where they refer to one."""
    value = _held(datum)
    return value.value() if type(value) is Packed else value


def fetch_writable(datum: int) -> Any:
    """Return a copy of a datum that the task may write to."""
    value = _held(datum)
    return value.writable_value() if type(value) is Packed else value
