"""The parameters of ``@task`` in PyCOMPSs' words, and what they are for the task graph."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.refusal import UnexpectedArgumentWarning
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.parameter import Kind, Parameter

__all__ = ["Alias", "Declared", "declare"]

_KINDS = {
    "COLLECTION_FILE": Kind.COLLECTION_FILE,
    "COLLECTION": Kind.COLLECTION,
    "DICT_COLLECTION": Kind.DICTIONARY,
    "DIRECTORY": Kind.FILE,
    "FILE": Kind.FILE,
}
_CHANNELS = ("STDIN", "STDOUT", "STDERR")
_ALL_LEVELS = 1000  # without a Depth, items are whatever is no list
_KNOWN = {"type", "direction", "stream", "prefix", "depth", "weight", "keep_rename", "cache", "content_type"}


@dataclass(frozen=True, slots=True)
class Alias:
    """A word such as ``FILE_INOUT`` for a parameter."""

    key: str

    def __repr__(self) -> str:
        return self.key


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """What was declared for one parameter.

    Parameters
    ----------
    parameter
        What it is for the task graph.
    channel
        Of a program: ``"STDIN"``, ``"STDOUT"`` or ``"STDERR"`` when the file is that, else empty.
    prefix
        Of a program: what stands before the value on its command line.
    feeds
        Whether it is a stream that the task puts something into.
    """

    parameter: Parameter
    channel: str = ""
    prefix: str = ""
    feeds: bool = False

    @property
    def is_default(self) -> bool:
        """Whether it says nothing that would not hold without it."""
        return self.parameter == _IN and not self.feeds


_IN = Parameter(direction=Direction.IN)
_STREAMS = dict(enumerate(_CHANNELS))
_UNSPECIFIED = 3
_DIRECTIONS = (
    Direction.IN, Direction.OUT, Direction.INOUT, Direction.CONCURRENT, Direction.COMMUTATIVE,
    Direction.IN_DELETE,
)  # fmt: skip
"""By their numbers in PyCOMPSs."""


def declare(name: str, given: Any) -> Declared:
    """Return what an argument of ``@task`` says about the parameter of that name.

    Raises
    ------
    TaskDefinitionError
        When it is neither one of PyCOMPSs' words nor a dictionary of them.
    """
    if isinstance(given, Alias):
        return _from_key(given.key)
    if isinstance(given, Mapping):
        return _from_dictionary(name, given)
    raise TaskDefinitionError(
        f"@task({name}={given!r}): a parameter is declared by IN, INOUT, FILE_OUT and their like from "
        "pycompss.api.parameter, or by a dictionary such as {Type: COLLECTION_IN, Depth: 2}."
    )


def _from_key(key: str) -> Declared:
    words = key.split("_")
    if words[0] == "STREAM":  # a handle: what flows through it orders nobody
        return Declared(parameter=_IN, feeds=words[-1] == "OUT")
    channel = words.pop() if words[-1] in _CHANNELS else ""
    rest = "_".join(words)
    for name, kind in _KINDS.items():
        if rest == name or rest.startswith(name + "_"):
            direction = rest[len(name) + 1 :].lower() or ("in" if channel in ("", "STDIN") else "out")
            depth = 1 if kind in (Kind.FILE, Kind.OBJECT) else _ALL_LEVELS
            parameter = Parameter(direction=Direction(direction), kind=kind, depth=depth)
            return Declared(parameter=parameter, channel=channel)
    return Declared(parameter=Parameter(direction=Direction(rest.lower())))


def _from_dictionary(name: str, given: Mapping[Any, Any]) -> Declared:
    for key in given:
        if key not in _KNOWN:
            warnings.warn(
                f"@task({name}={{{key!r}: …}}) has no effect: a parameter has Type, Direction, StdIOStream, "
                "Prefix, Depth, Weight, Keep_rename and Cache.",
                UnexpectedArgumentWarning,
                stacklevel=2,
            )
    kind = given.get("type")
    if kind is not None and not isinstance(kind, Alias):
        raise _mistake(name, "Type", kind, "IN, FILE_OUT, COLLECTION_IN and their like")
    declared = _from_key(kind.key) if kind is not None else Declared(parameter=_IN)
    parameter = declared.parameter
    if given.get("direction") is not None:
        parameter = Parameter(
            direction=_direction(name, given["direction"]), kind=parameter.kind, depth=parameter.depth
        )
    channel = declared.channel
    stream = given.get("stream")
    if stream is not None and stream != _UNSPECIFIED:
        channel = _STREAMS.get(stream, "") if isinstance(stream, int) else str(getattr(stream, "key", stream))
        if channel not in _CHANNELS:
            raise _mistake(name, "StdIOStream", stream, "STDIN, STDOUT or STDERR")
    if "depth" in given and parameter.kind in (Kind.COLLECTION, Kind.DICTIONARY, Kind.COLLECTION_FILE):
        try:
            parameter = parameter.of_depth(int(given["depth"]))
        except (TypeError, ValueError):
            raise _mistake(name, "Depth", given["depth"], "a number of levels, 1 or more") from None
    return Declared(parameter=parameter, channel=channel, prefix=str(given.get("prefix") or ""))


def _direction(name: str, given: Any) -> Direction:
    if isinstance(given, Alias) and given.key.lower() in set(Direction):
        return Direction(given.key.lower())
    if type(given) is int and 0 <= given < len(_DIRECTIONS):
        return _DIRECTIONS[given]
    raise _mistake(name, "Direction", given, "IN, OUT, INOUT, IN_DELETE, CONCURRENT or COMMUTATIVE")


def _mistake(name: str, word: str, given: Any, known: str) -> TaskDefinitionError:
    return TaskDefinitionError(
        f"@task({name}={{{word}: {given!r}}}) means nothing: give {known}, from pycompss.api.parameter."
        if word != "Depth"
        else f"@task({name}={{Depth: {given!r}}}) means nothing: give {known}."
    )
