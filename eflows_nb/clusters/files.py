"""Shared files of the engines of a cluster, as the client sees them."""

from __future__ import annotations

from typing import Protocol

from eflows_nb.engine import shared
from eflows_nb.engine.shared import SharedFile

__all__ = ["Files", "FilesHere"]


class Files(Protocol):
    """Lets shared files of the client be read by engines, and the other way round."""

    def outgoing(self, file: SharedFile) -> SharedFile:
        """Return a file of the client as engines are told of it."""
        ...

    def is_here(self, file: SharedFile) -> bool:
        """Return whether the client can map a file without fetching it."""
        ...

    def fetch(self, file: SharedFile) -> SharedFile:
        """Bring a file to the client's node, where it outlives the engines; return it with its path here.

        Raises
        ------
        OSError
            When it is gone, or there is no room for it.
        """
        ...

    def remove(self, file: SharedFile) -> None:
        """Remove a file wherever it is."""

    def remove_after(self, begin: str, number: int) -> None:
        """Remove what a lost engine shared after the last that was heard of (`shared.remove_after`)."""


class FilesHere:
    """All engines are on the client's node."""

    def outgoing(self, file: SharedFile) -> SharedFile:
        """Return the file."""
        return file

    def is_here(self, file: SharedFile) -> bool:
        """Return True."""
        return True

    def fetch(self, file: SharedFile) -> SharedFile:
        """Return the file."""
        return file

    def remove(self, file: SharedFile) -> None:
        """Remove the file."""
        shared.remove(file)

    def remove_after(self, begin: str, number: int) -> None:
        """Remove the files."""
        shared.remove_after(begin, number)
