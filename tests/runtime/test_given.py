"""What users give to the words that wait and cancel is taken as meant, or refused with the way out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import eflows_nb as ef


@ef.task
def double(x: Any) -> Any:
    """Return twice the argument."""
    return 2 * x


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: {double(1), double(2)}, {2, 4}),
        (lambda: frozenset({double(1)}), frozenset({2})),
        (lambda: (double(n) for n in range(2)), [0, 2]),
        (lambda: map(double, range(2)), [0, 2]),
        (lambda: zip([1], [double(1)], strict=True), [(1, 2)]),
        (lambda: {"a": double(1)}.values(), [2]),
        (lambda: {"a": double(1)}.items(), [("a", 2)]),
        (lambda: deque([double(1)], maxlen=3), deque([2], maxlen=3)),
        (lambda: [{double(1)}], [{2}]),
    ],
)
def test_futures_are_found_in_every_collection(make: Callable[[], Any], expected: Any) -> None:
    """One that would be left is found out only where it is used."""
    assert ef.wait_on(make()) == expected


def test_results_that_cannot_be_in_a_set_are_an_error() -> None:
    """A list can hold them."""
    with pytest.raises(TypeError, match=r"futures in a set cannot be in one themselves.*into a list"):
        ef.wait_on({double([1])})


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ef.cancel([[double(1)]]), r"\[<Future .*\] is no future. ef.cancel takes futures"),
        (lambda: ef.cancel(5), "5 is no future. ef.cancel takes futures"),  # type: ignore[arg-type]
        (lambda: ef.as_completed([5]), "5 is no future. ef.as_completed takes futures"),  # type: ignore[list-item]
        (lambda: ef.wait_on(double(1), timeout="1"), "timeout='1' is not a number of seconds"),  # type: ignore[arg-type]
        (lambda: ef.barrier(timedelta(seconds=1)), "timeout=.*timedelta.* is not a number"),  # type: ignore[arg-type]
        (lambda: ef.as_completed([], "1"), "timeout='1' is not a number of seconds"),  # type: ignore[arg-type]
        (lambda: double(1).result(float("nan")), "timeout=nan is not a number of seconds"),
    ],
)
def test_what_is_no_future_or_number_is_refused(call: Callable[[], Any], text: str) -> None:
    """The error names it, and is raised at the call."""
    with pytest.raises(TypeError, match=text):
        call()
