"""A task runs the code that was there at its call, and finds what that code names."""

from __future__ import annotations

from typing import Any

import pytest


def _adder(number: int) -> Any:
    return lambda x: x + number


def test_what_a_function_names_is_as_it_was_at_the_call(words: Any) -> None:
    """Values and functions around it, which the program may change between two calls."""
    factor = 2

    plus = _adder(1)

    def both(x: int) -> int:
        return plus(x) * factor

    task = words.task(returns=1)(both)
    seen = [task(1)]
    factor = 3
    seen.append(task(1))

    plus = _adder(10)
    seen.append(task(1))

    assert words.wait_on(seen) == [4, 6, 33]


def test_a_container_that_a_function_names_is_as_it_was_at_the_call(words: Any) -> None:
    """What the task does to it is seen by nobody."""
    table = {"x": 1}

    def read() -> int:
        table["x"] += 10
        return table["x"]

    task = words.task(returns=1)(read)
    seen = [task()]
    table["x"] = 2
    seen.append(task())

    assert words.wait_on(seen) == [11, 12]


@pytest.mark.holds_on_a_plain_pool("its tasks run in the process of the program")
def test_functions_and_classes_of_the_program_travel(words: Any) -> None:
    """Whatever their names are, without being in a module that engines can import."""

    class point:  # noqa: N801 - PyCOMPSs has rules about names, and here are none
        def __init__(self, x: int) -> None:
            self.x = x

        def __eq__(self, other: object) -> bool:
            return isinstance(other, point) and other.x == self.x

        __hash__ = None  # type: ignore[assignment]

    move = words.task(returns=1)(lambda p, by: point(p.x + by))

    assert words.wait_on(move(move(point(1), 2), 3)) == point(6)
