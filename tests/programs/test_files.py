"""Files that a notebook opens, asks for and gives up while tasks use them."""

from __future__ import annotations

from pathlib import Path

import pytest

import eflows_nb as ef

pytestmark = pytest.mark.usefixtures("cluster")


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
