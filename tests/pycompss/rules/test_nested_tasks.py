"""A task may call task functions: they run on the spot, and their values are there."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.not_for_a_plain_pool("as many tasks as it has threads, each waiting for another one, stop it")
@pytest.mark.parametrize("depth", [1, 12])
def test_a_task_may_wait_for_tasks(words: Any, depth: int) -> None:
    """At any depth, on any number of engines."""

    def down(depth: int) -> Any:
        return 0 if depth == 0 else api.compss_wait_on(again(depth - 1)) + 1

    from pycompss.api import api

    again = words.task(returns=1)(down)

    assert words.wait_on([again(depth) for _ in range(6)]) == [depth] * 6


@pytest.mark.not_for_a_plain_pool("as many tasks as it has threads, each waiting for another one, stop it")
def test_a_task_gets_the_value_of_a_task_that_it_calls(words: Any) -> None:
    """Without waiting for it, as in plain Python."""

    def double(x: int) -> int:
        return 2 * x

    def both(x: int) -> int:
        return inner(x) + 1

    inner = words.task(returns=1)(double)

    assert words.wait_on(words.task(returns=1)(both)(2)) == 5
