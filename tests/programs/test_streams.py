"""Streams of objects and files between tasks and the notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef

pytestmark = pytest.mark.usefixtures("cluster")


@ef.task(stream=ef.STREAM_OUT)
def produce(stream: Any, items: list[Any]) -> None:
    """Publish objects, and close."""
    stream.publish_all(items)
    stream.close()


@ef.task(stream=ef.STREAM_IN)
def consume(stream: Any) -> list[Any]:
    """Take what there is until the stream is closed."""
    return list(stream)


def test_objects_go_from_tasks_to_a_task() -> None:
    """Each once; the stream ends when all of its producers have closed it."""
    stream = ef.ObjectStream()
    produce(stream, [1, 2])
    produce(stream, [{"three": 3}])

    assert ef.wait_on(consume(stream)) == [1, 2, {"three": 3}]
    assert ef.wait_on(consume(stream)) == []
    assert stream.closed()


def test_the_notebook_takes_what_a_task_publishes() -> None:
    """Also by another stream of that alias, and the other way round."""
    stream = ef.ObjectStream("of-the-test")
    produce(stream, ["x"])
    assert list(ef.ObjectStream("of-the-test")) == ["x"]

    other = ef.ObjectStream()
    other.publish("y")
    assert other.poll() == ["y"]
    other.publish("z")
    other.close()
    assert ef.wait_on(consume(other)) == ["z"]


def test_files_that_appear_in_a_folder_are_a_stream(tmp_path: Path) -> None:
    """A task gets the path of each once."""

    @ef.task(stream=ef.STREAM_OUT)
    def write(stream: Any) -> None:
        for name in "ab":
            (stream.folder / name).write_text(name)
        stream.close()

    stream = ef.FileStream(tmp_path)
    write(stream)

    assert ef.wait_on(consume(stream)) == [tmp_path / "a", tmp_path / "b"]
    assert stream.poll() == []
