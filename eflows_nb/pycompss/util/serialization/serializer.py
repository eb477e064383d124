"""Objects as files and bytes."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import cloudpickle

from eflows_nb.engine.packing import load, load_next

__all__ = [
    "deserialize_from_bytes",
    "deserialize_from_file",
    "deserialize_from_handler",
    "serialize_objects",
    "serialize_to_bytes",
    "serialize_to_file",
    "serialize_to_handler",
]


def serialize_to_file(obj: Any, file_name: str, *_: Any) -> None:
    """Write an object to a file."""
    Path(file_name).write_bytes(serialize_to_bytes(obj))


def deserialize_from_file(file_name: str, *_: Any) -> Any:
    """Return the object that `serialize_to_file` has written; the file must be your own."""
    return deserialize_from_bytes(Path(file_name).read_bytes())


def serialize_objects(to_serialize: Iterable[tuple[Any, str]], *_: Any) -> None:
    """Write objects to files, each pair an object and the name of its file."""
    for obj, file_name in to_serialize:
        serialize_to_file(obj, file_name)


def serialize_to_handler(obj: Any, handler: BinaryIO, *_: Any) -> None:
    """Write an object to an open file."""
    handler.write(serialize_to_bytes(obj))


def deserialize_from_handler(handler: BinaryIO, *_: Any) -> tuple[Any, bool]:
    """Return the object that is next in an open file of your own, and that the file may be closed."""
    return load_next(handler), True


def serialize_to_bytes(obj: Any, *_: Any) -> bytes:
    """Return an object as bytes."""
    return cloudpickle.dumps(obj, pickle.HIGHEST_PROTOCOL)  # type: ignore[no-any-return]


def deserialize_from_bytes(serialized: bytes, *_: Any) -> Any:
    """Return the object of these bytes, which must be your own."""
    return load(serialized)
