"""What tasks write to file descriptors is taken, and told task by task."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.engine.output import LIMIT, OutputCapture

Told = list[tuple[int, int, str]]


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> Told:
    """Collect what is told: task, stream and text."""
    return []


@pytest.fixture
def capture(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OutputCapture]:
    """Capture the output of this process, which was in the test's folder when it began."""
    monkeypatch.chdir(tmp_path)
    made = OutputCapture(lambda *what: told.append(what))
    yield made
    made.close()


def test_each_task_is_told_what_it_wrote(capture: OutputCapture, told: Told) -> None:
    """Standard output and standard error apart, and nothing of a silent task."""
    with capture:
        capture.task = 1
        print("one")
        print("oh", file=sys.stderr)
        capture.end()
        capture.task = 2
        capture.end()
        capture.task = 3
        os.write(1, b"three")
        capture.end()

    assert told == [(1, 1, "one\n"), (1, 2, "oh\n"), (3, 1, "three")]


def test_what_is_below_a_stream_can_be_kept_and_written_to(capture: OutputCapture, told: Told) -> None:
    """Whoever has it from an earlier task is heard with the one in which it is written to."""
    with capture:
        capture.task = 1
        kept = sys.stdout.buffer
        capture.end()
        for task in (2, 3):
            capture.task = task
            kept.write(b"bytes")
            capture.end()

    assert told == [(2, 1, "bytes"), (3, 1, "bytes")]


def test_programs_are_heard_too(capture: OutputCapture, told: Told) -> None:
    """What Python has printed before comes before."""
    with capture:
        capture.task = 1
        print("python")
        subprocess.run(["echo", "program"], check=True)
        capture.end()

    assert told == [(1, 1, "python\nprogram\n")]


_NATIVE = """
import ctypes, sys
from eflows_nb.engine.output import OutputCapture

told = []
with OutputCapture(lambda *what: told.append(what)) as capture:
    for task in (1, 2):
        capture.task = task
        ctypes.CDLL(None).printf(b"C %d, ", task)
        print("first stream", file=sys.__stdout__)
        capture.end()
print(told)
"""


def test_native_code_is_heard_with_the_task_that_calls_it() -> None:
    """C holds back what it writes to a file, and so do the streams that Python began with."""
    environment = {name: os.environ[name] for name in os.environ if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, "-c", _NATIVE], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[(1, 1, 'C 1, first stream\\n'), (2, 1, 'C 2, first stream\\n')]\n"


def test_between_tasks_the_streams_are_as_before(
    capture: OutputCapture, told: Told, capfd: pytest.CaptureFixture[str]
) -> None:
    """Everything else that runs on the engine prints where it always did."""
    before = sys.stdout, sys.stderr
    with capture:
        pass
    assert (sys.stdout, sys.stderr) == before
    os.write(1, b"direct\n")

    assert capfd.readouterr().out == "direct\n"
    assert told == []


def test_a_task_that_replaces_a_stream_keeps_it_to_itself(capture: OutputCapture, told: Told) -> None:
    """Leaving `sys.stdout` redirected does not silence the next task."""
    before = sys.stdout
    with capture:
        capture.task = 1
        sys.stdout = sys.stderr
        capture.end()
    assert sys.stdout is before
    with capture:
        capture.task = 2
        print("heard")
        capture.end()

    assert told == [(2, 1, "heard\n")]


def test_what_a_task_does_to_a_stream_ends_with_it(
    capture: OutputCapture, told: Told, tmp_path: Path
) -> None:
    """The next task of the same slice is heard, and what the last one had written elsewhere is not lost."""
    with capture:
        capture.task = 1
        sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="latin-1")  # closes the buffer at its end
        print("wrapped", end="")
        capture.end()
        capture.task = 2
        sys.stderr = (tmp_path / "file").open("w")
        print("elsewhere", file=sys.stderr)
        capture.end()
        capture.task = 3
        print("out")
        print("err", file=sys.stderr)
        capture.end()

    assert told == [(1, 1, "wrapped"), (3, 1, "out\n"), (3, 2, "err\n")]
    assert (tmp_path / "file").read_text() == "elsewhere\n"


@pytest.mark.parametrize(
    "end", [lambda: sys.stdout.close(), lambda: sys.stdout.detach(), lambda: delattr(sys, "stdout")]
)
def test_a_task_that_ends_a_stream_harms_no_other(
    end: Callable[[], Any], capture: OutputCapture, told: Told
) -> None:
    """The next one has a new stream, and what was written before the end is told."""
    with capture:
        capture.task = 1
        print("last words")
        end()
        capture.end()
        capture.task = 2
        print("heard")
        capture.end()

    assert told == [(1, 1, "last words\n"), (2, 1, "heard\n")]


def test_what_is_not_text_does_not_break_anything(capture: OutputCapture, told: Told) -> None:
    """Bytes that are no UTF-8 are shown as replacement characters."""
    with capture:
        capture.task = 1
        os.write(1, b"\xff ok")
        capture.end()

    assert told == [(1, 1, "\ufffd ok")]


def test_more_than_the_limit_is_set_aside(
    capture: OutputCapture, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text ends with the name of a file that has all of it; the next task begins anew.

    The file is where the process began, wherever a task may have gone.
    """
    monkeypatch.chdir("/")
    with capture:
        capture.task = 1
        for _ in range(3):
            os.write(1, b"x" * (LIMIT // 2))
        capture.end()
        capture.task = 2
        print("short")
        capture.end()
    [file] = (tmp_path / ".eflows" / "output").iterdir()
    [(_, _, flood), following] = told

    assert flood.startswith("x" * LIMIT + "\n[")
    assert f"{3 * LIMIT // 2} bytes in all; they are in {file}" in flood
    assert file.stat().st_size == 3 * LIMIT // 2
    assert following == (2, 1, "short\n")


def test_a_flood_without_room_for_it_is_cut(
    capture: OutputCapture, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file cannot be written, that is told, and the task is not at fault."""
    (tmp_path / ".eflows").write_text("in the way")
    monkeypatch.chdir(tmp_path)
    with capture:
        capture.task = 1
        os.write(1, b"x" * (LIMIT + 1))
        capture.end()

    assert "the rest is lost" in told[0][2]


def test_what_finds_no_room_is_cut_and_the_task_goes_on(capture: OutputCapture, told: Told) -> None:
    """With a full temporary folder a print is no error, what is lost is told, and the next task is well."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, usual[1]))
    try:
        with capture:
            capture.task = 1
            print("x" * 1500)
            print("y" * 1500)
            capture.end()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    with capture:
        capture.task = 2
        print("fine")
        capture.end()

    (first, second) = told
    assert first[2].startswith("x" * 1000 + "\n[2002 bytes more are lost, in ")
    assert "File too large" in first[2]
    assert second == (2, 1, "fine\n")


def test_what_was_written_first_is_told_first() -> None:
    """Also when the task ends just while what it wrote before is told."""
    told: list[str] = []
    telling = threading.Event()
    ended = threading.Event()

    def tell(_task: int, _stream: int, text: str) -> None:
        if threading.current_thread() is not threading.main_thread():
            telling.set()
            ended.wait(0.2)
        told.append(text)

    capture = OutputCapture(tell)
    with capture:
        capture.task = 1
        print("first")
        assert telling.wait(10)
        print("second")
        capture.end()
        ended.set()
    capture.close()

    assert told == ["first\n", "second\n"]


def test_closing_twice_does_no_harm(capture: OutputCapture) -> None:
    """Whoever comes second has nothing to do."""
    capture.close()
    capture.close()
