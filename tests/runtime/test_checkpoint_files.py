"""A later session finds the files that tasks of an earlier one have written, and puts them back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

pytestmark = pytest.mark.engines

Run = Callable[..., subprocess.CompletedProcess[str]]

PROGRAM = """
import os, sys
from pathlib import Path
import eflows_nb as ef

@ef.task(path=ef.FILE_OUT)
def write(path, text):
    print("write", text)
    Path(path).write_text(text)
    os.chmod(path, 0o750)

@ef.task(path=ef.FILE_INOUT)
def append(path, text):
    print("append", text)
    with open(path, "a") as file:
        file.write(text)

@ef.task(path=ef.FILE_IN, folder=ef.DIRECTORY_OUT)
def split(path, folder):
    print("split")
    (Path(folder) / "sub").mkdir(parents=True, exist_ok=True)
    for place, letter in enumerate(Path(path).read_text()):
        (Path(folder) / "sub" / str(place)).write_text(letter)
    (Path(folder) / "first").unlink(missing_ok=True)
    (Path(folder) / "first").symlink_to("sub/0")

@ef.task(given=ef.FILE_IN, folder=ef.DIRECTORY_IN, others=ef.COLLECTION_FILE_OUT)
def count(given, folder, others):
    print("count")
    for other in others:
        Path(other).write_text("x" * 2_000_000)
    return len(Path(given).read_text()) + len(list((Path(folder) / "sub").iterdir()))

@ef.task(path=ef.FILE_CONCURRENT)
def beside(path):
    print("beside")

ef.start(engines=1, checkpoint="results")
write("a.txt", "ab")
append("a.txt", "c")
split("a.txt", "parts")
number = ef.wait_on(count("given.txt", "parts", ["big", "bigger"]))
beside("a.txt")
ef.barrier()
values = [number, Path("a.txt").read_text(), oct(Path("a.txt").stat().st_mode & 0o777)]
values += [Path("parts/first").read_text(), os.readlink("parts/first"), Path("bigger").stat().st_size]
print("values", values, flush=True)
"""
VALUES = "values [8, 'abc', '0o750', 'a', 'sub/0', 2000000]"
ALL = ["append c", "beside", "count", "split", "write ab"]


def _run(folder: Path, source: str = PROGRAM) -> subprocess.CompletedProcess[str]:
    (folder / "program.py").write_text(source)
    return subprocess.run(
        [sys.executable, "program.py"], cwd=folder, capture_output=True, text=True, check=False
    )


def _ran(ended: subprocess.CompletedProcess[str], values: str = VALUES) -> list[str]:
    """Return what the tasks that ran said; the values must be right."""
    *said, last = ended.stdout.splitlines()
    assert last == values, ended
    return sorted(said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder where the program has run: paths are inputs, so all tests run it there."""
    folder = tmp_path_factory.mktemp("program")
    (folder / "given.txt").write_text("given")
    assert _ran(_run(folder)) == ALL
    return folder


@pytest.fixture
def run(folder: Path) -> Run:
    """Run the program where it has run before, and what it made was removed."""
    (folder / "given.txt").write_text("given")
    for made in (folder / "a.txt", folder / "big", folder / "bigger"):
        made.unlink()
    shutil.rmtree(folder / "parts")
    return partial(_run, folder)


def test_files_and_folders_are_put_back(run: Run) -> None:
    """With their permissions and links; only what writes beside others runs again."""
    assert _ran(run()) == ["beside"]


def test_the_content_of_an_input_decides(run: Run, folder: Path) -> None:
    """Another content, of the same length, under the same name is another input."""
    (folder / "given.txt").write_text("GIVEN")

    assert _ran(run()) == ["beside", "count"]


def test_a_file_that_the_program_changes_between_two_tasks_is_another_input(run: Run) -> None:
    """What its name would have told is not true any more."""
    change = 'ef.wait_on_file("a.txt")\nPath("a.txt").write_text("ABC")\nsplit('
    source = PROGRAM.replace("\nsplit(", f"\n{change}")

    assert _ran(run(source), VALUES.replace("abc", "ABC").replace("'a'", "'A'")) == [
        "beside", "count", "split"
    ]  # fmt: skip


def test_a_damaged_file_is_told_and_made_again(run: Run, folder: Path) -> None:
    """Nothing wrong is put back, and nothing is left behind in the folder of the file."""
    [large] = [path for path in (folder / "results" / "files").rglob("*") if path.stat().st_size > 1e6]
    large.write_bytes(large.read_bytes()[:-1] + b"y")
    ended = run()

    assert _ran(ended) == ["beside", "count"]
    assert f"The file '{large}' of a checkpoint is damaged. The task runs again." in ended.stderr
    assert not list(folder.glob(".writing*"))
