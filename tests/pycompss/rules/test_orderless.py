"""COMMUTATIVE and CONCURRENT tasks have no order among themselves, and one with all others."""

from __future__ import annotations

from typing import Any

import pytest
from pycompss.api.parameter import COMMUTATIVE, CONCURRENT, INOUT


@pytest.mark.parametrize("direction", [COMMUTATIVE, CONCURRENT])
def test_all_of_them_come_before_the_next_reader_and_after_the_writer_before(
    words: Any, direction: Any
) -> None:
    """None of them is lost, and none sees another one half-way."""

    def start(total: list[int]) -> None:
        total.append(0)

    def add(total: list[int], x: int) -> None:
        total[0] += x
        total.append(x)

    total: list[int] = []
    words.task(total=INOUT)(start)(total)
    add_to = words.task(total=direction)(add)
    for x in range(1, 5):
        add_to(total, x)
    seen = words.task(returns=1)(sorted)(total)
    add_to(total, 5)

    assert words.wait_on(seen) == [1, 2, 3, 4, 10]
    assert words.wait_on(total)[0] == 15
