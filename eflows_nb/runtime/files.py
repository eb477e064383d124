"""Files and folders that tasks read and write: who waits for whom.

A file is changed where it lies. So a writer waits for the readers of the version before, and a turn tells
that those have ended, in whatever way. The turn of a reader counts beyond that, as long as a large result of
it could be lost with its engine: the reader would have to find the file as it was.
"""

from __future__ import annotations

import os
from collections.abc import Container, Sequence
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.tasks.data import PENDING, Broken, Datum, Large, Turn
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.task import Task

__all__ = ["FileAccess", "Files"]

_SWEEP = 64


class _File:
    """What is known of one path."""

    __slots__ = ("concurrent", "deleted", "sharers", "sweep_at", "turns", "version")

    def __init__(self) -> None:
        self.version: Datum | None = None
        self.concurrent: list[Datum] = []
        """The versions of concurrent tasks since the last writer."""
        self.turns: list[Turn] = []
        """The turns of all others since, that writer's own included."""
        self.sharers: list[Turn] = []
        """The turns of the concurrent ones."""
        self.deleted = False
        self.sweep_at = _SWEEP

    def take_turn(self, turn: Turn) -> None:
        """Add the turn of a reader; those that are over are forgotten now and then."""
        if len(self.turns) >= self.sweep_at:
            self.turns = [other for other in self.turns if other.counts]
            self.sweep_at = 2 * len(self.turns) + _SWEEP
        self.turns.append(turn)

    def give_up(self, tasks: Container[Task | None]) -> None:
        """Whoever comes now waits only until these tasks have ended, and takes the file as it is then."""
        if self.version is not None and self.version.producer in tasks:
            writer = self.version.producer
            self.version = next((turn for turn in self.turns if turn.producer is writer), None)
        self.concurrent = [datum for datum in self.concurrent if datum.producer not in tasks]

    def settle(self) -> None:
        """All its tasks have ended: what was given up on purpose is as it is, for whoever comes now."""
        if self.version is not None and _is_given_up(self.version):
            self.version = None
        self.concurrent = [datum for datum in self.concurrent if not _is_given_up(datum)]

    def made_by(self) -> list[Datum]:
        self.concurrent = [datum for datum in self.concurrent if not _is_made(datum)]
        made = [] if self.version is None else [self.version]
        return made + self.concurrent

    @property
    def is_over(self) -> bool:
        """Whether all tasks that use the file have ended, and it is what it is, however it became that."""
        version = self.version
        return (
            (version is None or version.value is None)  # a checkpoint still counts on what it has named
            and all(map(_is_made, self.concurrent))
            and not any(turn.counts for turns in (self.turns, self.sharers) for turn in turns)
        )


def _is_made(datum: Datum) -> bool:
    return datum.value is not PENDING and type(datum.value) is not Broken


def _is_given_up(datum: Datum) -> bool:
    return type(datum.value) is Broken and datum.value.is_expected


class FileAccess:
    """What one task does to files.

    Parameters
    ----------
    files
        All that is known of files.
    task
        Name of the task function, for errors.
    """

    def __init__(self, files: Files, task: str) -> None:
        self._files = files
        self._task = task
        self._directions: dict[str, Direction] = {}

    def __bool__(self) -> bool:
        return bool(self._directions)

    def add(self, given: Any, direction: Direction, parameter: str) -> str:
        """Note what the task does with a file; return the path that the function is given.

        Raises
        ------
        TaskDefinitionError
            When it is no path, or one that the task also gets by another parameter and writes.
        """
        path = _absolute(given, self._task, parameter)
        before = self._directions.get(path)
        if before is not None and (before.writes or direction.writes):
            raise TaskDefinitionError(
                f"'{self._task}' gets the file '{given}' by two parameters, and writes one of them "
                f"('{parameter}' or the other): it would wait for itself. Pass it once, as FILE_INOUT."
            )
        self._directions[path] = direction
        return path

    def reads(self) -> list[Datum]:
        """Return the data that the task waits for."""
        found: list[Datum] = []
        for path, direction in self._directions.items():
            file = self._files.get(path)
            if file is None:
                continue
            if direction is Direction.CONCURRENT:
                found += [] if file.version is None else [file.version]
                found += file.turns
            elif direction is Direction.OUT:
                found += file.turns + file.sharers
            elif direction.writes:
                found += [*file.made_by(), *file.turns, *file.sharers]
            else:
                found += file.made_by()
        versions = [datum for datum in found if not isinstance(datum, Turn)]
        turns = [datum for datum in found if isinstance(datum, Turn)]
        return list(dict.fromkeys([*versions, *Turn.followed(turns)]))

    def contents(self) -> list[tuple[str, Sequence[Datum] | None]]:
        """Return each file that the task reads, with the versions that it finds there.

        They are None where that is not known beforehand: the task writes to the file beside others.
        """
        found: list[tuple[str, Sequence[Datum] | None]] = []
        for path, direction in self._directions.items():
            file = self._files.get(path)
            if direction is Direction.CONCURRENT:
                found.append((path, None))
            elif direction is not Direction.OUT:
                found.append((path, file.made_by() if file is not None else ()))
        return found

    def written(self) -> list[str]:
        """Return the files that the task makes new versions of."""
        return [path for path, direction in self._directions.items() if direction.writes]

    def enter(self, turn: Turn, versions: dict[str, Datum]) -> None:
        """The task has been made: `turn` tells when it has ended, `versions` what it has written."""
        for path, direction in self._directions.items():
            file = self._files.of(path)
            if direction is Direction.CONCURRENT:
                file.concurrent.append(versions[path])
                file.sharers.append(turn)
            elif direction.writes:
                file.version = versions[path]
                file.turns = [turn]
                file.concurrent, file.sharers = [], []
            else:
                file.take_turn(turn)
            file.deleted = False


class Files:
    """The files that tasks of this session read or write, by absolute path.

    Those that all tasks are done with are forgotten now and then.
    """

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}
        self._sweep_at = _SWEEP

    def __len__(self) -> int:
        return len(self._files)

    def get(self, path: str) -> _File | None:
        """Return what is known of a path, None if no task uses it."""
        return self._files.get(path)

    def of(self, path: str) -> _File:
        """Return what is known of a path, from now on at least that tasks use it."""
        file = self._files.get(path)
        if file is None:
            if len(self._files) >= self._sweep_at:
                self._files = {path: file for path, file in self._files.items() if not file.is_over}
                self._sweep_at = 2 * len(self._files) + _SWEEP
            file = self._files[path] = _File()
        return file

    def versions(self, path: str | os.PathLike[str]) -> list[Datum]:
        """Return the data to wait for before the file may be read here."""
        file = self._files.get(_absolute(path))
        return file.made_by() if file is not None else []

    def turns(self, path: str | os.PathLike[str]) -> list[Datum]:
        """Return the data to wait for before the file may be changed here."""
        file = self._files.get(_absolute(path))
        if file is None:
            return []
        turns = [*file.turns, *file.sharers]
        return list(dict.fromkeys([*turns, *Turn.followed(turns)]))

    def made_of(self, path: str | os.PathLike[str]) -> list[Datum]:
        """Return what could not be made again if it were lost after the file has been changed here."""
        file = self._files.get(_absolute(path))
        sources = [turn.source for turn in Turn.followed(file.turns)] if file is not None else []
        made = [datum for source in sources if source is not None for datum in source.made]
        return [datum for datum in dict.fromkeys(made) if type(datum.value) is Large]

    def exists(self, path: str | os.PathLike[str]) -> bool:
        """Return whether the file is there, or will be once the tasks that were submitted have run."""
        file = self._files.get(_absolute(path))
        if file is not None and file.deleted:
            return False
        made = file is not None and file.version is not None and type(file.version) is not Turn
        return made or os.path.exists(path)  # noqa: PTH110

    def give_up(self, tasks: Container[Task | None]) -> None:
        """The program knows that these tasks do not make what they would have written, and goes on."""
        for file in self._files.values():
            file.give_up(tasks)

    def settle(self) -> None:
        """All tasks have ended, and the program knows it: what was given up on purpose is as it is."""
        for file in list(self._files.values()):
            file.settle()

    def delete(self, path: str | os.PathLike[str]) -> None:
        """The file will be removed after all tasks that use it now."""
        file = self.of(_absolute(path))
        file.deleted = True


def _absolute(path: Any, task: str = "", parameter: str = "") -> str:
    try:
        return str(os.path.abspath(os.fspath(path)))  # noqa: PTH100 - links stay as they are written
    except TypeError:
        what = (
            f"The parameter '{parameter}' of '{task}' takes a file, and"
            if task
            else "Here a file is named, and"
        )
        raise TaskDefinitionError(f"{what} {path!r} is no path. Give a str or a Path.") from None
