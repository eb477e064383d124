"""Plain containers: what is found in lists, tuples, dicts, sets and dataclasses, and how it is replaced."""

from __future__ import annotations

import copy
import dataclasses
import sys
from collections import deque
from collections.abc import Callable, Collection
from typing import Any

from eflows_nb.engine.packing import SCALARS
from eflows_nb.tasks.data import Datum

__all__ = ["collect", "replace"]


def collect(value: Any, datum_of: Callable[[Any], Datum | None], found: list[Datum]) -> None:
    """Add to `found` the data that a value, or what it contains, stands for.

    Parameters
    ----------
    datum_of
        Returns what an object stands for, None when it stands for itself.
    """
    _collect(value, datum_of, found, set())


def _collect(value: Any, datum_of: Callable[[Any], Datum | None], found: list[Datum], seen: set[int]) -> None:
    if type(value) in SCALARS:
        return
    datum = datum_of(value)
    if datum is not None:
        found.append(datum)
        return
    items = _items(value)
    if items and id(value) not in seen:
        seen.add(id(value))
        for item in items:
            _collect(item, datum_of, found, seen)


def _items(value: Any) -> Collection[Any]:
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, _UNORDERED):
        return list(value)
    if isinstance(value, dict):
        return value.values()
    if _is_array_of_objects(value):
        return value.ravel().tolist()  # type: ignore[no-any-return]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, name) for name in _fields(value)]
    return ()


_VIEWS: tuple[type[Collection[Any]], ...] = (type({}.keys()), type({}.values()), type({}.items()))
_UNORDERED: tuple[type[Collection[Any]], ...] = (set, frozenset, deque, *_VIEWS)


def _set_of(kind: Any, items: list[Any]) -> Any:
    try:
        return kind(items)
    except TypeError as error:
        raise TypeError(
            f"The results of the futures in a {kind.__name__} cannot be in one themselves: {error}. "
            "Put the futures into a list."
        ) from error


def _is_array_of_objects(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray) and value.dtype == object


def _fields(record: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(record) if hasattr(record, field.name)]


def replace(value: Any, datum_of: Callable[[Any], Datum | None], bring: Callable[[Any, Datum], Any]) -> Any:
    """Return a value with something else in the place of all that stands for a datum.

    What holds nothing of the kind is returned as it is, and a container that does is copied: once, wherever
    it is. One that contains itself is the old one there.

    Parameters
    ----------
    bring
        Returns what takes the place of an object that stands for a datum.
    """
    return _replace(value, datum_of, bring, {})


def _replace(
    value: Any,
    datum_of: Callable[[Any], Datum | None],
    bring: Callable[[Any, Datum], Any],
    made: dict[int, Any],
) -> Any:
    if type(value) in SCALARS:
        return value
    datum = datum_of(value)
    if datum is not None:
        return bring(value, datum)
    old = _items(value)
    if not old:
        return value
    if id(value) in made:
        return made[id(value)]
    made[id(value)] = value
    new = [_replace(item, datum_of, bring, made) for item in old]
    if any(a is not b for a, b in zip(old, new, strict=True)):
        made[id(value)] = _rebuild(value, new)
    return made[id(value)]


def _rebuild(value: Any, items: list[Any]) -> Any:
    """Return a container of the same class with other items."""
    kind = type(value)
    if kind is list:
        return items
    if kind is dict:
        return dict(zip(value, items, strict=True))
    if isinstance(value, _VIEWS):
        return items
    if isinstance(value, deque):
        return kind(items, value.maxlen)
    if isinstance(value, (set, frozenset)):
        return _set_of(kind, items)
    if isinstance(value, tuple):
        return tuple.__new__(kind, items)
    made = copy.copy(value)
    if _is_array_of_objects(value):
        for place, item in enumerate(items):
            made.flat[place] = item
        return made
    if isinstance(value, list):
        list.__setitem__(made, slice(None), items)
    elif isinstance(value, dict):
        dict.update(made, zip(value, items, strict=True))  # that of a Counter would count
    else:
        for name, item in zip(_fields(value), items, strict=True):
            object.__setattr__(made, name, item)
    return made
