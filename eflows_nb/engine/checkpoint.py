"""The results of a task in a file, for a later session to find."""

from __future__ import annotations

import io
import os
import pickle
import stat
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from eflows_nb.engine.packing import INLINE, Packed, pack

__all__ = ["load", "save"]

_MAGIC = b"eflows-checkpoint-1\n"


def save(path: str, results: Any) -> None:
    """Write results to a file that is there as a whole or not at all.

    Raises
    ------
    OSError
        When they cannot be written; nothing is left of it.
    """
    packed = _pack(results)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".writing-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            lengths = [memoryview(buffer).nbytes for buffer in packed.buffers]
            header = pickle.dumps((len(packed.head), lengths))
            checksum = zlib.crc32(packed.head)
            for buffer in packed.buffers:
                checksum = zlib.crc32(buffer, checksum)
            file.write(_MAGIC + b"%d %d\n" % (checksum, len(header)) + header + packed.head)
            for buffer in packed.buffers:
                file.write(buffer)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _pack(results: Any) -> Packed:
    """Pack results; instances of classes of the notebook will be of the class that is there then."""
    packed = pack(results)
    if b"cloudpickle" not in packed.head:
        return packed
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, thing: Any) -> Any:
            if isinstance(thing, type) and thing.__module__ == "__main__":
                return _class_of_notebook, (thing.__qualname__, pack(thing).head)
            return super().reducer_override(thing)

    def belongs_in_band(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < INLINE:
            return True
        buffers.append(raw)
        return False

    buffers: list[Any] = []
    file = io.BytesIO()
    Pickler(file, 5, buffer_callback=belongs_in_band).dump(results)
    return Packed(file.getvalue(), buffers)


def _class_of_notebook(qualname: str, pickled: bytes) -> Any:
    """Return the newest class of this name that has come to this engine, or else the one that was kept."""
    from cloudpickle import cloudpickle

    known = [
        kind
        for kind in list(cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.values())
        if kind.__module__ == "__main__" and kind.__qualname__ == qualname
    ]
    return known[-1] if known else pickle.loads(pickled)


def load(path: str) -> Any:
    """Return the results in a file.

    Raises
    ------
    FileNotFoundError
        When there is none.
    ValueError
        When it is damaged, or nothing that `save` has written, or somebody else may have written it: what is
        unpickled can run any code.
    """
    with _open_own(path) as file:
        if file.readline() != _MAGIC:
            raise ValueError(f"'{path}' is not a checkpoint.")
        try:
            checksum, length = map(int, file.readline().split())
            head_length, lengths = pickle.loads(file.read(length))
            head = file.read(head_length)
            buffers = [bytearray(length) for length in lengths]
            whole = len(head) == head_length and all(
                file.readinto(buffer) == len(buffer) for buffer in buffers
            )
            found = zlib.crc32(head)
            for buffer in buffers:
                found = zlib.crc32(buffer, found)
            if not whole or found != checksum:
                raise ValueError("its content does not match its checksum")
            return pickle.loads(head, buffers=buffers)
        except Exception as error:
            raise ValueError(f"The checkpoint '{path}' is damaged: {error}.") from error


def _open_own(path: str) -> io.BufferedReader:
    """Open a file that this user has made and nobody else can write to."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb")
    problem = _problem_of(os.fstat(file.fileno()))
    if problem:
        file.close()
        raise ValueError(
            f"The checkpoint '{path}' {problem}, so that reading it could run code of theirs. "
            "Take a folder of your own for checkpoint=, or remove it."
        )
    return file


def _problem_of(told: os.stat_result) -> str:
    if not stat.S_ISREG(told.st_mode):
        return "is no plain file"
    if told.st_uid != os.geteuid():
        return f"belongs to another user (uid {told.st_uid})"
    return "can be written to by others" if told.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else ""
