"""What is read for the last time, or deleted, is forgotten: the program's object is what there is."""

from __future__ import annotations

from typing import Any

from pycompss.api.parameter import COLLECTION_IN_DELETE, IN_DELETE, INOUT


def _append(x: list[int]) -> None:
    x.append(1)


def _length(x: Any) -> int:
    return len(x)


def test_the_last_reader_sees_the_newest_version_and_then_it_is_gone(words: Any) -> None:
    """An object that is used again begins as it is in the program."""
    x: list[int] = []
    words.task(x=INOUT)(_append)(x)

    assert words.wait_on(words.task(x=IN_DELETE, returns=1)(_length)(x)) == 1
    assert words.wait_on(x) == []


def test_the_items_of_a_collection_are_read_for_the_last_time(words: Any) -> None:
    """Each of them."""

    def lengths(items: Any) -> Any:
        return [len(item) for item in items]

    items: list[list[int]] = [[], [0]]
    words.task(x=INOUT)(_append)(items[0])
    last = words.task(items=COLLECTION_IN_DELETE, returns=1)(lengths)

    assert words.wait_on(last([items[0], (items[1],)])) == [1, 1]
    assert words.wait_on(items[0]) == []


def test_a_deleted_object_is_as_the_program_has_it(words: Any) -> None:
    """Its versions are forgotten; tasks that read them before still do."""
    x: list[int] = []
    words.task(x=INOUT)(_append)(x)
    seen = words.task(returns=1)(_length)(x)

    assert words.delete_object(x) is True
    assert words.wait_on(x) == []
    assert words.wait_on(seen) == 1


def test_objects_may_be_deleted_when_python_lets_go_of_them(words: Any) -> None:
    """In __del__, which Python may call in the middle of whatever the session does."""

    class Block:
        def __init__(self) -> None:
            self.data: list[int] = []
            self.itself = self  # so that only a collection of garbage finds it

        def __del__(self) -> None:
            words.delete_object(self.data)

    append, length = words.task(x=INOUT)(_append), words.task(returns=1)(_length)
    lengths = []
    for _ in range(300):
        block = Block()
        append(block.data)
        lengths.append(length(block.data))

    assert words.wait_on(lengths) == [1] * 300
