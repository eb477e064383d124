"""The data of an engine by number, and the function by which the arguments of a task refer to them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
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

    __slots__ = ("_data", "_in_memory", "_limit", "_size", "_small")

    def __init__(self, limit: int = sys.maxsize) -> None:
        self._data: dict[int, Any] = {}
        self._small: list[list[int]] = []
        self._limit = limit
        self._in_memory: dict[int, int] = {}
        self._size = 0

    def __contains__(self, datum: int) -> bool:
        return datum in self._data

    def __getitem__(self, datum: int) -> Any:
        return self._data[datum]

    def __len__(self) -> int:
        return len(self._data)

    def keep(self, datum: int, value: Packed) -> None:
        """Hold a large result until it is dropped."""
        self.drop([datum])  # a task may run again for another of its results
        self._data[datum] = value
        self._in_memory[datum] = value.size
        self._size += value.size
        while self._size > self._limit and len(self._in_memory) > 1:
            oldest = next(iter(self._in_memory))
            try:
                self._data[oldest] = spilled(self._data[oldest])
            except OSError:  # no room there either: it stays in memory, and the next one tries again
                return
            self._size -= self._in_memory.pop(oldest)

    def keep_mapped(self, datum: int, value: Packed) -> None:
        """Hold a value whose buffers are mapped, until it is dropped."""
        self._data[datum] = value

    def keep_for_batch(self, datum: int, value: Any) -> None:
        """Hold a small value until the batches that may read it have run."""
        self._data[datum] = value
        self._small[-1].append(datum)

    def begin_batch(self, keep: int) -> None:
        """Forget the small values of all but the last `keep` batches, and begin another one."""
        while len(self._small) > keep:
            self.drop(self._small.pop(0))
        self._small.append([])

    def drop(self, data: list[int]) -> None:
        """Forget data; those that are not here are none of our business."""
        for datum in data:
            self._data.pop(datum, None)
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
    if type(payload) is tuple:
        return payload, {}
    if type(payload) is list:
        *args, places = payload
        fetched: dict[int, Any] = {}
        for place in places:
            datum = args[place]
            if datum not in fetched:  # one argument twice is one object
                fetched[datum] = fetch(datum)
            args[place] = fetched[datum]
        return args, {}
    return load(payload)  # type: ignore[arg-type, no-any-return]  # type() does not narrow what is left


def fetch(datum: int) -> Any:
    """Return the value of a datum; pickled arguments call this where they refer to one."""
    try:
        value = _active[datum]
    except KeyError:
        raise MissingDatumError(datum) from None
    return value.value() if type(value) is Packed else value


def fetch_writable(datum: int) -> Any:
    """Return a copy of a datum that the task may write to."""
    try:
        value = _active[datum]
    except KeyError:
        raise MissingDatumError(datum) from None
    return value.writable_value() if type(value) is Packed else value
