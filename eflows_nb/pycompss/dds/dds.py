"""``DDS``: a data set in partitions, and what is done with pairs of key and value."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Self

from eflows_nb.pycompss.dds.items import Items
from eflows_nb.pycompss.dds.keys import default_hash
from eflows_nb.pycompss.dds.partitions import Partition, Partitions
from eflows_nb.pycompss.dds.tasks import sample, split
from eflows_nb.pycompss.waiting import wait_for

__all__ = ["DDS"]

_SAMPLES = 20


class DDS(Items):
    """A distributed data set: each partition is computed by a task, when its items are asked for.

    Examples
    --------
    >>> from eflows_nb.pycompss.dds import DDS
    >>> words = DDS().load(["to be", "or not", "to be"]).flat_map(str.split)
    >>> sorted(words.map(lambda word: (word, 1)).reduce_by_key(lambda a, b: a + b).collect())
    [('be', 2), ('not', 1), ('or', 1), ('to', 2)]
    """

    def keys(self) -> Self:
        """Return a data set of the keys."""
        return self.map(_key)

    def values(self) -> Self:
        """Return a data set of the values."""
        return self.map(_value)

    def collect_as_dict(self) -> dict[Any, Any]:
        """Return all pairs as a dict."""
        return dict(self.collect())

    def map_values(self, func: Callable[[Any], Any]) -> Self:
        """Return a data set of pairs with what a function makes of each value.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load([("a", 1), ("b", 1)]).map_values(lambda x: x + 1).collect()
        [('a', 2), ('b', 2)]
        """
        return self.map(partial(_map_value, func))

    def flatten_by_key(self, func: Callable[[Any], Iterable[Any]]) -> Self:
        """Return a data set with a pair for each thing that a function makes of a value.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load([("a", [1, 2]), ("b", [1])]).flatten_by_key(lambda x: x).collect()
        [('a', 1), ('a', 2), ('b', 1)]
        """
        return self.flat_map(partial(_flatten, func))

    def partition_by(
        self, partitioner_func: Callable[[Any], int] = default_hash, num_of_partitions: int = -1
    ) -> Self:
        """Return a data set of the same pairs, those of equal keys in one partition.

        Parameters
        ----------
        partitioner_func
            Gives a number for a key; what is left of it when divided by the number of partitions counts.
        num_of_partitions
            -1 for as many as there are.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> pairs = DDS().load(range(6)).map(lambda x: (x, x))
        >>> pairs.partition_by(num_of_partitions=3).collect(True)
        [[(0, 0), (3, 3)], [(1, 1), (4, 4)], [(2, 2), (5, 5)]]
        """
        number = self.num_of_partitions() if num_of_partitions == -1 else num_of_partitions
        rows = [
            split(part.source, part.steps, partitioner_func, number, returns=number)
            for part in self.partitions
        ]
        rows = rows if number > 1 else [[row] for row in rows]
        return self._of(
            Partition(source=[row[place] for row in rows], steps=(_chain,)) for place in range(number)
        )

    def combine_by_key(
        self,
        creator_func: Callable[[Any], Any],
        combiner_func: Callable[[Any, Any], Any],
        merger_function: Callable[[Any, Any], Any],
        total_parts: int = -1,
    ) -> Self:
        """Return a data set with one pair for each key.

        Parameters
        ----------
        creator_func
            Makes of the first value of a key in a partition what is combined.
        combiner_func
            Adds another value of that partition to it.
        merger_function
            Makes one of two such, of different partitions.
        total_parts
            Number of partitions of the result, -1 for as many as there are.
        """
        locally = self.map_partitions(partial(_combine, creator_func, combiner_func))
        moved = locally.partition_by(num_of_partitions=total_parts)
        return moved.map_partitions(partial(_combine, _same, merger_function))

    def reduce_by_key(self, func: Callable[[Any, Any], Any]) -> Self:
        """Return a data set with what a function of two makes of all values of each key."""
        return self.combine_by_key(_same, func, func)

    def group_by_key(self, num_of_parts: int = -1) -> Self:
        """Return a data set with the list of all values of each key.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> sorted(DDS().load([("a", 1), ("b", 2), ("a", 3)]).group_by_key().collect())
        [('a', [1, 3]), ('b', [2])]
        """
        return self.combine_by_key(_start, _add, _join, total_parts=num_of_parts)

    def count_by_key(self, as_dict: bool = False) -> Any:
        """Return how many values each key has, as a data set of pairs or as a dict."""
        return self.keys().count_by_value(as_dict=as_dict)

    def distinct(self) -> Self:
        """Return a data set with each item once."""
        return self.map(_as_key).reduce_by_key(_first).keys()

    def join(self, other: Partitions, num_of_partitions: int = -1) -> Self:
        """Return a data set with a pair of values for each two of the same key.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> x, y = DDS().load([("a", 1), ("b", 3)]), DDS().load([("a", 2), ("b", 4)])
        >>> sorted(x.join(y).collect())
        [('a', (1, 2)), ('b', (3, 4))]
        """
        number = self.num_of_partitions() if num_of_partitions == -1 else num_of_partitions
        left = self.map_values(partial(_mark, 0))
        right = self._of(other.partitions).map_values(partial(_mark, 1))
        return left.union(right).group_by_key(num_of_parts=number).flatten_by_key(_match)

    def sort_by_key(
        self,
        ascending: bool = True,
        num_of_parts: int | None = None,
        key_func: Callable[[Any], Any] | None = None,
    ) -> Self:
        """Return a data set of the same pairs in the order of their keys.

        Parameters
        ----------
        num_of_parts
            Number of partitions, of about the same size by some samples; None for as many as there are.
        key_func
            Makes of a key what decides on the order.
        """
        key = _same if key_func is None else key_func
        number = self.num_of_partitions() if num_of_parts is None else num_of_parts
        computed = type(self)().load(self.collect(future_objects=True), -1)
        samples = wait_for([sample(one.source, one.steps, _SAMPLES, key) for one in computed.partitions])
        keys = sorted(one for some in samples for one in some)
        bounds = [keys[len(keys) * place // number] for place in range(1, number)] if keys else []
        moved = computed.partition_by(partial(_place, bounds, key, ascending), number)
        return moved.map_partitions(partial(_sort, key, ascending))


def _same(value: Any) -> Any:
    return value


def _key(pair: Any) -> Any:
    return pair[0]


def _value(pair: Any) -> Any:
    return pair[1]


def _as_key(item: Any) -> tuple[Any, None]:
    return item, None


def _first(one: Any, _: Any) -> Any:
    return one


def _mark(side: int, value: Any) -> tuple[int, Any]:
    return side, value


def _match(marked: list[tuple[int, Any]]) -> list[tuple[Any, Any]]:
    left, right = ([value for side, value in marked if side == place] for place in (0, 1))
    return [(one, other) for one in left for other in right]


def _map_value(func: Callable[[Any], Any], pair: Any) -> tuple[Any, Any]:
    return pair[0], func(pair[1])


def _flatten(func: Callable[[Any], Iterable[Any]], pair: Any) -> Iterator[tuple[Any, Any]]:
    return ((pair[0], one) for one in func(pair[1]))


def _chain(parts: Iterable[Iterable[Any]]) -> Iterator[Any]:
    return (item for part in parts for item in part)


def _combine(
    create: Callable[[Any], Any], combine: Callable[[Any, Any], Any], pairs: Iterable[Any]
) -> Iterable[tuple[Any, Any]]:
    found: dict[Any, Any] = {}
    for key, value in pairs:
        found[key] = combine(found[key], value) if key in found else create(value)
    return found.items()


def _start(value: Any) -> list[Any]:
    return [value]


def _add(values: list[Any], value: Any) -> list[Any]:
    values.append(value)
    return values


def _join(values: list[Any], more: list[Any]) -> list[Any]:
    values.extend(more)
    return values


def _place(bounds: list[Any], key: Callable[[Any], Any], ascending: bool, given: Any) -> int:
    place = bisect.bisect_left(bounds, key(given))
    return place if ascending else len(bounds) - place


def _sort(key: Callable[[Any], Any], ascending: bool, pairs: Iterable[Any]) -> list[Any]:
    return sorted(pairs, key=lambda pair: key(pair[0]), reverse=not ascending)
