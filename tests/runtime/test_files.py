"""Files and folders as arguments: tasks that name the same one wait for each other."""

from __future__ import annotations

from pathlib import Path

import pytest

import eflows_nb as ef
from eflows_nb.runtime.files import FileAccess, Files
from eflows_nb.tasks.data import PENDING, Broken, Datum, Turn
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.task import FunctionCode, Task


@ef.task(path=ef.FILE_INOUT)
def append(path: str, text: str) -> None:
    """Write at the end of a file."""
    with Path(path).open("a") as file:
        file.write(text)


@ef.task(path=ef.FILE_OUT)
def write(path: str, text: str) -> None:
    """Write a file anew."""
    Path(path).write_text(text)


@ef.task(path=ef.FILE_OUT)
def break_off(path: str) -> None:
    """Fail in the middle of writing."""
    raise RuntimeError("no space")


@ef.task(path=ef.FILE_IN)
def read(path: str) -> str:
    """Return what is in a file."""
    return Path(path).read_text()


@ef.task(paths=ef.COLLECTION_FILE_OUT)
def write_all(paths: list[str]) -> None:
    """Write the name of each file into it."""
    for path in paths:
        Path(path).write_text(Path(path).name)


def test_readers_and_writers_of_a_file_take_turns(tmp_path: Path) -> None:
    """Each reader sees what the writers before it have written, and nothing later."""
    seen = []
    for letter in "abc":
        append(tmp_path / "f", letter)
        seen.append(read(tmp_path / "f"))

    assert ef.wait_on(seen) == ["a", "ab", "abc"]


def test_a_writer_does_not_mind_a_failed_one_before(tmp_path: Path) -> None:
    """Only whoever reads what the failed one should have written is cancelled."""
    failed = break_off(tmp_path / "f")
    reader = read(tmp_path / "f")
    write(tmp_path / "f", "new")

    assert ef.wait_on(read(tmp_path / "f")) == "new"
    assert isinstance(failed.exception(), RuntimeError)
    with pytest.raises(ef.TaskCancelledError, match=r"'break_off'.* failed"):
        reader.result()


def test_each_file_of_a_collection_counts(tmp_path: Path) -> None:
    """A task that reads one of them waits for whoever writes them all."""
    write_all([tmp_path / "a", tmp_path / "b"])

    assert ef.wait_on(read(tmp_path / "b")) == "b"


def test_a_file_is_the_same_by_another_spelling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is where it lies."""
    monkeypatch.chdir(tmp_path)
    append("f", "x")

    assert ef.wait_on(read(str(tmp_path / "f"))) == "x"


def test_a_file_that_a_task_reads_and_writes_is_passed_once(tmp_path: Path) -> None:
    """By two parameters the task would wait for itself."""

    @ef.task(source=ef.FILE_IN, target=ef.FILE_OUT)
    def copy(source: str, target: str) -> None: ...

    with pytest.raises(
        ef.TaskDefinitionError, match=r"'copy' gets the file .*\('target' or .* Pass it once, as F"
    ):
        copy(tmp_path / "f", tmp_path / "f")


def test_many_readers_of_a_file_are_not_gone_through_each_time() -> None:
    """Those that are over are forgotten, but not looked for at each of the others."""
    looks = 0

    class CountedTurn(Turn):
        @property
        def value(self) -> object:  # type: ignore[override]
            nonlocal looks
            looks += 1
            return PENDING

        @value.setter
        def value(self, _: object) -> None: ...

    files = Files()
    for number in range(1000):
        access = FileAccess(files, "read")
        path = access.add("f", Direction.IN, "path")
        access.reads()
        access.enter(CountedTurn(number), {})

    assert len(files.of(path).turns) == 1000
    assert looks < 2000


def _task_on(files: Files, path: str, direction: Direction, number: int) -> tuple[Turn, list[Datum], Datum]:
    """Let a task use a file; return its turn, what it waits for, and what it writes, if it does."""
    access = FileAccess(files, "use")
    path = access.add(path, direction, "path")
    reads, turn, version = access.reads(), Turn(number), Datum(-number)
    access.enter(turn, {path: version})
    return turn, reads, version


def test_concurrent_writers_that_are_done_are_not_waited_for() -> None:
    """A reader looks at those that are still at it, or have failed; not at a thousand others."""
    files = Files()
    versions = [_task_on(files, "f", Direction.CONCURRENT, number)[2] for number in range(1000)]
    for version in versions[:-2]:
        version.value = None
    versions[-2].value = Broken(task=Task(1, FunctionCode(1, "use", b""), b"", ()))

    assert _task_on(files, "f", Direction.IN, 1001)[1] == versions[-2:]


def test_files_that_nobody_uses_any_more_are_forgotten() -> None:
    """In a session of weeks there are millions; what is still to be made, or was not, is remembered."""
    files = Files()
    pending = _task_on(files, "pending", Direction.OUT, 1)[2]
    failed = _task_on(files, "failed", Direction.OUT, 2)
    failed[0].value, failed[2].value = None, Broken(task=Task(1, FunctionCode(1, "use", b""), b"", ()))
    for number in range(3, 5000):
        turn, _, version = _task_on(files, f"{number}", Direction.OUT, number)
        turn.value = version.value = None
        reader, _, _ = _task_on(files, f"{number}", Direction.IN, -number)
        reader.value = None

    assert len(files) < 200
    assert _task_on(files, "pending", Direction.IN, 5000)[1] == [pending]
    assert _task_on(files, "failed", Direction.IN, 5001)[1] == [failed[2]]


def test_what_is_no_path_is_refused() -> None:
    """The parameter is named."""
    with pytest.raises(ef.TaskDefinitionError, match="'path' of 'read' takes a file, and 3 is no path"):
        read(3)


def test_waiting_for_a_file_raises_what_its_writer_raised(tmp_path: Path) -> None:
    """As waiting for a result does."""
    break_off(tmp_path / "f")

    with pytest.raises(RuntimeError, match="no space"):
        ef.wait_on_file(tmp_path / "f")


@pytest.mark.engines
def test_files_have_turns_on_engines_too(tmp_path: Path) -> None:
    """Also those that are written concurrently: whoever reads waits for all of them."""

    @ef.task(path=ef.FILE_CONCURRENT)
    def add(path: str) -> None:
        with Path(path).open("a") as file:
            file.write("x")

    with ef.start(engines=2):
        write(tmp_path / "f", "")
        ef.map(add, [tmp_path / "f"] * 8)
        assert ef.wait_on(read(tmp_path / "f")) == "x" * 8
        for letter in "abc":
            append(tmp_path / "f", letter)
        assert ef.wait_on(read(tmp_path / "f")) == "x" * 8 + "abc"
