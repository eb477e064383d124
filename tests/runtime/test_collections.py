"""Collections as arguments: each item has versions of its own."""

from __future__ import annotations

import copy
import gc
import weakref
from typing import Any

import numpy as np
import pytest

import eflows_nb as ef


@ef.task(items=ef.COLLECTION_INOUT)
def increase(items: list[Any]) -> None:
    """Put something else in each slot."""
    for place, item in enumerate(items):
        items[place] = item + 1


@ef.task(items=ef.COLLECTION_IN)
def add_up(items: list[Any]) -> Any:
    """Return the sum."""
    return sum(items)


@ef.task(rows=ef.COLLECTION_OUT.of_depth(2))
def fill(rows: list[list[Any]]) -> None:
    """Put its place in each slot."""
    for i, row in enumerate(rows):
        for j in range(len(row)):
            row[j] = [i, j]


@ef.task(table=ef.DICTIONARY_INOUT)
def double(table: dict[str, Any]) -> None:
    """Double each value."""
    for key in table:
        table[key] = table[key] * 2


def test_items_have_versions_of_their_own() -> None:
    """A later task may read one of them alone, and sees what the earlier ones made of it."""
    items = [np.zeros(2), np.ones(2)]
    increase(items)
    increase(items)

    assert ef.wait_on(add_up([items[1], items[1]])).tolist() == [6, 6]
    assert items[0].tolist() == [0, 0], "the caller's own arrays are left alone"
    assert [item.tolist() for item in ef.wait_on(items)] == [[2, 2], [3, 3]]


def test_a_collection_that_was_written_as_one_is_one() -> None:
    """Its items are in its newest version; when all are written anew they have versions of their own."""

    @ef.task(x=ef.INOUT)
    def append(x: list[int]) -> None:
        x.append(1)

    @ef.task(rows=ef.COLLECTION_INOUT.of_depth(2))
    def grow(rows: list[list[int]]) -> None:
        for row in rows:
            row[0] += 10

    @ef.task(rows=ef.COLLECTION_IN.of_depth(2))
    def total(rows: list[list[int]]) -> int:
        return sum(sum(row) for row in rows)

    x, y = [5], [[[5]]]
    append(x)
    assert ef.wait_on(total([x, [2]])) == 8
    grow([x, [2]])
    assert ef.wait_on(x) == [15, 1]
    append(y)
    fill(y)
    assert ef.wait_on(y) == [[[0, 0]]]


@pytest.mark.parametrize(
    ("direction", "given"),
    [
        (ef.COLLECTION_INOUT.of_depth(2), [[1.5, 1000], [2]]),
        (ef.COLLECTION_INOUT, [1.5, 1000]),
        (ef.COLLECTION_OUT, [None, None]),
        (ef.COLLECTION_INOUT, np.array([1, "a"], dtype=object)),
        (ef.DICTIONARY_INOUT, {0: 1, 1: 2}),
    ],
)
def test_a_collection_of_numbers_has_versions_as_a_whole(direction: Any, given: Any) -> None:
    """Its items have none of their own, and what a task puts in their slots is seen all the same."""

    def put(slots: Any) -> None:
        inner = slots[0] if type(slots[0]) is list else slots
        inner[0] = "put"

    before = copy.deepcopy(given)
    ef.task(slots=direction)(put)(given)
    put(before)

    assert list(ef.wait_on(given)) == list(before)
    assert ef.wait_on(given)[1] == before[1]


def test_a_number_beside_objects_is_refused() -> None:
    """What a task put in its slot would be lost: the call says what to do instead."""
    task = ef.task(slots=ef.COLLECTION_INOUT)(lambda slots: None)

    with pytest.raises(ef.TaskDefinitionError, match=r"writes to the items of 'slots', and 1\.5 is one"):
        task([np.zeros(2), 1.5])


def test_placeholders_are_filled() -> None:
    """An object() stands for a value that a task will make, at any depth."""
    rows = [[object(), object()], [object()]]
    fill(rows)

    assert ef.wait_on(rows) == [[[0, 0], [0, 1]], [[1, 0]]]
    assert ef.wait_on(rows[1][0]) == [1, 0]


def test_values_of_a_dict_have_versions() -> None:
    """The keys stay as they are."""
    table = {"a": np.ones(1), "b": np.ones(1)}
    double(table)

    assert ef.wait_on(table)["b"].tolist() == [2]


def test_an_array_of_objects_is_a_collection() -> None:
    """Its items are found at their places."""
    blocks = np.empty((2, 2), dtype=object)
    for place in np.ndindex(2, 2):
        blocks[place] = np.full(1, place[0])

    @ef.task(blocks=ef.COLLECTION_INOUT.of_depth(2))
    def shift(blocks: Any) -> None:
        for place in np.ndindex(blocks.shape):
            blocks[place] = blocks[place] + 10

    shift(blocks)

    assert ef.wait_on(blocks)[1, 0].tolist() == [11]


def test_empty_collections_and_futures_of_collections_are_fine() -> None:
    """There is nothing to track in them, or it is not there yet."""
    increase([])

    assert ef.wait_on(add_up([])) == 0
    assert ef.wait_on(add_up(ef.task(sorted)((1, 2)))) == 3


def test_what_is_no_collection_is_refused() -> None:
    """The parameter is named."""
    with pytest.raises(ef.TaskDefinitionError, match="takes a collection, and int is none"):
        add_up(3)


def test_items_may_be_replaced_but_not_removed_or_added() -> None:
    """Nobody would know which one is missing, or which one is new."""

    @ef.task(items=ef.COLLECTION_INOUT)
    def shorten(items: list[Any]) -> None:
        del items[0]

    @ef.task(rows=ef.COLLECTION_INOUT.of_depth(2))
    def lengthen(rows: list[Any]) -> None:
        rows[0].append([3])

    with pytest.raises(TypeError, match=r"made 1 items of 2 in 'items'.* replaced, but not added or removed"):
        shorten([[1], [2]]).result()
    with pytest.raises(TypeError, match="made 1 items of 0 in 'rows'"):
        lengthen([[], [[1]]]).result()


def test_keys_may_not_be_others_afterwards() -> None:
    """Their values would get lost, or come to other keys."""

    @ef.task(items=ef.DICTIONARY_INOUT)
    def rename(items: dict[str, Any]) -> None:
        items["b"] = items.pop("a")

    with pytest.raises(TypeError, match=r"made keys \['b'\] in the place of \['a'\] in 'items'"):
        rename({"a": [1]}).result()


def test_what_is_read_for_the_last_time_is_let_go() -> None:
    """The session holds it no longer, though a task had written to it."""

    @ef.task(x=ef.INOUT)
    def change(x: Any) -> None:
        x += 1

    @ef.task(x=ef.IN_DELETE)
    def last(x: Any) -> Any:
        return x.sum()

    x = np.zeros(3)
    alive = weakref.ref(x)
    change(x)
    total = last(x)
    del x
    gc.collect()

    assert alive() is None
    assert ef.wait_on(total) == 3


def test_a_method_that_changes_its_object_makes_a_version() -> None:
    """Later methods see it; the object itself stays as it is."""

    class Counter:
        def __init__(self) -> None:
            self.count = 0

        @ef.task(self=ef.INOUT)
        def up(self) -> None:
            self.count += 1

        @ef.task
        def read(self) -> int:
            return self.count

    counter = Counter()
    counter.up()
    counter.up()

    assert ef.wait_on(counter.read()) == 2
    assert counter.count == 0
    assert ef.wait_on(counter).count == 2


@pytest.mark.engines
def test_collections_are_tracked_on_engines_too() -> None:
    """Large items stay where they were made."""
    items = [np.zeros(100_000) for _ in range(3)]
    with ef.start(engines=2):
        increase(items)
        increase(items)
        assert ef.wait_on(add_up(items))[0] == 6
