"""A function over many items."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from typing import Any

from eflows_nb.pycompss.waiting import wait_for

__all__ = ["map"]


def map(function: Callable[..., Any], *iterables: Iterable[Any], chunksize: int | None = None) -> list[Any]:
    """Return what a function gives for each item, waited for when it is a task function."""
    return [wait_for(item) for item in builtins.map(function, *iterables)]
