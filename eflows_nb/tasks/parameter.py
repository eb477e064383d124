"""What the parameter of a task function takes: one value, a file, or a collection of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.tasks.direction import Direction

__all__ = ["PARAMETERS", "Kind", "Parameter"]


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

    Examples
    --------
    >>> import eflows_nb as ef
    >>> ef.COLLECTION_INOUT.of_depth(2).depth
    2
    """

    direction: Direction
    kind: Kind = Kind.OBJECT
    depth: int = 1

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
    return {
        f"{word}_{direction.name}": Parameter(direction=direction, kind=kind)
        for word, (kind, directions) in allowed.items()
        for direction in directions
    }


PARAMETERS: Final = _all()
"""The parameters that have names of their own, such as ``FILE_OUT``."""
