"""What the parameter of a task function takes: one value, a file, or a collection of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.tasks.direction import Direction

__all__ = ["PARAMETERS", "Kind", "Parameter", "prefix"]


class Kind(StrEnum):
    """What an argument is to the task graph."""

    OBJECT = "object"
    """A value with versions of its own."""
    FILE = "file"
    """The path of a file or folder: tasks that name the same one wait for each other."""
    COLLECTION = "collection"
    """A list or an array of objects, each with versions of its own."""
    DICTIONARY = "dictionary"
    """A dict whose values have versions of their own."""
    COLLECTION_FILE = "collection_file"
    """A list of paths."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """What the parameter of a task function takes, and what the task does with it.

    Parameters
    ----------
    direction
        What the task does with it.
    kind
        One value, a file, or a collection.
    depth
        Of a collection: how many levels of lists lie above the items that have versions, 1 for a plain list.
    channel
        Of a task that is a program: ``"STDIN"``, ``"STDOUT"`` or ``"STDERR"`` when the file is that, else
        empty.
    prefix
        Of a task that is a program: what stands before the value on its command line.
    feeds
        Whether it is a stream that the task puts something into.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> ef.COLLECTION_INOUT.of_depth(2).depth
    2
    """

    direction: Direction
    kind: Kind = Kind.OBJECT
    depth: int = 1
    channel: str = ""
    prefix: str = ""
    feeds: bool = False

    @property
    def word_of_programs(self) -> str:
        """What of it only a program has, for people; empty for nothing."""
        return self.channel or (f"the prefix {self.prefix!r}" if self.prefix else "")

    def of_depth(self, depth: int) -> Parameter:
        """Return this parameter for collections of so many levels.

        Raises
        ------
        TaskDefinitionError
            When it is not a collection, or the depth is not a positive whole number.
        """
        if self.kind in (Kind.OBJECT, Kind.FILE):
            raise TaskDefinitionError(f"A parameter of kind '{self.kind}' has no depth, a collection has.")
        if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
            raise TaskDefinitionError(f"depth={depth!r} is not a number of levels. Give 1 or more.")
        return replace(self, depth=depth)

    @classmethod
    def of(cls, given: Any) -> Parameter:
        """Return what a direction or parameter of a user stands for.

        Raises
        ------
        TaskDefinitionError
            When it is neither.
        """
        if isinstance(given, Parameter):
            return given
        if isinstance(given, Direction):
            return cls(direction=given)
        raise TaskDefinitionError(f"{given!r} is not a direction such as ef.INOUT or ef.FILE_OUT.")


def prefix(text: str, of: Direction | Parameter = Direction.IN) -> Parameter:
    r"""Return a parameter whose value stands behind a text on the command line of a program.

    Parameters
    ----------
    text
        Such as ``"--max-count="``.
    of
        What the task does with it, and whether it is a file.

    Raises
    ------
    TaskDefinitionError
        When `text` is no text, or `of` no direction.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.binary("echo")
    ... @ef.task(count=ef.prefix("--count="), out=ef.FILE_OUT_STDOUT)
    ... def echo(count, out): ...
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = echo(3, f"{folder}/out")
    ...     ef.wait_on_file(f"{folder}/out").read_text()
    '--count=3\n'
    """
    if not isinstance(text, str):
        raise TaskDefinitionError(f"prefix({text!r}) is no text. Give what stands before the value.")
    return replace(Parameter.of(of), prefix=text)


def _all() -> dict[str, Parameter]:
    usual = (Direction.IN, Direction.OUT, Direction.INOUT)
    shared = (Direction.CONCURRENT, Direction.COMMUTATIVE)
    allowed = {
        "FILE": (Kind.FILE, (*usual, *shared)),
        "DIRECTORY": (Kind.FILE, usual),
        "COLLECTION": (Kind.COLLECTION, (*usual, Direction.IN_DELETE)),
        "COLLECTION_FILE": (Kind.COLLECTION_FILE, usual),
        "DICTIONARY": (Kind.DICTIONARY, (*usual, Direction.IN_DELETE)),
    }
    channels = {
        "STDIN": (Direction.IN,),
        "STDOUT": (Direction.OUT, Direction.INOUT, *shared),
        "STDERR": (Direction.OUT, Direction.INOUT, *shared),
    }
    found = {
        f"{word}_{direction.name}": Parameter(direction=direction, kind=kind)
        for word, (kind, directions) in allowed.items()
        for direction in directions
    }
    for channel, directions in channels.items():
        for direction in directions:
            file = found[f"FILE_{direction.name}"]
            found[f"FILE_{direction.name}_{channel}"] = replace(file, channel=channel)
    found["STREAM_IN"] = Parameter(direction=Direction.IN)
    found["STREAM_OUT"] = Parameter(direction=Direction.IN, feeds=True)
    return found


PARAMETERS: Final = _all()
"""The parameters that have names of their own, such as ``FILE_OUT``."""
