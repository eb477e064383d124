"""The tasks of data sets: partitions are computed, split, merged and written by them."""

from __future__ import annotations

import functools
import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import cloudpickle

from eflows_nb.pycompss.api.task import task
from eflows_nb.pycompss.dds.sources import Source

__all__ = ["Step", "compute", "count_items", "merge", "merge_counts", "sample", "split", "spread", "write"]

Step = Callable[[Iterable[Any]], Iterable[Any]]
"""What is done to the items of a partition, all at once."""


def _items(source: Any, steps: Sequence[Step]) -> Iterable[Any]:
    items = source.read() if isinstance(source, Source) else source
    for step in steps:
        items = step(items)
    return items


@task(returns=1)
def compute(source: Any, steps: Sequence[Step]) -> list[Any]:
    """Return the items of a partition after these steps."""
    return list(_items(source, steps))


@task(returns=1)
def merge(function: Callable[[Any, Any], Any], parts: Sequence[list[Any]]) -> list[Any]:
    """Return what a function of two makes of all items of some lists, as a list of one, or of none."""
    items = [item for part in parts for item in part]
    return [functools.reduce(function, items)] if items else []


@task(returns=1)
def split(source: Any, steps: Sequence[Step], place: Callable[[Any], int], number: int) -> list[list[Any]]:
    """Return the pairs of a partition in so many lists, by the place of their keys."""
    lists: list[list[Any]] = [[] for _ in range(number)]
    for pair in _items(source, steps):
        lists[place(pair[0]) % number].append(pair)
    return lists if number > 1 else lists[0]


@task(returns=1)
def count_items(source: Any, steps: Sequence[Step]) -> dict[Any, int]:
    """Return how often each item is in a partition."""
    return dict(Counter(_items(source, steps)))


@task(returns=1)
def merge_counts(parts: Sequence[dict[Any, int]]) -> dict[Any, int]:
    """Return the sums of such counts."""
    total: Counter[Any] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)


@task(returns=1)
def spread(counts: dict[Any, int], number: int, place: int) -> list[Any]:
    """Return every so-manieth pair of a dictionary."""
    return list(counts.items())[place::number]


@task(returns=1)
def sample(source: Any, steps: Sequence[Step], number: int, key: Callable[[Any], Any]) -> list[Any]:
    """Return the keys of so many pairs of a partition, evenly over it."""
    pairs = list(_items(source, steps))
    stride = max(len(pairs) // number, 1)
    return [key(pair[0]) for pair in pairs[::stride]]


@task(returns=1)
def write(source: Any, steps: Sequence[Step], path: str, pickled: bool) -> str:
    """Write a partition into a file, as text a line for each item or as a pickle; return its path."""
    items = list(_items(source, steps))
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    if pickled:
        file.write_bytes(cloudpickle.dumps(items, pickle.HIGHEST_PROTOCOL))
    else:
        file.write_text("".join(f"{item}\n" for item in items))
    return path
