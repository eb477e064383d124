"""What is done with the items of a data set: mapped, filtered, reduced, counted, written."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

from eflows_nb.errors import EflowsError
from eflows_nb.pycompss.dds.partitions import Partitions
from eflows_nb.pycompss.dds.tasks import count_items, merge, merge_counts, spread, write
from eflows_nb.pycompss.waiting import wait_for

__all__ = ["Items"]

T = TypeVar("T")
_NOTHING = object()
_DIGITS = 5


class Items(Partitions):
    """A data set as a collection of items, in an order."""

    def map(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Return a data set with what a function makes of each item; it gets the other arguments, too.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load(range(4), 2).map(lambda x: x * 2).collect()
        [0, 2, 4, 6]
        """
        return self.map_partitions(partial(_map, func, args, kwargs))

    def flat_map(self, func: Callable[..., Iterable[Any]], *args: Any, **kwargs: Any) -> Self:
        """Return a data set with all that a function makes of each item.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load([2, 3, 4]).flat_map(lambda x: range(1, x)).collect()
        [1, 1, 2, 1, 2, 3]
        """
        return self.map_partitions(partial(_flat_map, func, args, kwargs))

    def filter(self, func: Callable[[Any], Any]) -> Self:
        """Return a data set with the items for which a function is true.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load(range(10), 5).filter(lambda x: x % 2).collect()
        [1, 3, 5, 7, 9]
        """
        return self.map_partitions(partial(_filter, func))

    def key_by(self, func: Callable[[Any], Any]) -> Self:
        """Return a data set of pairs: what a function makes of each item, and the item.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load(range(2)).key_by(str).collect()
        [('0', 0), ('1', 1)]
        """
        return self.map(partial(_with_key, func))

    def reduce(self, func: Callable[[Any, Any], Any], initial: Any = _NOTHING, arity: int = -1) -> Any:
        """Return what a function of two makes of all items, in their order.

        Parameters
        ----------
        func
            Must be associative: partitions are reduced first, and then their results.
        initial
            Comes before the first item.
        arity
            How many results a task reduces at most; -1 for all of them.

        Raises
        ------
        EflowsError
            When there is no item and no `initial`, or for an `arity` of 1 or 0.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load(range(10), 5).reduce(lambda a, b: a + b, 100)
        145
        """
        first = [] if initial is _NOTHING else [[initial]]
        locally = self.map_partitions(partial(_reduce, func)).collect(future_objects=True)
        found = wait_for(_tree(partial(merge, func), [*first, *locally], arity))
        if not found:
            raise EflowsError("An empty data set cannot be reduced. Give initial=….")
        return found[0]

    def sum(self) -> Any:
        """Return the sum of all items.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load(range(3), 2).sum()
        3
        """
        return sum(self.map_partitions(_sum).collect())

    def count(self) -> int:
        """Return the number of items.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load("abc", 2).count()
        3
        """
        return sum(self.map_partitions(_length).collect())

    def count_by_value(self, arity: int = 2, as_dict: bool = True, as_fo: bool = False) -> Any:
        """Return how often each item is there.

        Parameters
        ----------
        arity
            How many partial counts a task adds at most.
        as_dict
            Whether it is a dict, or else a data set of pairs.
        as_fo
            Whether it is the future of a dict.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load("abca", 2).count_by_value()
        {'a': 2, 'b': 1, 'c': 1}
        """
        locally = [count_items(partition.source, partition.steps) for partition in self.partitions]
        total = _tree(merge_counts, locally, arity) if locally else {}
        if as_dict:
            return total if as_fo else wait_for(total)
        number = self.num_of_partitions()
        return type(self)().load([spread(total, number, place) for place in range(number)], -1)

    def foreach(self, func: Callable[[Any], Any]) -> None:
        """Call a function for each item, and wait until that is done."""
        self.map_partitions(partial(_call, func)).collect()

    def save_as_text_file(self, path: str) -> None:
        """Write each partition into a file of the folder `path`, a line for each item."""
        self._save(path, pickled=False)

    def save_as_pickle(self, path: str) -> None:
        """Write each partition into a file of the folder `path`, for `load_pickle_files`."""
        self._save(path, pickled=True)

    def _save(self, folder: str, *, pickled: bool) -> None:
        names = [str(Path(folder).absolute() / str(n).zfill(_DIGITS)) for n in range(len(self.partitions))]
        wait_for(
            [
                write(part.source, part.steps, name, pickled)
                for part, name in zip(self.partitions, names, strict=True)
            ]
        )


def _tree(join: Callable[[list[Any]], T], parts: list[Any], arity: int) -> Any:
    """Return what is left when neighbours are joined, `arity` at a time."""
    arity = max(len(parts), 2) if arity == -1 else arity
    if arity < 2:
        raise EflowsError(f"Partitions cannot be reduced with arity={arity}. Give 2 or more, or -1 for all.")
    while len(parts) > 1:
        groups = [parts[start : start + arity] for start in range(0, len(parts), arity)]
        parts = [join(group) if len(group) > 1 else group[0] for group in groups]
    return parts[0] if parts else []


def _map(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], items: Iterable[Any]
) -> Iterator[Any]:
    return (func(item, *args, **kwargs) for item in items)


def _flat_map(
    func: Callable[..., Iterable[Any]], args: tuple[Any, ...], kwargs: dict[str, Any], items: Iterable[Any]
) -> Iterator[Any]:
    return (one for item in items for one in func(item, *args, **kwargs))


def _filter(func: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    return (item for item in items if func(item))


def _with_key(func: Callable[[Any], Any], item: Any) -> tuple[Any, Any]:
    return func(item), item


def _sum(items: Iterable[Any]) -> list[Any]:
    return [sum(items)]


def _length(items: Iterable[Any]) -> list[int]:
    return [sum(1 for _ in items)]


def _reduce(func: Callable[[Any, Any], Any], items: Iterable[Any]) -> list[Any]:
    items = iter(items)
    return [functools.reduce(func, items, first) for first in islice(items, 1)]


def _call(func: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    for item in items:
        func(item)
    return []
