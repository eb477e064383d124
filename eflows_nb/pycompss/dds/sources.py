"""Where the items of a partition come from: what is read is read by the task that needs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from eflows_nb.engine.packing import load

__all__ = ["FilePiece", "Files", "PickledFile", "Source", "groups_of_lines", "split_evenly"]

_CONTINUES = (0x80, 0xC0)  # a byte that continues a character of UTF-8, and the bits that say so


class Source(ABC):
    """Something that is read where the partition is computed."""

    __slots__ = ()

    @abstractmethod
    def read(self) -> list[Any]:
        """Return the items."""


@dataclass(frozen=True, slots=True)
class Files(Source):
    """Files with their content, as pairs of path and text.

    Parameters
    ----------
    paths
        The files.
    """

    paths: tuple[str, ...]

    def read(self) -> list[Any]:
        """Return a pair for each file."""
        return [(path, Path(path).read_text()) for path in self.paths]


@dataclass(frozen=True, slots=True)
class FilePiece(Source):
    """A piece of a text, as one item.

    Parameters
    ----------
    path
        The file, in UTF-8.
    start, size
        In bytes. A character belongs to the piece in which it begins.
    """

    path: str
    start: int
    size: int

    def read(self) -> list[Any]:
        """Return the text of the piece."""
        with Path(self.path).open("rb") as file:
            file.seek(self.start)
            data = file.read(self.size + 3)  # no character has more than four bytes
        first, end = _next_character(data, 0), _next_character(data, self.size)
        return [data[first:end].decode()] if first < end else []


def _next_character(data: bytes, place: int) -> int:
    continues, bits = _CONTINUES
    while place < len(data) and data[place] & bits == continues:
        place += 1
    return place


@dataclass(frozen=True, slots=True)
class PickledFile(Source):
    """Items that ``save_as_pickle`` has written; the file must be your own."""

    path: str

    def read(self) -> list[Any]:
        """Return the items."""
        return list(load(Path(self.path).read_bytes()))


def split_evenly(items: Sequence[Any], number: int) -> Iterator[Sequence[Any]]:
    """Yield `number` pieces of a sequence, which differ by one item at most."""
    size, rest = divmod(len(items), number)
    start = 0
    for place in range(number):
        end = start + size + (place < rest)
        yield items[start:end]
        start = end


def groups_of_lines(path: str, size: int, *, in_bytes: bool, strip: bool) -> Iterator[list[str]]:
    """Yield the lines of a file in groups.

    Parameters
    ----------
    size
        Of a group: the least number of characters, or with ``in_bytes=False`` the number of lines.
    strip
        Whether lines are without their ends.
    """
    with Path(path).open() as file:
        lines: Iterable[str] = (line.rstrip("\n") for line in file) if strip else file
        lines = iter(lines)
        if not in_bytes:
            while group := list(islice(lines, size)):
                yield group
            return
        group, length = [], 0
        for line in lines:
            group.append(line)
            length += len(line)
            if length >= size:
                yield group
                group, length = [], 0
        if group:
            yield group
