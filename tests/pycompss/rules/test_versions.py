"""Each write makes a version: readers before it see the old one, those after it the new one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycompss.api.parameter import INOUT, OUT

SIZES = pytest.mark.parametrize("size", [2, 20_000])


def _add(x: Any, number: int) -> None:
    x += number


def _multiply(x: Any, number: int) -> None:
    x *= number


def _first(x: Any) -> Any:
    return x[0]


@SIZES
def test_a_reader_before_a_writer_sees_the_old_version(words: Any, size: int) -> None:
    """Though it may run after it."""
    add, first = words.task(x=INOUT)(_add), words.task(returns=1)(_first)
    x = np.zeros(size)
    before = first(x)
    add(x, 1)
    after = first(x)

    assert words.wait_on([before, after]) == [0, 1]


@SIZES
def test_writers_come_in_the_order_of_their_calls(words: Any, size: int) -> None:
    """As if they had run where they are called."""
    add, multiply = words.task(x=INOUT)(_add), words.task(x=INOUT)(_multiply)
    x = np.ones(size)
    add(x, 1)
    multiply(x, 10)
    add(x, 3)

    assert words.wait_on(x)[0] == 23


@SIZES
def test_waiting_gives_the_newest_version_and_leaves_the_object_alone(words: Any, size: int) -> None:
    """The object of the program is what it was before."""
    add = words.task(x=INOUT)(_add)
    x = np.zeros(size)
    add(x, 1)
    waited = words.wait_on(x)

    assert waited[0] == 1
    assert x[0] == 0
    add(x, 1)
    assert words.wait_on(x)[0] == 2
    assert waited[0] == 1


def test_the_newest_version_is_read_inside_containers_too(words: Any) -> None:
    """Where a task finds the object in a list or in a dict."""

    def read(items: Any) -> Any:
        return [items[0].tolist(), items[1]["x"].tolist()]

    x = np.zeros(1)
    words.task(x=INOUT)(_add)(x, 1)

    assert words.wait_on(words.task(returns=1)(read)([x, {"x": x}])) == [[1], [1]]
    assert x.tolist() == [0]


@SIZES
def test_a_result_has_versions_too(words: Any, size: int) -> None:
    """A future may be written to, as any object."""
    add, first = words.task(x=INOUT)(_add), words.task(returns=1)(_first)
    x = words.task(returns=1)(np.zeros)(size)
    before = first(x)
    add(x, 1)
    after = first(x)

    assert words.wait_on([before, after]) == [0, 1]


def test_what_is_only_written_has_a_version_as_well(words: Any) -> None:
    """Whoever reads it sees what the last one has put there."""

    def fill(x: Any, number: int) -> None:
        x[:] = number

    x = np.zeros(2)
    fill_out = words.task(x=OUT)(fill)
    fill_out(x, 1)
    fill_out(x, 2)

    assert words.wait_on(words.task(returns=1)(_first)(x)) == 2
    assert x.tolist() == [0, 0]


def test_a_task_may_write_to_several_arguments(words: Any) -> None:
    """Each has a version of its own."""

    def swap(x: list[int], y: list[int]) -> None:
        x[:], y[:] = y[:], x[:]

    x, y = [1], [2]
    words.task(x=INOUT, y=INOUT)(swap)(x, y)

    assert words.wait_on(x, y) == [[2], [1]]
    assert (x, y) == ([1], [2])
