"""Streams: what one task publishes, others take while it runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from eflows_nb.pycompss.streams.distro_stream import FileDistroStream, ObjectDistroStream

__all__ = ["FileStream", "ObjectStream"]

T = TypeVar("T")

_PERIOD = 0.5


class _Stream(ABC, Generic[T]):
    """What streams have in common: they end when their producers have closed them."""

    _stream: ObjectDistroStream | FileDistroStream

    @abstractmethod
    def poll(self, timeout: float = 0) -> list[T]:
        """Return what has come and nobody has taken, after at most `timeout` seconds."""

    def close(self) -> None:
        """Say that nothing more comes from this task; what has come is still given out."""
        self._stream.close()

    def closed(self) -> bool:
        """Return whether all producers have closed it, and nothing is left that was not polled for."""
        return self._stream.is_closed()

    def register_producer(self) -> None:
        """Say that one more task will publish, and close it; a call with `STREAM_OUT` does that."""
        self._stream.register_producer()

    def __iter__(self) -> Iterator[T]:
        while not self.closed():
            yield from self.poll(_PERIOD)
        yield from self.poll()


class ObjectStream(_Stream[Any]):
    """A stream of objects between tasks of one host, and the notebook.

    Each object is given out once, to whoever asks first. The tasks to which it is passed as `STREAM_OUT` are
    its producers: it ends when all of them have closed it. A loop over it ends then.

    Parameters
    ----------
    alias
        Streams of the same alias are one; None for one of its own.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.task(stream=ef.STREAM_OUT)
    ... def produce(stream, count):
    ...     for number in range(count):
    ...         stream.publish(number)
    ...     stream.close()
    >>> @ef.task(stream=ef.STREAM_IN)
    ... def consume(stream):
    ...     return sum(stream)
    >>> stream = ef.ObjectStream()
    >>> _ = produce(stream, 4)
    >>> ef.wait_on(consume(stream))
    6
    """

    _stream: ObjectDistroStream

    def __init__(self, alias: str | None = None) -> None:
        self._stream = ObjectDistroStream(alias)

    def publish(self, item: Any) -> None:
        """Put an object into the stream."""
        self._stream.publish(item)

    def publish_all(self, items: Iterable[Any]) -> None:
        """Put each of many objects into the stream, one after the other."""
        for item in items:
            self._stream.publish(item)

    def poll(self, timeout: float = 0) -> list[Any]:
        """Return what has come and nobody has taken, after at most `timeout` seconds."""
        return self._stream.poll(timeout * 1000)


class FileStream(_Stream[Path]):
    """A stream of the files that appear in a folder, between tasks of one host, and the notebook.

    A file is published by being there: write it elsewhere, and rename it into the folder when it is complete.
    Each path is given out once. As with `ObjectStream`, it ends when its producers have closed it.

    Parameters
    ----------
    folder
        The folder.
    alias
        Streams of the same alias are one; None for one of its own.

    Examples
    --------
    >>> import eflows_nb as ef, pathlib, tempfile
    >>> @ef.task(stream=ef.STREAM_OUT)
    ... def produce(stream):
    ...     (stream.folder / "a.txt").write_text("1")
    ...     stream.close()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     stream = ef.FileStream(folder)
    ...     _ = produce(stream)
    ...     [path.name for path in stream]
    ['a.txt']
    """

    _stream: FileDistroStream

    def __init__(self, folder: str | Path, *, alias: str | None = None) -> None:
        self._stream = FileDistroStream(alias, str(folder))

    @property
    def folder(self) -> Path:
        """The folder, as an absolute path."""
        return self._stream.base_dir

    def poll(self, timeout: float = 0) -> list[Path]:
        """Return the files that have come and nobody has taken, after at most `timeout` seconds."""
        return [Path(path) for path in self._stream.poll(timeout * 1000)]
