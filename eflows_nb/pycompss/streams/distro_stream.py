"""Streams of objects and files between tasks of this machine.

A stream is a folder that only the user may read. An object is a file in it; whoever polls takes files by
renaming them, so that each object is given out once, and no server is needed.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
import uuid
import warnings
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cloudpickle

from eflows_nb.engine.packing import load
from eflows_nb.errors import EflowsError
from eflows_nb.pycompss.refusal import UnexpectedArgumentWarning, UnsupportedError

__all__ = ["DistroStream", "FileDistroStream", "ObjectDistroStream", "PscoDistroStream"]

_PERIOD = 0.02
_root: Path | None = None


def _folder(alias: str | None) -> Path:
    global _root
    if _root is None:
        from eflows_nb.clusters.protection import Protection

        _root = Path(tempfile.mkdtemp(prefix="eflows-streams-"))
        protection = Protection()  # removes it also when this process is killed
        protection.add_folder(_root)
        atexit.register(protection.close)
        atexit.register(partial(shutil.rmtree, _root, ignore_errors=True))
    folder = _root / quote(alias or uuid.uuid4().hex, safe="")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


class DistroStream:
    """What streams of objects and of files have in common.

    Parameters
    ----------
    alias
        Streams of the same alias are one.
    access_mode
        Of no effect: each message is given out exactly once.
    """

    _type = ""

    def __init__(self, alias: str | None = None, access_mode: Any = None) -> None:
        self.alias = alias
        self._folder = _folder(alias)
        self._told = False

    def get_stream_id(self) -> str:
        """Return what tells it from others."""
        return self._folder.name

    def get_stream_alias(self) -> str | None:
        """Return its alias."""
        return self.alias

    def get_stream_type(self) -> str:
        """Return ``"OBJECT"`` or ``"FILE"``."""
        return self._type

    def register_producer(self) -> None:
        """Say that one more task will put something into it, and close it."""
        (self._folder / f"producer-{uuid.uuid4().hex}").touch()

    def close(self) -> None:
        """Say that nothing more will come from here; what has come is still given out."""
        (self._folder / f"closed-{uuid.uuid4().hex}").touch()

    def is_closed(self) -> bool:
        """Return whether all producers have said that nothing more will come, and nothing is left.

        What is left makes it False once until the next poll: a consumer that polls until the stream is closed
        misses nothing, and whoever only waits for the end does not wait for ever.
        """
        producers = sum(1 for _ in self._folder.glob("producer-*"))
        if sum(1 for _ in self._folder.glob("closed-*")) < max(1, producers):
            return False
        if self._left() and not self._told:
            self._told = True
            return False
        return True

    def poll(self, timeout: float | None = None) -> list[Any]:
        """Return what has come and nobody has taken.

        Parameters
        ----------
        timeout
            Milliseconds to wait for something to come; None does not wait.
        """
        self._told = False
        end = time.monotonic() + (timeout or 0) / 1000
        while not (found := self._take()) and time.monotonic() < end:
            time.sleep(_PERIOD)
        return found

    def _take(self) -> list[Any]:
        raise NotImplementedError

    def _left(self) -> bool:
        """Return whether something has come that nobody has taken."""
        raise NotImplementedError


class ObjectDistroStream(DistroStream):
    """A stream of objects."""

    _type = "OBJECT"

    def publish(self, message: Any) -> None:
        """Put an object into the stream."""
        name = f"{time.time_ns():020}-{uuid.uuid4().hex}"
        hidden = self._folder / f".{name}"
        hidden.write_bytes(cloudpickle.dumps(message, 5))
        hidden.rename(self._folder / f"{name}.object")

    def publish_list(self, messages: list[Any]) -> None:
        """Put each object of a list into the stream."""
        for message in messages:
            self.publish(message)

    def _take(self) -> list[Any]:
        taken = []
        for path in sorted(self._folder.glob("*.object")):
            mine = path.with_suffix(f".{uuid.uuid4().hex}")
            try:
                path.rename(mine)
            except FileNotFoundError:
                continue  # somebody else was faster
            taken.append(load(mine.read_bytes()))
            mine.unlink()
        return taken

    def _left(self) -> bool:
        return any(self._folder.glob("*.object"))


class FileDistroStream(DistroStream):
    """A stream of the files that appear in a folder.

    Parameters
    ----------
    alias
        Streams of the same alias are one.
    base_dir
        The folder; it may be left out where a stream of that alias has one.
    access_mode
        Of no effect: each file is given out exactly once.

    Raises
    ------
    EflowsError
        When no folder is known.
    """

    _type = "FILE"

    def __init__(
        self, alias: str | None = None, base_dir: str | None = None, access_mode: Any = None
    ) -> None:
        super().__init__(alias, access_mode)
        note = self._folder / "base"
        if base_dir is not None:
            note.write_text(str(Path(base_dir).absolute()))
        if not note.exists():
            raise EflowsError(
                f"FileDistroStream(alias={alias!r}) watches no folder, and no other stream of that alias has "
                "one. Give base_dir=…."
            )
        self.base_dir = Path(note.read_text())

    def publish(self, message: Any) -> None:
        """Warn that this does nothing: a file is published by writing it into the folder."""
        warnings.warn(
            "publish of a FileDistroStream has no effect: a file is published by being in its base_dir.",
            UnexpectedArgumentWarning,
            stacklevel=2,
        )

    publish_list = publish

    def _take(self) -> list[str]:
        taken: list[str] = []
        for path in self._files():
            try:
                self._mark(path).open("x").close()
            except FileExistsError:
                continue
            taken.append(str(path))
        return taken

    def _left(self) -> bool:
        return any(not self._mark(path).exists() for path in self._files())

    def _files(self) -> list[Path]:
        if not self.base_dir.is_dir():
            return []
        return sorted(path for path in self.base_dir.iterdir() if path.is_file())

    def _mark(self, path: Path) -> Path:
        """Return the file that says that a file was given out."""
        return self._folder / f"taken-{quote(path.name, safe='')}"


class PscoDistroStream(DistroStream):
    """A stream of objects of a persistent storage, which is refused."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise UnsupportedError(
            "A PscoDistroStream cannot be here: it needs a persistent storage of COMPSs, such as dataClay. "
            "Use an ObjectDistroStream."
        )
