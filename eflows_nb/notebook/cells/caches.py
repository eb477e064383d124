"""Which attributes of objects are caches: to compute them when they are first read is no change."""

from __future__ import annotations

import dis
import functools
import re
import types
from collections.abc import Iterator
from typing import Any

__all__ = ["computed_names", "is_blank", "is_cache"]

_CACHE = re.compile(r"cache|memo|lazy", re.IGNORECASE)
_READERS = frozenset(
    f"__{name}__" for name in ("repr", "str", "len", "iter", "contains", "getitem", "getattr", "hash", "eq")
)
_MAKERS = frozenset(["__init__", "__new__", "__setstate__", "__post_init__"])


def is_cache(name: Any) -> bool:
    """Return whether an attribute or variable is a cache by its name, such as ``_cache`` or ``memo``."""
    return isinstance(name, str) and _CACHE.search(name) is not None


def is_blank(value: Any) -> bool:
    """Return whether an attribute holds nothing, as many do until they are first needed."""
    return value is None or (isinstance(value, (dict, list, set, tuple)) and not value)


@functools.cache
def computed_names(kind: type) -> frozenset[str]:
    """Return the attributes that a class computes when they are first read.

    Those are cached properties, and private attributes that only properties and methods such as ``__len__``
    bind, besides ``__init__``.
    """
    names: set[str] = set()
    bound: set[str] = set()
    for parent in kind.__mro__:
        for name, value in vars(parent).items():
            if isinstance(value, functools.cached_property):
                names.add(name)
            for function, reads in _functions(name, value):
                stored = {private for private in _stored(function.__code__) if private.startswith("_")}
                if reads:
                    names |= stored
                elif name not in _MAKERS:
                    bound |= stored
    return frozenset(names - bound)


def _functions(name: str, value: Any) -> Iterator[tuple[types.FunctionType, bool]]:
    """Yield the functions behind an attribute of a class, and whether calling them is reading."""
    if isinstance(value, types.FunctionType):
        yield value, name in _READERS
    elif isinstance(value, property):
        for function in (value.fget, value.fset, value.fdel):
            if isinstance(function, types.FunctionType):
                yield function, function is value.fget


@functools.lru_cache(maxsize=10_000)
def _stored(code: types.CodeType) -> frozenset[str]:
    return frozenset(step.argval for step in dis.get_instructions(code) if step.opname == "STORE_ATTR")
