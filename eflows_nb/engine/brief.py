"""What a value is in a few words, for those who do not have it: its type, its shape, its length."""

from __future__ import annotations

from typing import Any

__all__ = ["brief"]

_LIMIT = 120
_SHAPED = frozenset({"numpy", "pandas", "xarray"})


def brief(value: Any) -> str:
    """Return the type of a value and how large it is; nothing of a user's own classes is called.

    Examples
    --------
    >>> brief([1, 2, 3])
    'list, length 3'
    """
    kind = type(value)
    top = kind.__module__.partition(".")[0]
    name = kind.__qualname__ if top in ("builtins", "__main__") else f"{top}.{kind.__qualname__}"
    if kind in (list, tuple, dict, set, frozenset, str, bytes, bytearray):
        return f"{name}, length {len(value)}"
    if top in _SHAPED:
        shape, element = getattr(value, "shape", None), getattr(value, "dtype", None)
        if isinstance(shape, tuple):
            name += f", {'×'.join(map(str, shape))}{f' {element}' if element is not None else ''}"
    return name[:_LIMIT]
