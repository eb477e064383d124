"""Files and folders that tasks have written, in a folder from which a later session puts them back.

Each content is kept once, under its digest. What a task has left at a path is a list of entries: one for a
file, one for each file, link and folder of a folder, none where there is nothing.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["Entry", "digest", "keep", "put_back", "stamp"]

_BLOCK = 1 << 20
_SETTLED_SECONDS = 1.0  # a file younger than that may change again without another time of change

_known: dict[tuple[str, int, int, int], str] = {}


class Entry(NamedTuple):
    """One file, link or folder.

    Parameters
    ----------
    path
        Where it is, relative to the path that the task was given; empty for that itself.
    mode
        Its permissions, 0 for a link.
    content
        The digest of a file, the target of a link, empty for a folder.
    kind
        ``"file"``, ``"link"`` or ``"folder"``.
    """

    path: str
    mode: int
    content: str
    kind: str


def digest(path: str) -> str:
    """Return a digest of what is at a path: the content of a file, or of all that is in a folder.

    Raises
    ------
    OSError
        When it cannot be read, or is neither a file nor a folder.
    """
    whole = hashlib.blake2b(digest_size=20)
    for entry, place in _entries(path):
        content = _digest_of_file(place) if entry.kind == "file" else entry.content
        whole.update(repr((entry.path, entry.mode & 0o111, content, entry.kind)).encode())
    return whole.hexdigest()


def stamp(path: str) -> str:
    """Return a text that is another one when something at a path has been written to, empty if unknown.

    Small files are read, of large ones size and times are looked at.
    """
    whole = hashlib.blake2b(digest_size=20)
    try:
        for entry, place in _entries(path):
            known = entry.content
            if entry.kind == "file":
                told = os.stat(place)  # noqa: PTH116
                large = told.st_size > _BLOCK
                known = (
                    str((told.st_size, told.st_mtime_ns, told.st_ino)) if large else _digest_of_file(place)
                )
            whole.update(repr((*entry, known)).encode())
    except OSError:
        return ""
    return whole.hexdigest()


def keep(path: str, folder: Path) -> list[Entry]:
    """Keep what is at a path; return what it consists of.

    Raises
    ------
    OSError
        When it cannot be read or kept, or is neither a file nor a folder.
    """
    kept: list[Entry] = []
    for entry, place in _entries(path):
        content = _keep_content(place, folder) if entry.kind == "file" else entry.content
        kept.append(entry._replace(content=content))
    return kept


def put_back(path: str, entries: list[Entry], folder: Path) -> None:
    """Make a path what was kept of it: as a whole, or it is left as it is.

    Raises
    ------
    OSError
        When it cannot be written.
    ValueError
        When a content is not there any more, or is damaged.
    """
    target = os.path.realpath(path)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=Path(target).parent) as room:
        made, before = str(Path(room) / "made"), str(Path(room) / "before")
        for entry in entries:
            _make(os.path.join(made, entry.path) if entry.path else made, entry, folder)  # noqa: PTH118
        for entry in reversed(entries):
            if entry.kind == "folder" and entry.path:  # only now: it may be one that nothing can be put into
                os.chmod(os.path.join(made, entry.path), entry.mode)  # noqa: PTH101, PTH118
        is_file = bool(entries) and entries[0].kind == "file"
        if os.path.lexists(target) and not (is_file and not Path(target).is_dir()):
            os.rename(target, before)  # noqa: PTH104
        if entries:
            os.replace(made, target)  # noqa: PTH105
            os.chmod(target, entries[0].mode)  # noqa: PTH101


def _entries(path: str) -> Iterator[tuple[Entry, str]]:
    """Return all that is at a path, each folder before what is in it, and where it lies."""
    try:
        told = os.stat(path)  # noqa: PTH116 - a link that was given stands for what it leads to
    except FileNotFoundError:
        return
    yield from _walk(path, "", told)


def _walk(place: str, name: str, told: os.stat_result) -> Iterator[tuple[Entry, str]]:
    mode = stat.S_IMODE(told.st_mode)
    if stat.S_ISREG(told.st_mode):
        yield Entry(name, mode, "", "file"), place
    elif stat.S_ISLNK(told.st_mode):
        yield Entry(name, 0, os.readlink(place), "link"), place  # noqa: PTH115
    elif stat.S_ISDIR(told.st_mode):
        yield Entry(name, mode, "", "folder"), place
        for inner in sorted(os.scandir(place), key=lambda one: one.name):
            below = f"{name}/{inner.name}" if name else inner.name
            yield from _walk(inner.path, below, inner.stat(follow_symlinks=False))
    else:
        raise OSError(f"'{place}' is neither a file nor a folder")


def _digest_of_file(place: str) -> str:
    told = os.stat(place)  # noqa: PTH116
    key = (place, told.st_size, told.st_mtime_ns, told.st_ino)
    found = _known.get(key)
    if found is None:
        content = hashlib.blake2b(digest_size=20)
        with Path(place).open("rb") as file:
            while block := file.read(_BLOCK):
                content.update(block)
        found = content.hexdigest()
        if told.st_size > _BLOCK and time.time() - told.st_mtime > _SETTLED_SECONDS:
            _known[key] = found
    return found


def _place_of(content: str, folder: Path) -> Path:
    return folder / "files" / content[:2] / content


def _keep_content(place: str, folder: Path) -> str:
    """Copy a file to where contents are kept, unless its content is there; return the digest of that."""
    room = folder / "files"
    room.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".writing-", dir=room)
    try:
        content = hashlib.blake2b(digest_size=20)
        with os.fdopen(descriptor, "wb") as copy, Path(place).open("rb") as file:
            while block := file.read(_BLOCK):
                content.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        target = _place_of(content.hexdigest(), folder)
        target.parent.mkdir(exist_ok=True)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target.name


def _make(place: str, entry: Entry, folder: Path) -> None:
    if entry.kind == "folder":
        Path(place).mkdir()
    elif entry.kind == "link":
        Path(place).symlink_to(entry.content)
    else:
        source = _place_of(entry.content, folder)
        content = hashlib.blake2b(digest_size=20)
        try:
            with source.open("rb") as file, Path(place).open("wb") as copy:
                while block := file.read(_BLOCK):
                    content.update(block)
                    copy.write(block)
        except FileNotFoundError as error:
            raise ValueError(f"The file '{source}' of a checkpoint is not there.") from error
        if content.hexdigest() != entry.content:
            raise ValueError(f"The file '{source}' of a checkpoint is damaged.")
        os.chmod(place, entry.mode)  # noqa: PTH101
