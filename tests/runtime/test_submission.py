"""A call leaves either a task and its versions, or nothing at all."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.runtime import session
from eflows_nb.runtime.arguments import Arguments
from eflows_nb.runtime.files import FileAccess
from eflows_nb.tasks.state import TaskState


@ef.task(items=ef.INOUT)
def append(items: list[int], x: Any = 1) -> None:
    """Change a list."""
    items.append(x)


@ef.task(items=ef.COLLECTION_OUT, path=ef.FILE_INOUT)
def fill(items: list[list[int]], path: str, x: Any = 1) -> None:
    """Fill lists, and write a file."""
    for item in items:
        item.append(x)
    Path(path).write_text("filled")


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let results be kept, by a folder in which every call fails."""

    class Full:
        def inputs(self, *_: Any) -> bytes:
            return b""

        def place(self, *_: Any) -> str:
            raise OSError("no room")

    monkeypatch.setattr(session.current(), "_checkpoint", Full())


@pytest.mark.usefixtures("checkpoint")
def test_a_call_that_fails_late_leaves_no_version() -> None:
    """Nobody would make it, and whoever waits for the object would wait for ever."""
    items = [0]
    with pytest.raises(OSError, match="no room"):
        append(items)

    assert ef.wait_on(items, timeout=10) is items


@pytest.mark.usefixtures("checkpoint")
def test_a_call_that_fails_late_leaves_collections_and_files_alone(tmp_path: Path) -> None:
    """The newest version of a collection is that of before, and the file has no writer."""
    items: list[list[int]] = [[], []]
    with pytest.raises(OSError, match="no room"):
        fill(items, str(tmp_path / "file"))

    assert ef.wait_on(items, timeout=10) is items
    ef.wait_on_file(tmp_path / "file", timeout=10)


def test_a_collection_of_which_a_filling_was_refused_is_the_one_of_before(tmp_path: Path) -> None:
    """What cannot be pickled is found out after the collection was looked at."""

    class Refusing:
        def __reduce__(self) -> str:
            raise ValueError("not this one")

    items: list[list[int]] = [[], []]
    append(items, [5])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not this one"):
        fill(items, str(tmp_path / "file"), x=Refusing())

    assert ef.wait_on(items, timeout=10) == [[], [], [5]]


@pytest.mark.parametrize("step", [(Arguments, "write"), (FileAccess, "enter")], ids=["object", "file"])
def test_an_interrupt_during_a_call_comes_when_the_task_is_submitted(
    step: tuple[type, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it writes is then made, and can be waited for."""
    plain = getattr(*step)

    def interrupted(*args: Any) -> None:
        plain(*args)
        signal.raise_signal(signal.SIGINT)

    items: list[list[int]] = [[], []]
    with monkeypatch.context() as patch:
        patch.setattr(*step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            fill(items, str(tmp_path / "file"))

    assert ef.wait_on(items, timeout=10) == [[1], [1]]
    assert ef.wait_on_file(tmp_path / "file", timeout=10).read_text() == "filled"


def test_an_interrupted_call_belongs_to_its_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its block cancels what it has submitted, and nothing else."""
    with pytest.raises(KeyboardInterrupt), ef.group() as group:  # noqa: PT012
        plain = Arguments.write

        def interrupted(*args: Any) -> None:
            plain(*args)
            signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(Arguments, "write", interrupted)
        append([0])

    ef.barrier(10)
    assert [future.state for future in group.futures] == [TaskState.CANCELLED]
