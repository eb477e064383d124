"""Objects as files and bytes."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import cloudpickle

__all__ = ["deserialize_from_bytes", "deserialize_from_file", "serialize_to_bytes", "serialize_to_file"]


def serialize_to_file(obj: Any, file_name: str, *_: Any) -> None:
    """Write an object to a file."""
    Path(file_name).write_bytes(serialize_to_bytes(obj))


def deserialize_from_file(file_name: str, *_: Any) -> Any:
    """Return the object that `serialize_to_file` has written; the file must be your own."""
    return deserialize_from_bytes(Path(file_name).read_bytes())


def serialize_to_bytes(obj: Any, *_: Any) -> bytes:
    """Return an object as bytes."""
    return cloudpickle.dumps(obj, pickle.HIGHEST_PROTOCOL)  # type: ignore[no-any-return]


def deserialize_from_bytes(serialized: bytes, *_: Any) -> Any:
    """Return the object of these bytes, which must be your own."""
    return pickle.loads(serialized)
