"""Which partition a key belongs to: the same in every process."""

from __future__ import annotations

import zlib
from dataclasses import fields, is_dataclass
from enum import Enum
from numbers import Number
from typing import Any

from eflows_nb.errors import EflowsError

__all__ = ["default_hash"]


def default_hash(key: Any) -> int:
    """Return a number that is the same for equal keys, on every engine.

    Python's own `hash` of a text is another one in each process, and would send equal keys to several places.

    Raises
    ------
    EflowsError
        For a key of another kind.
    """
    if key is None:
        return 0
    if isinstance(key, str):
        return zlib.crc32(key.encode("utf-8", "surrogatepass"))
    if isinstance(key, bytes):
        return zlib.crc32(key)
    if isinstance(key, Enum):
        return default_hash(key.name)
    if isinstance(key, Number):
        return hash(key)
    if isinstance(key, tuple):
        return _mix([default_hash(item) for item in key])
    if isinstance(key, frozenset):
        return _mix(sorted(default_hash(item) for item in key))
    if is_dataclass(key) and not isinstance(key, type):
        return _mix([default_hash(getattr(key, field.name)) for field in fields(key)])
    raise EflowsError(
        f"A {type(key).__name__} as a key has no number that is the same on every engine. Use numbers, "
        "texts, bytes, and tuples, frozensets and dataclasses of them, or give partitioner_func=."
    )


def _mix(numbers: list[int]) -> int:
    return zlib.crc32(repr(numbers).encode())
