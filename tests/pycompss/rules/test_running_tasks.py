"""A task that runs can be ended: by its time limit, or with its group."""

from __future__ import annotations

from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.pycompss.refusal import CancelledTaskWarning

pytestmark = [
    pytest.mark.not_for_a_plain_pool("nobody can end a thread"),
    pytest.mark.not_inline("the program itself would not go on"),
]


def _endless() -> None:
    while True:
        pass


def _one() -> int:
    return 1


def test_a_task_may_run_for_so_long(words: Any) -> None:
    """Then it has failed; others go on."""
    with pytest.raises(ef.TaskTimeOutError, match="_endless"):
        words.wait_on(words.task(returns=1, time_out=0.2, on_failure="FAIL")(_endless)())
    assert words.wait_on(words.task(returns=1)(_one)()) == 1


def test_a_task_that_ends_in_time_is_as_any_other(words: Any) -> None:
    """Its limit is known to nobody."""
    assert words.wait_on(words.task(returns=1, time_out=300)(_one)()) == 1


def test_the_tasks_of_a_group_are_cancelled(words: Any) -> None:
    """Those that run, too; what they would have returned is None, and a warning says why."""
    with words.group("endless", False):
        made = [words.task(returns=1)(_endless)() for _ in range(3)]
    words.cancel_group("endless")

    with pytest.warns(CancelledTaskWarning, match="was cancelled"):
        assert words.wait_on(made) == [None] * 3
    assert words.wait_on(words.task(returns=1)(_one)()) == 1
