"""Methods are tasks of their object, which they change unless they say that they only read it."""

from __future__ import annotations

from typing import Any

import pytest
from pycompss.api.parameter import IN, INOUT


def _classes(words: Any) -> tuple[type, type]:
    """Return a class with tasks, and one derived from it."""

    class Counter:
        def __init__(self) -> None:
            self.count = 0

        @words.task()
        def up(self, by: int = 1) -> None:
            self.count += by

        @words.task(returns=int, target_direction=IN)
        def read(self) -> Any:
            self.count += 1000
            return self.count

        @words.task(other=INOUT)
        def give(self, other: Any) -> None:
            other.count += self.count
            self.count = 0

        @staticmethod
        @words.task(returns=1)
        def square(x: int) -> Any:
            return x * x

        @classmethod
        @words.task(returns=1)
        def name(cls) -> Any:
            return cls.__name__

    class Derived(Counter):
        @words.task()
        def up(self, by: int = 1) -> None:
            self.count += 2 * by

    return Counter, Derived


def test_a_method_changes_its_object(words: Any) -> None:
    """In versions, as any task does with what it writes."""
    counter = _classes(words)[0]()
    counter.up()
    before = counter.read()
    counter.up(by=4)

    assert words.wait_on([before, counter.read()]) == [1001, 1005]
    assert words.wait_on(counter).count == 5
    assert counter.count == 0


def test_a_method_that_reads_its_object_changes_it_for_nobody(words: Any) -> None:
    """By target_direction, also if it does change it."""
    counter = _classes(words)[0]()

    assert words.wait_on([counter.read(), counter.read()]) == [1000, 1000]
    assert words.wait_on(counter).count == 0


def test_a_derived_class_has_the_tasks_of_its_base(words: Any) -> None:
    """And its own in the place of them."""
    counter, other = (kind() for kind in reversed(_classes(words)))
    counter.up()
    counter.give(other)
    other.up()

    assert [one.count for one in words.wait_on(counter, other)] == [0, 3]
    assert (counter.count, other.count) == (0, 0)


@pytest.mark.holds_on_a_plain_pool("they are plain functions, and the class is not changed")
def test_static_and_class_methods_are_tasks(words: Any) -> None:
    """Called by the class, or by an object of it."""
    base, derived = _classes(words)

    assert words.wait_on(base.square(3)) == 9
    assert words.wait_on(derived().square(3)) == 9
    assert words.wait_on([base.name(), derived().name()]) == ["Counter", "Derived"]
