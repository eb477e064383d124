"""Files in the words of PyCOMPSs: waiting, opening, deleting, whether they exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pycompss.api.api import (
    compss_barrier,
    compss_delete_file,
    compss_file_exists,
    compss_open,
    compss_wait_on,
    compss_wait_on_directory,
    compss_wait_on_file,
)
from pycompss.api.parameter import (
    COLLECTION_FILE_IN,
    COLLECTION_FILE_OUT,
    DIRECTORY_INOUT,
    FILE_CONCURRENT,
    FILE_IN,
    FILE_INOUT,
    FILE_OUT,
)
from pycompss.api.task import task


@task(path=FILE_OUT)
def write(path: str, text: str) -> None:
    """Write a file anew."""
    Path(path).write_text(text)


@task(path=FILE_INOUT)
def append(path: str, text: str) -> None:
    """Write at its end."""
    with Path(path).open("a") as file:
        file.write(text)


@task(path=FILE_IN, returns=1)
def read(path: str | None) -> Any:
    """Return what is in it."""
    return path if path is None else Path(path).read_text()


def test_a_file_is_opened_when_it_is_written(tmp_path: Path) -> None:
    """All that was submitted before has been done then."""
    path = str(tmp_path / "f")
    write(path, "a")
    append(path, "b")

    with compss_open(path) as file:
        assert file.read() == "ab"
    with compss_open(path, "a") as file:
        file.write("c")
    assert compss_wait_on(read(path)) == "abc"


def test_names_are_returned_as_they_were_given(tmp_path: Path) -> None:
    """One, several, or lists of them."""
    names = [str(tmp_path / "a"), str(tmp_path / "b")]
    for name in names:
        write(name, "x")

    assert compss_wait_on_file(names[0]) == names[0]
    assert compss_wait_on_file(*names) == names
    assert compss_wait_on_file([names[0], (names[1],)]) == [names[0], (names[1],)]


def test_a_file_exists_from_the_task_that_writes_it_to_its_removal(tmp_path: Path) -> None:
    """Also before that task has run, and after the removal was asked for."""
    path = str(tmp_path / "f")
    assert compss_file_exists(path) is False
    write(path, "a")
    assert compss_file_exists(path) is True
    seen = read(path)
    assert compss_delete_file(path) is True
    assert compss_file_exists([path]) == [False]
    compss_barrier()

    assert compss_wait_on(seen) == "a"
    assert not Path(path).exists()


def test_no_file_is_no_file() -> None:
    """None as an argument stays None."""
    assert compss_wait_on(read(None)) is None


def test_collections_of_files_and_folders(tmp_path: Path) -> None:
    """Each file counts; a folder is one thing."""

    @task(paths=COLLECTION_FILE_OUT)
    def write_all(paths: list[str]) -> None:
        for path in paths:
            Path(path).write_text(Path(path).name)

    @task(paths=COLLECTION_FILE_IN, returns=1)
    def read_all(paths: list[str]) -> Any:
        return "".join(Path(path).read_text() for path in paths)

    @task(folder=DIRECTORY_INOUT)
    def add(folder: str, name: str) -> None:
        (Path(folder) / name).touch()

    paths = [str(tmp_path / name) for name in "abc"]
    write_all(paths)
    append(paths[1], "!")
    assert compss_wait_on(read_all(paths)) == "ab!c"
    (tmp_path / "folder").mkdir()
    add(str(tmp_path / "folder"), "x")
    add(str(tmp_path / "folder"), "y")
    compss_wait_on_directory(str(tmp_path / "folder"))
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["x", "y"]


def test_concurrent_writers_are_all_waited_for(tmp_path: Path) -> None:
    """By whoever reads the file next."""

    @task(path=FILE_CONCURRENT)
    def add(path: str) -> None:
        with Path(path).open("a") as file:
            file.write("x")

    path = str(tmp_path / "f")
    write(path, "")
    for _ in range(4):
        add(path)

    assert compss_wait_on(read(path)) == "xxxx"
