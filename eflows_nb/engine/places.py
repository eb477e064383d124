"""Places of arguments: what is there now, and whether a collection has the same places as before."""

from __future__ import annotations

from typing import Any

from eflows_nb.engine import kept_files
from eflows_nb.engine.messages import FILE, ITEM, Outputs, Place

__all__ = ["refuse_other_shapes", "shapes", "value_at"]


def value_at(place: Place, args: Any, kwargs: Any) -> Any:
    """Return what is at a place of the arguments now, or of what was saved of them."""
    if type(args) is dict:
        return args[place]
    if type(place) is int:
        return args[place]
    if type(place) is str:
        return kwargs[place]
    if not place:
        return None
    start, *way = place  # type: ignore[misc, str-unpack]
    if start == FILE:
        return kept_files.stamp(way[0])
    value = value_at(start, args, kwargs)
    for step in way:
        if type(step) is tuple and step[0] == ITEM:
            value = list(value.values())
            step = step[1]
        value = value[step]
    return value


def shapes(outputs: Outputs, args: Any, kwargs: Any) -> tuple[Any, ...]:
    """Return the keys of each dict whose items a task writes, the length of each list."""
    return tuple(_shape(value_at(place, args, kwargs)) for place, _ in outputs.collections)


def refuse_other_shapes(before: tuple[Any, ...], outputs: Outputs, args: Any, kwargs: Any) -> None:
    """Refuse what a task has made of a collection when it has other places than before.

    The client knows the items of before only; another one would be lost.

    Raises
    ------
    TypeError
        When items were added or removed.
    """
    for shape, (place, name) in zip(before, outputs.collections, strict=True):
        found = _shape(value_at(place, args, kwargs))
        if found == shape:
            continue
        is_dict = isinstance(shape, list)
        told = f"keys {found!r:.60} in the place of {shape!r:.60}" if is_dict else f"{found} items of {shape}"
        raise TypeError(
            f"The task function made {told} in '{name}'. It writes to the items of this collection, which "
            "have versions of their own: they can be replaced, but not added or removed. Return what is new, "
            "or declare the parameter INOUT, as one object."
        )


def _shape(items: Any) -> Any:
    if isinstance(items, dict):
        return list(items)
    return len(items) if hasattr(items, "__len__") else None
