"""A reduction is a tree of tasks, of so many items each."""

from __future__ import annotations

from typing import Any

import pytest
from pycompss.api.parameter import COLLECTION_IN


def _join(first: str, items: list[Any], last: str) -> Any:
    """Return all words in order, and the largest number of items that a task had."""
    found = [item if isinstance(item, tuple) else ([item], 0) for item in items]
    return [word for words, _ in found for word in words], max(len(items), *(size for _, size in found))


@pytest.mark.parametrize("size", [2, "3", "$SIZE_OF_MINE", 5])
def test_no_task_has_more_items_than_was_said(words: Any, size: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, whatever other arguments there are; the items may be results of tasks."""
    monkeypatch.setenv("SIZE_OF_MINE", "4")

    def letter(place: int) -> str:
        return "abcdefghi"[place]

    make = words.task(returns=1)(letter)
    join = words.reduction(chunk_size=size)(words.task(returns=1, items=COLLECTION_IN)(_join))
    number = 4 if size == "$SIZE_OF_MINE" else int(size)

    assert words.wait_on(join("", [make(place) for place in range(9)], "")) == (list("abcdefghi"), number)


def test_few_items_are_one_task(words: Any) -> None:
    """As many as were said, or fewer."""
    join = words.reduction(chunk_size=100)(words.task(returns=1, items=COLLECTION_IN)(_join))
    make = words.task(returns=1)(str.upper)

    assert words.wait_on(join("", [make("a"), make("b")], "")) == (["A", "B"], 2)


@pytest.mark.breaks_by("TypeError")
def test_the_task_or_a_call_of_it_may_say_that_it_is_a_reduction(words: Any) -> None:
    """As the decorator does, and that may say that it is none."""
    join = words.task(returns=1, items=COLLECTION_IN, is_reduce=True, chunk_size=3)(_join)
    whole = words.reduction(chunk_size=3, is_reduce=False)(words.task(returns=1, items=COLLECTION_IN)(_join))

    assert words.wait_on(join("", list("abcde"), ""))[1] == 3
    assert words.wait_on(join("", list("abcde"), "", chunk_size=2))[1] == 2
    assert words.wait_on(whole("", list("abcde"), ""))[1] == 5
