"""Files are data: tasks that name the same one take turns, whatever they call it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pycompss.api.parameter import (
    COLLECTION_FILE_IN,
    COLLECTION_FILE_OUT,
    DIRECTORY_IN,
    DIRECTORY_INOUT,
    FILE_COMMUTATIVE,
    FILE_CONCURRENT,
    FILE_IN,
    FILE_INOUT,
    FILE_OUT,
)

import eflows_nb as ef


def _write(path: str, text: str) -> None:
    Path(path).write_text(text)


def _append(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(text)


def _read(path: str | None) -> Any:
    return path if path is None else Path(path).read_text()


@pytest.mark.breaks_by("FileNotFoundError")
def test_a_reader_waits_for_the_writer_before_and_a_writer_for_the_readers(
    words: Any, tmp_path: Path
) -> None:
    """As if all had run where they were called."""
    path = str(tmp_path / "f")
    write, read = words.task(path=FILE_OUT)(_write), words.task(path=FILE_IN, returns=1)(_read)
    append = words.task(path=FILE_INOUT)(_append)
    write(path, "a")
    first = read(path)
    append(path, "b")
    second = read(path)
    write(path, "c")

    assert words.wait_on([first, second, read(path)]) == ["a", "ab", "c"]


@pytest.mark.breaks_by("FileNotFoundError")
def test_a_file_is_the_same_by_another_spelling(
    words: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative, with a detour, or as a path."""
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    write, read = words.task(path=FILE_OUT)(_write), words.task(path=FILE_IN, returns=1)(_read)
    write("f", "a")
    seen = [read(os.path.join("sub", "..", "f"))]  # noqa: PTH118 - pathlib would take the detour out
    write(tmp_path / "f", "b")

    assert words.wait_on([*seen, read("./f")]) == ["a", "b"]


@pytest.mark.breaks_by("FileNotFoundError")
def test_a_file_may_be_named_twice_in_a_call(words: Any, tmp_path: Path) -> None:
    """When the task only reads it."""

    def compare(one: str, other: str) -> Any:
        return Path(one).read_text() == Path(other).read_text() == "a"

    path = str(tmp_path / "f")
    words.task(path=FILE_OUT)(_write)(path, "a")

    assert words.wait_on(words.task(one=FILE_IN, other=FILE_IN, returns=1)(compare)(path, path))


@pytest.mark.breaks_by("FileNotFoundError")
@pytest.mark.parametrize("direction", [FILE_CONCURRENT, FILE_COMMUTATIVE])
def test_all_writers_without_an_order_come_before_the_next_reader(
    words: Any, tmp_path: Path, direction: Any
) -> None:
    """And after the writer before."""
    path = str(tmp_path / "f")
    words.task(path=FILE_OUT)(_write)(path, "")
    append = words.task(path=direction)(_append)
    for _ in range(4):
        append(path, "x")

    assert words.wait_on(words.task(path=FILE_INOUT, returns=1)(_read)(path)) == "xxxx"


def test_each_file_of_a_collection_counts(words: Any, tmp_path: Path) -> None:
    """Another task may name one of them alone."""

    def write_all(paths: list[str]) -> None:
        for path in paths:
            Path(path).write_text(Path(path).name)

    def read_all(paths: list[str]) -> Any:
        return "".join(Path(path).read_text() for path in paths if Path(path).exists())

    paths = [str(tmp_path / name) for name in "abc"]
    words.task(paths=COLLECTION_FILE_OUT)(write_all)(paths)
    words.task(path=FILE_INOUT)(_append)(paths[1], "!")

    assert words.wait_on(words.task(paths=COLLECTION_FILE_IN, returns=1)(read_all)(paths)) == "ab!c"


def test_a_folder_is_one_thing(words: Any, tmp_path: Path) -> None:
    """Its readers wait for whoever puts something into it."""

    def add(folder: str, name: str) -> None:
        (Path(folder) / name).touch()

    def names(folder: str) -> Any:
        return sorted(path.name for path in Path(folder).iterdir())

    folder = str(tmp_path)
    add_into, list_of = words.task(folder=DIRECTORY_INOUT)(add), words.task(folder=DIRECTORY_IN)(names)
    add_into(folder, "a")
    before = list_of(folder)
    add_into(folder, "b")

    assert words.wait_on([before, list_of(folder)]) == [["a"], ["a", "b"]]
    add_into(folder, "c")
    assert words.wait_on_directory(folder) == folder
    assert names(folder) == ["a", "b", "c"]


@pytest.mark.breaks_by("FileNotFoundError")
def test_the_program_opens_a_file_when_it_is_its_turn(words: Any, tmp_path: Path) -> None:
    """To read it after its writers, to write it after its readers too."""
    path = str(tmp_path / "f")
    read = words.task(path=FILE_IN, returns=1)(_read)
    words.task(path=FILE_OUT)(_write)(path, "a")
    words.task(path=FILE_INOUT)(_append)(path, "b")

    with words.open(path) as file:
        assert file.read() == "ab"
    seen = read(path)
    with words.open(path, "w") as file:
        file.write("c")
    with words.open(path, "a") as file:
        file.write("d")
    assert words.wait_on([seen, read(path)]) == ["ab", "cd"]


@pytest.mark.breaks_by("FileNotFoundError")
def test_waiting_for_a_file_gives_its_name(words: Any, tmp_path: Path) -> None:
    """One, several, or lists of them, as they were given."""
    names = [str(tmp_path / "a"), str(tmp_path / "b")]
    for name in names:
        words.task(path=FILE_OUT)(_write)(name, "x")

    assert words.wait_on_file(names[0]) == names[0]
    assert words.wait_on_file(*names) == names
    assert words.wait_on_file([names[0], (names[1],)]) == [names[0], (names[1],)]
    assert Path(names[1]).read_text() == "x"


@pytest.mark.breaks_by("FileNotFoundError")
def test_a_file_exists_from_the_call_that_writes_it_to_its_removal(words: Any, tmp_path: Path) -> None:
    """Also before that task has run; it is removed after the tasks that read it."""
    path = str(tmp_path / "f")
    assert words.file_exists(path) is False
    words.task(path=FILE_OUT)(_write)(path, "a")
    assert words.file_exists(path) is True
    seen = words.task(path=FILE_IN, returns=1)(_read)(path)
    assert words.delete_file(path) is True
    assert words.file_exists([path]) == [False]

    assert words.wait_on(seen) == "a"
    words.barrier()
    assert not Path(path).exists()


@pytest.mark.holds_on_a_plain_pool("None is a value like any other")
def test_no_file_is_no_file(words: Any) -> None:
    """None as an argument stays None."""
    assert words.wait_on(words.task(path=FILE_IN, returns=1)(_read)(None)) is None


def test_a_task_that_would_wait_for_itself_is_refused(words: Any, tmp_path: Path) -> None:
    """It reads a file and writes the same one, by two parameters."""

    def convert(source: str, target: str) -> None: ...

    path = str(tmp_path / "f")

    with pytest.raises(ef.TaskDefinitionError, match=r"'convert' gets the file .* it would wait for itself"):
        words.task(source=FILE_IN, target=FILE_OUT)(convert)(path, path)
