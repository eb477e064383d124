"""Futures inside lists, tuples, dicts and objects are values where a task finds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest


class Pair(NamedTuple):
    """A tuple with names."""

    one: Any
    other: Any


@dataclass
class Record:
    """A record of two."""

    one: Any
    other: Any


class Holder:
    """A plain object."""

    def __init__(self, one: Any, other: Any) -> None:
        self.one = one
        self.other = [other]


def _one() -> int:
    return 1


@pytest.mark.breaks_by("TypeError")
@pytest.mark.parametrize(
    ("wrap", "look"),
    [
        (lambda one, other: [one, other], lambda x: x[0] + x[1]),
        (lambda one, other: (one, other), lambda x: x[0] + x[1]),
        (lambda one, other: {"one": one, "other": other}, lambda x: x["one"] + x["other"]),
        (lambda one, other: [{"a": (one, [other])}], lambda x: x[0]["a"][0] + x[0]["a"][1][0]),
        (Pair, lambda x: x.one + x.other),
        (Record, lambda x: x.one + x.other),
        (Holder, lambda x: x.one + x.other[0]),
        (lambda one, other: np.array([one, other], dtype=object), lambda x: x[0] + x[1]),
    ],
    ids=["list", "tuple", "dict", "nested", "named tuple", "dataclass", "object", "array of objects"],
)
def test_a_task_finds_values(words: Any, wrap: Any, look: Any) -> None:
    """It waits for all of them."""
    one = words.task(returns=1)(_one)
    sum_up = words.task(returns=1)(look)

    assert words.wait_on(sum_up(wrap(one(), one()))) == 2


@pytest.mark.parametrize("wrap", [list, tuple, lambda items: {"a": items[0], "b": [items[1]]}])
def test_waiting_gives_values_and_leaves_the_container_alone(words: Any, wrap: Any) -> None:
    """It is a new one; the futures in the old one stay futures."""
    one = words.task(returns=1)(_one)
    # A pool waits for what is in a list; for nothing else.
    given = {"in": wrap([one(), one()])}

    waited = words.wait_on(given)

    assert waited == {"in": wrap([1, 1])}
    assert waited is not given
