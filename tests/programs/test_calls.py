"""What becomes of a call: reductions, transformations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef

pytestmark = pytest.mark.usefixtures("cluster")


def test_a_long_collection_is_reduced_in_chunks() -> None:
    """No task gets more than so many items; results of tasks are items too."""

    @ef.reduction(chunk_size=3)
    @ef.task(items=ef.COLLECTION_IN)
    def join(items: list[str], between: str = "") -> str:
        assert len(items) <= 3
        return "(" + between.join(items) + ")"

    letter = ef.task(lambda number: "abcdefg"[number])

    assert ef.wait_on(join([letter(number) for number in range(7)], between="+")) == "((a+b+c)+(d+e+f)+g)"
    assert ef.wait_on(join(items=["a", "b"])) == "(ab)"


def test_an_argument_is_transformed_by_a_task() -> None:
    """Of several transformations the lowest comes first, for defaults and futures, too."""

    @ef.transform("limit", lambda limit: limit + 1)
    @ef.transform("numbers", sorted)
    @ef.task
    def below(numbers: list[int], limit: int = 2) -> list[int]:
        return [number for number in numbers if number < limit]

    made = ef.task(lambda: [3, 1, 2])

    assert ef.wait_on(below(made())) == [1, 2]
    assert ef.wait_on(below([3, 1, 2], limit=1)) == [1]


def test_a_transformation_may_write_or_read_a_file(tmp_path: Path) -> None:
    """By its own directions, or to a path that the task then gets."""

    def store(value: Any, path: str) -> None:
        Path(path).write_text(str(value))

    @ef.task(path=ef.FILE_IN)
    def load(path: str) -> int:
        return int(Path(path).read_text())

    @ef.transform("path", store, to=tmp_path / "stored")
    @ef.task(path=ef.FILE_IN)
    def read(path: Any) -> str:
        return Path(path).read_text()

    @ef.transform("number", load)
    @ef.task
    def double(number: Any) -> int:
        return int(number) * 2

    assert ef.wait_on(read(41)) == "41"
    assert ef.wait_on(double(tmp_path / "stored")) == 82


def test_the_task_function_below_stays_as_it_is(tmp_path: Path) -> None:
    """A decorator makes another one of it, so both can be called."""

    @ef.task
    def ask() -> str:
        return "python"

    as_program = ef.binary("true")(ask)
    twice = ef.prolog("touch", args=str(tmp_path / "before"))(as_program)

    assert ef.wait_on([ask(), as_program()]) == ["python", 0]
    assert not (tmp_path / "before").exists()
    assert ef.wait_on(twice()) == 0
    assert (tmp_path / "before").exists()
