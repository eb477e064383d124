"""The items of a collection have versions of their own, at every depth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycompss.api.parameter import (
    COLLECTION_IN,
    COLLECTION_INOUT,
    COLLECTION_OUT,
    DICTIONARY_IN,
    DICTIONARY_INOUT,
    INOUT,
    Depth,
    Type,
)


def _increase(items: Any) -> None:
    for item in items:
        item += 1


def _place(rows: Any) -> None:
    for i, row in enumerate(rows):
        for j in range(len(row)):
            row[j] = np.full(2, 10 * i + j)


def _add_up(rows: Any) -> Any:
    return sum(int(item.sum()) for row in rows for item in row)


def test_a_collection_is_written_item_by_item(words: Any) -> None:
    """A later task may be given one of them alone, or in another collection."""
    increase = words.task(items=COLLECTION_INOUT)(_increase)
    items = [np.zeros(1), np.ones(1)]
    increase(items)
    increase([items[1]])

    assert [item.tolist() for item in words.wait_on(items)] == [[1], [3]]
    assert words.wait_on(items[1]).tolist() == [3]
    assert items[1].tolist() == [1]


def test_an_item_is_written_and_the_collection_read(words: Any) -> None:
    """The reader sees the newest version of each item, and the one before it the old ones."""

    def add(x: Any) -> None:
        x += 1

    read = words.task(rows={Type: COLLECTION_IN, Depth: 2}, returns=1)(_add_up)
    rows = [[np.zeros(1), np.zeros(1)]]
    before = read(rows)
    words.task(x=INOUT)(add)(rows[0][1])

    assert words.wait_on([before, read(rows)]) == [0, 1]


@pytest.mark.breaks_by("AttributeError")
def test_a_slot_that_is_reassigned_has_the_new_item(words: Any) -> None:
    """The slots of placeholders are filled; without a Depth on all levels."""
    rows = [[object(), object()], [object()]]
    words.task(rows=COLLECTION_OUT)(_place)(rows)

    assert words.wait_on(rows[0][1]).tolist() == [1, 1]
    assert words.wait_on(words.task(rows=COLLECTION_IN, returns=1)(_add_up)(rows)) == 22


@pytest.mark.breaks_by("AttributeError")
def test_items_may_be_futures(words: Any) -> None:
    """At any depth; whoever reads them waits for each."""
    make = words.task(returns=1)(np.ones)
    rows = [[make(1), make(2)], [make(3)]]

    read = words.task(rows={Type: COLLECTION_IN, Depth: 2}, returns=1)(_add_up)

    assert words.wait_on(read(rows)) == 6


@pytest.mark.breaks_by("AttributeError")
def test_an_array_of_objects_is_a_collection(words: Any) -> None:
    """And so is a slice of it."""
    rows = np.array([[object(), object()], [object(), object()]], dtype=object)
    words.task(rows={Type: COLLECTION_OUT, Depth: 2})(_place)(rows)

    assert words.wait_on(words.task(rows=COLLECTION_IN, returns=1)(_add_up)(rows[:, 1:])) == 24
    assert words.wait_on(rows)[1, 0].tolist() == [10, 10]


def test_the_values_of_a_dictionary_have_versions(words: Any) -> None:
    """Its keys stay as they are."""

    def double(table: dict[str, Any]) -> None:
        for key in table:
            table[key] = table[key] * 2

    def total(table: dict[str, Any]) -> Any:
        return sum(table.values())[0]

    table = {"a": np.ones(1), "b": np.ones(1)}
    words.task(table=DICTIONARY_INOUT)(double)(table)

    assert words.wait_on(words.task(table=DICTIONARY_IN, returns=1)(total)({"x": table["a"]})) == 2
    assert {key: value.tolist() for key, value in words.wait_on(table).items()} == {"a": [2], "b": [2]}
    assert table["a"].tolist() == [1]


@pytest.mark.holds_on_a_plain_pool("there is nothing in them that could have a version")
def test_a_collection_may_be_empty(words: Any) -> None:
    """For each direction."""

    def count(items: list[Any]) -> int:
        return len(items)

    for direction in (COLLECTION_IN, COLLECTION_INOUT, COLLECTION_OUT):
        assert words.wait_on(words.task(items=direction, returns=1)(count)([])) == 0


def test_the_same_item_may_be_in_a_collection_twice(words: Any) -> None:
    """It is one object, with one newest version."""

    def append(items: Any) -> None:
        items[0].append(1)

    x: list[int] = []
    words.task(items={Type: COLLECTION_INOUT, Depth: 1})(append)([x, [0]])
    both = [x, x]

    assert words.wait_on(both) == [[1], [1]]
    assert x == []
