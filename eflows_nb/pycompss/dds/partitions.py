"""A list of partitions, what is done to each of them, and how their items come to the program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from eflows_nb.errors import EflowsError
from eflows_nb.pycompss.dds.sources import (
    FilePiece,
    Files,
    PickledFile,
    Source,
    groups_of_lines,
    split_evenly,
)
from eflows_nb.pycompss.dds.tasks import Step, compute
from eflows_nb.pycompss.waiting import wait_for

__all__ = ["Partition", "Partitions"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Partition:
    """One part of a data set: a task computes it when its items are asked for.

    Parameters
    ----------
    source
        Its items, a future of them, a list of futures, or something that the task reads.
    steps
        What is done to them, the first one first.
    """

    source: Any
    steps: tuple[Step, ...] = ()

    def then(self, step: Step) -> Partition:
        """Return the partition with one more step."""
        return replace(self, steps=(*self.steps, step))

    def future(self) -> Any:
        """Return a future of its items, or what it was given as where nothing is to be done."""
        if self.steps or isinstance(self.source, Source):
            return compute(self.source, self.steps)
        return self.source


class Partitions:
    """The part of a data set that knows of no items: how it is loaded, composed and collected.

    Functions that load fill the data set, and return it. All others return a new one.
    """

    def __init__(self) -> None:
        self.partitions: list[Partition] = []

    def load(self, iterator: Any, num_of_parts: int = 10, paac: bool = False) -> Self:
        """Fill the data set with items.

        Parameters
        ----------
        iterator
            The items; those of a dict are its pairs, in the order of the keys.
        num_of_parts
            The number of partitions. With -1 each item is a partition: a list or the future of one.
        paac
            Whether each partition is a list of futures: then what is done to it finds their values.

        Raises
        ------
        EflowsError
            For another number of partitions.
        """
        if num_of_parts == -1:
            self.partitions = [Partition(source=part) for part in iterator]
            return self
        _check_number(num_of_parts)
        if isinstance(iterator, dict):
            iterator = [(key, iterator[key]) for key in sorted(iterator)]
        items = list(iterator)
        pieces = split_evenly(items, num_of_parts) if items else ()
        self.partitions = [Partition(source=piece) for piece in pieces]
        return self

    def load_file(self, file_path: str, chunk_size: int = 1024, worker_read: bool = False) -> Self:
        """Fill the data set with the text of a file, an item for each piece of it.

        Parameters
        ----------
        chunk_size
            Number of characters of a piece; of bytes with `worker_read`.
        worker_read
            Whether the tasks read the file, not the program.
        """
        _check_number(chunk_size, "chunk_size")
        if worker_read:
            pieces = range(0, Path(file_path).stat().st_size, chunk_size)
            found: Iterable[Any] = (FilePiece(str(file_path), start, chunk_size) for start in pieces)
        else:
            text = Path(file_path).read_text()
            found = ([text[start : start + chunk_size]] for start in range(0, len(text), chunk_size))
        self.partitions += [Partition(source=piece) for piece in found]
        return self

    def load_text_file(
        self, file_name: str, chunk_size: int = 1024, in_bytes: bool = True, strip: bool = True
    ) -> Self:
        """Fill the data set with the lines of a file.

        Parameters
        ----------
        chunk_size
            Of a partition: characters, or with ``in_bytes=False`` lines.
        strip
            Whether lines are without their ends.
        """
        _check_number(chunk_size, "chunk_size")
        groups = groups_of_lines(file_name, chunk_size, in_bytes=in_bytes, strip=strip)
        self.partitions += [Partition(source=group) for group in groups]
        return self

    def load_files_from_dir(self, dir_path: str, num_of_parts: int = -1) -> Self:
        """Fill the data set with the files of a folder: pairs of path and text, read by the tasks.

        Parameters
        ----------
        num_of_parts
            The number of partitions, -1 for one each file.
        """
        paths = _files(dir_path)
        number = len(paths) if num_of_parts == -1 else num_of_parts
        if paths:
            _check_number(number)
            self.partitions += [Partition(source=Files(tuple(some))) for some in split_evenly(paths, number)]
        return self

    def load_pickle_files(self, dir_path: str) -> Self:
        """Fill the data set with what `save_as_pickle` has written, a partition each file.

        The files must be your own: whoever can write a pickle can run code here.
        """
        self.partitions += [Partition(source=PickledFile(path)) for path in _files(dir_path)]
        return self

    def num_of_partitions(self) -> int:
        """Return the number of partitions.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load(range(10), 5).num_of_partitions()
        5
        """
        return len(self.partitions)

    def map_partitions(self, func: Step) -> Self:
        """Return a data set with what a function makes of the items of each partition together.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load(range(10), 5).map_partitions(lambda items: [sum(items)]).collect(True)
        [[1], [5], [9], [13], [17]]
        """
        return self._of(partition.then(func) for partition in self.partitions)

    def union(self, *args: Partitions) -> Self:
        """Return a data set with the partitions of this one and of others.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load([0, 1, 2], 2).union(DDS().load([2, 3], 1)).collect()
        [0, 1, 2, 2, 3]
        """
        others = [partition for one in args for partition in one.partitions]
        return self._of([*self.partitions, *others])

    def collect(self, keep_partitions: bool = False, future_objects: bool = False) -> list[Any]:
        """Return all items.

        Parameters
        ----------
        keep_partitions
            Whether those of each partition are a list of their own.
        future_objects
            Whether to return a future for each partition, and not to wait.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load(range(4), 2).collect(True)
        [[0, 1], [2, 3]]
        """
        futures = [partition.future() for partition in self.partitions]
        if future_objects:
            return futures
        parts = [list(part) for part in wait_for(futures)]
        return parts if keep_partitions else [item for part in parts for item in part]

    def take(self, num: int) -> list[Any]:
        """Return the first items; no more partitions are computed than that takes, twice as many each time.

        Examples
        --------
        >>> from eflows_nb.pycompss.dds import DDS
        >>> DDS().load(range(100)).take(3)
        [0, 1, 2]
        """
        items: list[Any] = []
        start, size = 0, 1
        while len(items) < num and start < len(self.partitions):
            items += self._of(self.partitions[start : start + size]).collect()
            start, size = start + size, 2 * size
        return items[:num]

    def _of(self, partitions: Iterable[Partition]) -> Self:
        made = type(self)()
        made.partitions = list(partitions)
        return made


def _files(folder: str) -> Sequence[str]:
    return sorted(str(path) for path in Path(folder).iterdir() if path.is_file())


def _check_number(given: int, word: str = "num_of_parts") -> None:
    if given < 1:
        raise EflowsError(f"A data set cannot be loaded with {word}={given}. Give 1 or more.")
