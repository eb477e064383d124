"""What a call becomes: resources by its arguments, reductions, transformations, other implementations."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef

pytestmark = pytest.mark.usefixtures("cluster")

UNITS = 1


def test_each_call_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its arguments, global names and environment variables; the rest is as the task function says."""
    monkeypatch.setenv("EFLOWS_TEST_UNITS", "1")

    @ef.constraint(cores="min(n, 1) * ${EFLOWS_TEST_UNITS} * UNITS", memory="n * 10**6 + 1")
    @ef.task(retries=1)
    def threads(n: int) -> str:
        return os.environ["PATH"] and str(n)

    call = threads.signature.bind(3)

    assert ef.wait_on([threads(3), threads(n=4)]) == ["3", "4"]
    assert threads.resources(call).cores == 1
    assert threads.resources(call).memory == 100_000_000
    assert threads.policy.retries == 1


def test_a_call_that_asks_for_too_much_is_told_of(cluster: str) -> None:
    """It runs with what there is, as where the number was given to the task function; told once of each."""

    @ef.constraint(cores="n")
    @ef.task
    def wide(n: int, where: str = cluster) -> int:
        return n

    with pytest.warns(ef.ScarceResourceWarning, match="'wide' asks for 4096 cores"):
        result = wide(4096)

    assert ef.wait_on(result) == 4096


def test_a_failure_that_is_ignored_gives_defaults(tmp_path: Path) -> None:
    """For results, and for what it writes: of a file a copy of another one."""

    @ef.defaults(returns=(0, -1), values={"items": [7], "path": str(tmp_path / "usual")})
    @ef.task(on_failure="ignore", returns=2, items=ef.INOUT, path=ef.FILE_OUT)
    def divide(x: int, y: int, items: list[int], path: str) -> tuple[int, int]:
        Path(path).write_text("made")
        return x // y, x % y

    @ef.defaults(returns=99)
    @ef.binary("sh", args="-c 'exit 3'")
    @ef.task(on_failure="ignore")
    def end() -> None: ...

    (tmp_path / "usual").write_text("usual")
    items: list[int] = []

    assert ef.wait_on(list(divide(7, 2, items, tmp_path / "a"))) == [3, 1]
    assert ef.wait_on(items) == []
    assert ef.wait_on(list(divide(7, 0, items, tmp_path / "b"))) == [0, -1]
    assert ef.wait_on(items) == [7]
    assert ef.wait_on_file(tmp_path / "b").read_text() == "usual"
    assert ef.wait_on(end()) == 99


def test_files_are_asked_for_and_given_up_while_tasks_use_them(tmp_path: Path) -> None:
    """One that a task will write is there for who asks; one that is given up goes after its readers."""

    @ef.task(path=ef.FILE_OUT)
    def write(path: str) -> None:
        Path(path).write_text("made")

    @ef.task(path=ef.FILE_IN)
    def read(path: str) -> str:
        return Path(path).read_text()

    write(tmp_path / "f")
    assert ef.file_exists(tmp_path / "f")
    seen = read(tmp_path / "f")
    ef.delete_file(tmp_path / "f")
    assert not ef.file_exists(tmp_path / "f")

    assert ef.wait_on(seen) == "made"
    ef.barrier()
    assert not (tmp_path / "f").exists()


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


def test_another_implementation_runs_where_one_lacks_what_it_asks_for() -> None:
    """Of several the last one that has what it asks for; the first where none has."""

    @ef.task(gpus=512)
    def simulate(x: int) -> str:
        return f"gpu {x}"

    @ef.implement(simulate)
    @ef.task
    def on_cores(x: int) -> str:
        return f"cores {x}"

    @ef.implement(simulate)
    @ef.constraint(cores="x * 4096")
    @ef.task
    def on_many_cores(x: int) -> str:
        return f"many {x}"

    @ef.task
    def usual(x: int) -> str:
        return f"usual {x}"

    @ef.implement(usual)
    @ef.task
    def unused(x: int) -> str:
        return f"unused {x}"

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ef.wait_on([simulate(1), usual(2)]) == ["cores 1", "usual 2"]


def test_a_file_is_opened_when_its_writers_are_done(tmp_path: Path) -> None:
    """To write it, when its readers are done, too; so with folders."""

    @ef.task(path=ef.FILE_INOUT)
    def append(path: str) -> None:
        with Path(path).open("a") as file:
            file.write("task ")

    @ef.task(folder=ef.DIRECTORY_OUT)
    def fill(folder: str) -> None:
        Path(folder).mkdir()
        (Path(folder) / "a").touch()

    append(tmp_path / "f")
    with ef.open(tmp_path / "f", "a") as file:
        file.write("notebook ")
    append(tmp_path / "f")
    fill(tmp_path / "folder")
    ef.snapshot()

    assert (tmp_path / "f").read_text() == "task notebook task "
    assert [path.name for path in ef.wait_on_directory(tmp_path / "folder").iterdir()] == ["a"]


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
