"""A function over many items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eflows_nb.pycompss.waiting import wait_for

__all__ = ["map"]


def map(function: Callable[..., Any], *iterables: Any, chunksize: int | None = None) -> list[Any]:
    """Return what a function gives for each item, in order; tasks are all called before one is waited for.

    Parameters
    ----------
    function
        A task function, or a plain one.
    iterables
        What it is called with, an item of each.
    chunksize
        How many items a call gets, as one list; None for one item as it is. It may also come last among the
        positional arguments.
    """
    if len(iterables) > 1 and (iterables[-1] is None or isinstance(iterables[-1], int)):
        *iterables, chunksize = iterables  # type: ignore[assignment]
    columns = [list(one) for one in iterables]
    if chunksize:
        columns = [[one[at : at + chunksize] for at in range(0, len(one), chunksize)] for one in columns]
    return list(wait_for([function(*items) for items in zip(*columns, strict=False)]))
