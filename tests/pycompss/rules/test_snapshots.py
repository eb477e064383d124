"""A task sees its arguments as they were at its call, and nobody sees what it does to what it reads."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from pycompss.api.parameter import INOUT

import eflows_nb as ef

LARGE = 20_000  # numbers: beyond what travels with a message


def _first(x: Any) -> Any:
    return x[0]


def _spoil(x: Any) -> Any:
    x[0] += 1
    return x[0]


@pytest.mark.parametrize("make", [list, np.array], ids=["list", "array"])
def test_a_change_after_the_call_is_not_seen(words: Any, make: Any) -> None:
    """Not even when the task runs long after it."""
    first = words.task(returns=1)(_first)
    x = make([1] * LARGE)
    seen = first(x)
    x[0] = 2

    assert words.wait_on(seen) == 1


@pytest.mark.parametrize("make", [list, np.array], ids=["list", "array"])
def test_a_change_between_two_calls_is_seen_by_the_second(words: Any, make: Any) -> None:
    """What is passed again is looked at again."""
    first = words.task(returns=1)(_first)
    x = make([1] * LARGE)
    seen = [first(x)]
    x[0] = 2
    seen.append(first(x))

    assert words.wait_on(seen) == [1, 2]


@pytest.mark.parametrize("size", [1, LARGE])
@pytest.mark.parametrize("make", [list, np.array], ids=["list", "array"])
def test_what_a_task_does_to_what_it_reads_is_seen_by_nobody(words: Any, make: Any, size: int) -> None:
    """Neither by the program nor by other tasks, and also for the result of a task."""
    spoil = words.task(returns=1)(_spoil)
    x = make([0] * size)
    made = words.task(returns=1)(np.zeros)(size)

    assert words.wait_on([spoil(x), spoil(x), spoil(made), spoil(made)]) == [1, 1, 1, 1]
    assert x[0] == 0


def test_a_change_over_a_version_that_nobody_has_waited_for_is_told(words: Any) -> None:
    """Later tasks see the change, and what the task in between has written is lost."""

    def append(x: list[int]) -> None:
        x.append(2)

    x = [1]
    words.task(x=INOUT)(append)(x)
    x.append(3)

    with pytest.warns(ef.StaleArgumentWarning, match="was changed here"):
        seen = words.task(returns=1)(list)(x)
    assert words.wait_on(seen) == [1, 3]


def test_a_change_that_waiting_loses_is_told(words: Any) -> None:
    """What the task made is returned, and the program's own object keeps the change."""

    def append(x: list[int]) -> None:
        x.append(2)

    x = [1]
    words.task(x=INOUT)(append)(x)
    x.append(3)

    with pytest.warns(ef.StaleArgumentWarning, match="without that change. Wait first, then change"):
        assert words.wait_on(x) == [1, 2]
    assert x == [1, 3]


@pytest.mark.holds_on_a_plain_pool("nothing is ever told there")
def test_a_change_after_waiting_is_not_told(words: Any) -> None:
    """Then the program knows what it changes."""

    def append(x: list[int]) -> None:
        x.append(2)

    x = [1]
    words.task(x=INOUT)(append)(x)
    x = words.wait_on(x)
    x.append(3)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = words.task(returns=1)(list)(x)
    assert 3 in words.wait_on(seen)
