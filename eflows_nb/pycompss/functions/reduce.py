"""Reductions as trees of tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["mergeReduce", "merge_n_reduce", "merge_reduce", "simpleReduce", "simple_reduce"]


def merge_reduce(function: Callable[[Any, Any], Any], data: Iterable[Any]) -> Any:
    """Return the reduction of data by a function of two, as a balanced tree; None of nothing."""
    left = deque(data)
    while len(left) > 1:
        left.append(function(left.popleft(), left.popleft()))
    return left[0] if left else None


def merge_n_reduce(function: Callable[..., Any], arity: int, data: Iterable[Any]) -> Any:
    """Return the reduction of data by a function of up to `arity` values."""
    left = deque(data)
    while len(left) > 1:
        left.append(function(*(left.popleft() for _ in range(min(arity, len(left))))))
    return left[0] if left else None


def simple_reduce(function: Callable[[Any, Any], Any], data: Iterable[Any]) -> Any:
    """Return the reduction of data by a function of two, one after the other."""
    items = iter(data)
    result = next(items, None)
    for item in items:
        result = function(result, item)
    return result


mergeReduce = merge_reduce  # noqa: N816
simpleReduce = simple_reduce  # noqa: N816
