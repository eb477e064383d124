"""Versions belong to an object, not to what it is equal to; plain values have none."""

from __future__ import annotations

from typing import Any

import pytest
from pycompss.api.parameter import COLLECTION_OUT, INOUT


def _append(x: list[int]) -> None:
    x.append(1)


def test_an_equal_object_is_another_object(words: Any) -> None:
    """Only the one that was passed has a new version."""
    x: list[int] = []
    y: list[int] = []
    words.task(x=INOUT)(_append)(x)

    assert words.wait_on(x, y) == [[1], []]


def test_a_new_object_in_the_place_of_an_old_one_is_new(words: Any) -> None:
    """Python gives the number of an object that is gone to another one."""
    append = words.task(x=INOUT)(_append)
    lengths = []
    for _ in range(30):
        x: list[int] = []
        append(x)
        lengths.append(len(words.wait_on(x)))
        del x

    assert lengths == [1] * 30


@pytest.mark.breaks_by("TypeError")
def test_a_placeholder_stands_for_what_will_be_there(words: Any) -> None:
    """A bare object(), which cannot even be referenced weakly."""

    def fill(slots: list[Any]) -> None:
        slots[:] = ["a", "b"]

    def twice(x: Any) -> Any:
        return 2 * x

    first, second = slots = [object(), object()]
    words.task(slots=COLLECTION_OUT)(fill)(slots)

    assert words.wait_on(words.task(returns=1)(twice)(second)) == "bb"
    assert words.wait_on(first) == "a"


@pytest.mark.holds_on_a_plain_pool("numbers and texts cannot be changed in Python either")
@pytest.mark.parametrize("x", [5, 2.5, "text", None, True])
def test_plain_values_have_no_versions(words: Any, x: Any) -> None:
    """A task that declares to write one does not change it for others that are the same by chance."""

    def nothing(x: Any) -> None: ...

    def text(x: Any) -> str:
        return str(x)

    words.task(x=INOUT)(nothing)(x)

    assert words.wait_on(x) is x
    assert words.wait_on(words.task(returns=1)(text)(x)) == str(x)


def test_objects_of_a_class_and_of_one_derived_from_it_have_their_own_versions(words: Any) -> None:
    """In any order, though Python notes something in a class when its first object travels."""

    class Base:
        def __init__(self) -> None:
            self.count = 0

    class Derived(Base):
        pass

    def up(x: Any) -> None:
        x.count += 1

    task = words.task(x=INOUT)(up)
    derived, base = Derived(), Base()
    task(derived)
    task(base)
    task(derived)

    assert [one.count for one in words.wait_on(derived, base)] == [2, 1]
    assert derived.count == 0
