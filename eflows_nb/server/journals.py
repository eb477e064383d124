"""The journals below the root of a server: found, opened and removed, and nothing else on the disk.

No link is followed, neither of a folder nor of a file, and of what is hidden only folders called ``.eflows``
are looked into. So a path from outside can neither climb out of the root nor reach what the server hides.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FOLDER", "JournalFile", "JournalTree"]

FOLDER = ".eflows"
"""Name of the hidden folders in which sessions leave their journals."""

_NAME = re.compile(r"journal[^/\0]*\.jsonl")
_LEFT_OUT = frozenset({"node_modules", "__pycache__", "site-packages"})
_DEPTH = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalFile:
    """A file with the name of a journal.

    Parameters
    ----------
    path
        Below the root, with ``/``.
    inode, size, modified
        What identifies its content: it is only ever appended to.
    """

    path: str
    inode: int
    size: int
    modified: float


class JournalTree:
    """The journals below a folder.

    Parameters
    ----------
    root
        The folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, *, seconds: float) -> tuple[list[JournalFile], bool]:
        """Return the journals, and whether all folders could be looked at in this time."""
        deadline = time.monotonic() + seconds
        found: list[JournalFile] = []
        folders = deque([("", 0)])
        while folders:
            if time.monotonic() > deadline:
                return found, False
            folder, depth = folders.popleft()
            with suppress(OSError), os.scandir(self._root / folder) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if depth < _DEPTH and _may_enter(entry.name):
                            folders.append((path, depth + 1))
                    elif _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        found.append(
                            JournalFile(
                                path=path,
                                inode=status.st_ino,
                                size=status.st_size,
                                modified=status.st_mtime,
                            )
                        )
        return found, True

    def open(self, path: str) -> BinaryIO:
        """Return the opened file of a journal.

        Raises
        ------
        FileNotFoundError
            When there is no journal at this path below the root, whatever else there may be.
        """
        with self._folder_of(path) as (folder, name):
            try:
                # Without waiting: a pipe of this name would hold the server up for ever.
                descriptor = os.open(
                    name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
                )
            except OSError as error:
                raise FileNotFoundError(path) from error
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise FileNotFoundError(path)
            return os.fdopen(descriptor, "rb")

    def remove(self, path: str) -> None:
        """Remove a journal.

        Raises
        ------
        FileNotFoundError
            When there is none at this path.
        """
        self.open(path).close()
        with self._folder_of(path) as (folder, name):
            os.unlink(name, dir_fd=folder)

    @contextmanager
    def _folder_of(self, path: str) -> Iterator[tuple[int, str]]:
        """Give an open descriptor of the folder of a journal, and the name of the journal in it."""
        *folders, name = path.split("/")
        if not _NAME.fullmatch(name) or not all(map(_may_enter, folders)):
            raise FileNotFoundError(path)
        descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for folder in folders:
                try:
                    inner = os.open(
                        folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor
                    )
                except OSError as error:
                    raise FileNotFoundError(path) from error
                os.close(descriptor)
                descriptor = inner
            yield descriptor, name
        finally:
            os.close(descriptor)


def _may_enter(folder: str) -> bool:
    if folder == FOLDER:
        return True
    return bool(folder) and not folder.startswith(".") and "\0" not in folder and folder not in _LEFT_OUT
