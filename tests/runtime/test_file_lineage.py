"""Lost results of tasks that use files: made again while the files are as they were, and never after that."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eflows_nb as ef
from eflows_nb.engine.messages import Code
from eflows_nb.runtime.graph import is_lost
from eflows_nb.tasks.data import Broken, Datum
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.state import TaskState

READ = (Code.MANY, [(Code.KEPT, 1 << 20), None])
"""What comes of a task that reads a file and returns a large value: that, and its turn."""
WRITTEN = (Code.MANY, [(Code.KEPT, 1 << 20), None, None])
"""The same of one that writes: with the version of the file."""


def _read(graph: Any) -> Datum:
    """Let engine 0 read the file, and hold the large result."""
    graph.engines(0)
    datum: Datum = graph.use_file(Direction.IN).outputs[0]
    graph.sent()
    graph.finish(0, READ)
    return datum


def _write(graph: Any) -> Datum:
    """Let engine 0 write the file, and hold the large result."""
    graph.engines(0)
    datum: Datum = graph.use_file(Direction.INOUT).outputs[0]
    graph.sent()
    graph.finish(0, WRITTEN)
    return datum


# Tasks that read ---------------------------------------------------------------------------------------


def test_what_was_read_from_a_file_is_shared_before_the_file_is_written(graph: Any) -> None:
    """Afterwards it could not be made again."""
    datum = _read(graph)
    writer = graph.use_file(Direction.INOUT)

    assert graph.exports() == [(0, datum.number)]
    assert writer.state is TaskState.WAITING
    graph.share(0, datum)
    assert graph.sent() == {0: [writer.number]}


def test_a_file_is_read_again_as_long_as_nobody_has_written_it(graph: Any) -> None:
    """Another reader does not matter."""
    datum = _read(graph)
    reader = graph.use_file(Direction.IN)
    assert graph.sent() == {0: [reader.number]}
    graph.finish(0, READ)
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want([datum])

    assert graph.sent() == {1: [datum.number]}


def test_what_is_lost_is_read_again_before_the_file_is_written(graph: Any) -> None:
    """The writer waits for it, and until the result is safe."""
    datum = _read(graph)
    graph.scheduler.engine_down(0)
    writer = graph.use_file(Direction.OUT)
    graph.engines(1)

    assert graph.sent() == {1: [datum.number]}
    graph.finish(1, READ)
    assert graph.exports() == [(1, datum.number)]
    graph.share(1, datum)
    assert graph.sent() == {1: [writer.number]}


def test_an_engine_that_dies_while_it_shares_is_made_up_for(graph: Any) -> None:
    """The file has not been written yet."""
    datum = _read(graph)
    writer = graph.use_file(Direction.INOUT)
    assert graph.exports() == [(0, datum.number)]
    graph.scheduler.engine_down(0)
    graph.engines(1)

    assert graph.sent() == {1: [datum.number]}
    assert writer.state is TaskState.WAITING
    graph.finish(1, READ)
    assert graph.exports() == [(1, datum.number)]


def test_what_was_made_of_a_file_by_others_is_shared_too(graph: Any) -> None:
    """It could only be made again from what the file was then, since that result has gone."""
    datum = _read(graph)
    derived = graph.result(datum)
    graph.sent()
    graph.finish(0, graph.kept)
    del datum
    writer = graph.use_file(Direction.INOUT)

    assert graph.exports() == [(0, derived.number)]
    graph.share(0, derived)
    assert graph.sent() == {0: [writer.number]}


def test_a_file_is_written_at_once_when_nobody_needs_what_was_read(graph: Any) -> None:
    """Results that have gone need no care."""
    datum = _read(graph)
    del datum
    writer = graph.use_file(Direction.INOUT)

    assert graph.sent() == {0: [writer.number]}


def test_a_writer_does_not_follow_a_reader_in_the_same_batch(graph: Any) -> None:
    """Between the two there must be time to make the result safe."""
    graph.engines(0)
    graph.know("f", 0.001)
    [datum, _] = graph.use_file(Direction.IN).outputs
    writer = graph.use_file(Direction.INOUT)

    assert graph.sent() == {0: [datum.number]}
    graph.finish(0, READ)
    assert graph.exports() == [(0, datum.number)]
    assert writer.state is TaskState.WAITING


def test_the_writer_after_one_that_was_cancelled_waits_for_the_readers(graph: Any) -> None:
    """The cancelled one has not waited for them to the end."""
    datum = _read(graph)
    first = graph.use_file(Direction.OUT)
    second = graph.use_file(Direction.OUT)
    graph.scheduler.cancel([first], "it was cancelled")
    third = graph.use_file(Direction.OUT)

    assert graph.exports() == [(0, datum.number)]
    assert {second.state, third.state} == {TaskState.WAITING}
    graph.share(0, datum)
    assert graph.sent() == {0: [second.number]}
    graph.finish(0, WRITTEN)
    assert graph.sent() == {0: [third.number]}


def test_a_result_that_cannot_be_shared_does_not_keep_a_file_from_being_written(graph: Any) -> None:
    """There is no room: it stays on its engine, and is an error when it is lost there."""
    datum = _read(graph)
    writer = graph.use_file(Direction.INOUT)
    graph.exports()
    graph.scheduler.exported(0, datum.number, None, "no room")

    assert graph.sent() == {0: [writer.number]}
    assert graph.holder(datum) == {0}
    graph.scheduler.engine_down(0)
    reader = graph.make(datum)
    assert type(datum.value) is Broken
    assert "'f' #1 was lost with its engine, and the task is not run again: files that" in (
        datum.value.failure.message
    )
    assert reader.state is TaskState.CANCELLED


def test_readers_that_nobody_has_to_mind_are_forgotten(graph: Any) -> None:
    """A file that is read a hundred thousand times does not remember each of them."""
    graph.engines(0)
    held = [graph.use_file(Direction.IN).outputs[0] for _ in range(1000)]
    while sent := graph.sent():
        for _ in sent[0]:
            graph.finish(0, READ)
    [file] = [graph.files.get(os.path.abspath("f"))]  # noqa: PTH100 - as files are named there
    del held[10:]
    graph.use_file(Direction.IN)
    for _ in range(1000):
        task = graph.use_file(Direction.IN)
        graph.scheduler.cancel([task], "it was cancelled")

    assert len(file.turns) < 200
    assert all(datum.producer.sources[0].is_open for datum in held)


def test_a_writer_waits_until_it_is_known_that_those_before_are_done(graph: Any) -> None:
    """If both were lost with an engine the first would run again, on what the second has written."""
    graph.engines(0)
    graph.know("f", 0.001)
    first, second = graph.use_file(Direction.INOUT), graph.use_file(Direction.INOUT)
    reader = graph.use_file(Direction.IN)

    assert graph.sent() == {0: [first.number]}
    graph.finish(0, WRITTEN)
    assert graph.sent() == {0: [second.number, reader.number]}


# Tasks that write --------------------------------------------------------------------------------------


def test_a_large_result_of_a_writer_is_shared_at_once(graph: Any) -> None:
    """The task cannot run again, as it would write twice."""
    datum = _write(graph)

    assert graph.exports() == [(0, datum.number)]
    graph.share(0, datum)
    graph.scheduler.engine_down(0)
    assert not is_lost(datum)


def test_a_writer_is_not_run_again(graph: Any) -> None:
    """A result that is lost before it is shared is an error for whoever asks for it, and reads it."""
    datum = _write(graph)
    graph.exports()
    graph.scheduler.engine_down(0)
    graph.engines(1)
    graph.scheduler.want([datum])
    reader = graph.make(datum)

    assert graph.sent() == {}
    assert "it writes to files, and would do so twice. Call it again; what" in datum.value.failure.message
    assert reader.state is TaskState.CANCELLED
    assert graph.scheduler.unfinished == 0


def test_a_task_that_waits_for_a_lost_result_of_a_writer_is_cancelled(graph: Any) -> None:
    """It was ready before, and its engine had not begun it."""
    datum = _write(graph)
    graph.exports()
    reader = graph.make(datum)
    graph.scheduler.engine_down(0)
    graph.engines(1)

    assert graph.sent() == {}
    assert reader.state is TaskState.CANCELLED


def test_a_result_of_a_writer_that_nobody_refers_to_is_not_shared(graph: Any) -> None:
    """Most writers return something only by the way."""
    graph.engines(0)
    graph.use_file(Direction.INOUT)
    graph.sent()
    graph.finish(0, WRITTEN)

    assert graph.exports() == []


# With engines ------------------------------------------------------------------------------------------


@ef.task(path=ef.FILE_IN)
def load(path: str) -> Any:
    """Return the array in a file, and note that it was read."""
    with Path(path + ".reads").open("a") as file:
        file.write("x")
    return np.fromfile(path)


@ef.task(path=ef.FILE_INOUT)
def edit(path: str) -> None:
    """Write twos."""
    np.full(100_000, 2.0).tofile(path)


@ef.task(path=ef.FILE_INOUT)
def log(path: str) -> Any:
    """Add to a file, and return a large array."""
    with Path(path).open("a") as file:
        file.write("x")
    return np.zeros(100_000)


@ef.task
def process() -> int:
    """Return the number of the process that runs the task."""
    return os.getpid()


@pytest.mark.engines
def test_a_lost_result_is_what_it_was_when_its_file_has_changed_since(tmp_path: Path) -> None:
    """By a task or by the program; and whoever appends to a file does it once."""
    first, second, journal = (str(tmp_path / name) for name in ("first", "second", "journal"))
    np.full(100_000, 1.0).tofile(first)
    np.full(100_000, 1.0).tofile(second)
    with ef.start(engines=1):
        engine = ef.wait_on(process())
        loaded, opened, logged = load(first), load(second), log(journal)
        edit(first)
        with ef.open(second, "wb") as file:
            file.write(b"nothing")
        ef.barrier()
        ef.wait_on(edit(str(tmp_path / "other")))  # what was asked before it has been answered
        os.kill(engine, signal.SIGKILL)

        assert ef.wait_on(loaded)[0] == ef.wait_on(opened)[0] == 1.0
        assert ef.wait_on(logged)[0] == 0.0
    assert Path(journal).read_text() == "x"
    assert Path(first + ".reads").read_text() == "x"


@pytest.mark.engines
def test_a_lost_result_is_read_again_from_a_file_that_nobody_has_changed(tmp_path: Path) -> None:
    """That costs less than to share whatever is read."""
    path = str(tmp_path / "f")
    np.full(100_000, 1.0).tofile(path)
    with ef.start(engines=1):
        engine = ef.wait_on(process())
        loaded = load(path)
        ef.barrier()
        os.kill(engine, signal.SIGKILL)
        edit(path)

        assert ef.wait_on(loaded)[0] == 1.0
    assert Path(path + ".reads").read_text() == "xx"
