"""Large data between the processes of one node: a file in shared memory, mapped by its readers."""

from __future__ import annotations

import errno
import hashlib
import itertools
import mmap
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from eflows_nb.engine.environment import SERVER
from eflows_nb.engine.mapping import mapped
from eflows_nb.engine.packing import INLINE, Packed

__all__ = [
    "NO_ROOM",
    "SharedFile",
    "attach",
    "export",
    "folders",
    "is_own",
    "locate",
    "own_prefix",
    "prefix",
    "prefixes",
    "remove",
    "remove_after",
    "remove_all",
    "spilled",
]

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Errors after which another folder is tried."""

_PAGE = mmap.PAGESIZE
_numbers = itertools.count()
_tag = secrets.token_hex(2)  # another process may have the same number later


class SharedFile(NamedTuple):
    """A packed value whose large parts lie in a file that all processes of this node can map.

    Parameters
    ----------
    path
        The file; it belongs to the user and nobody else can read it.
    head
        The pickle; empty when it is large and lies in the file, behind the buffers.
    spans
        Offset and length in bytes of each part.
    server
        The data server from which other nodes get the file, as ``ADDRESS:PORT``; empty without one.
    digest
        Checksum of a pickle in the file: whoever unpickles it must know that it is the one that was meant.
    """

    path: str
    head: bytes
    spans: tuple[tuple[int, int], ...]
    server: str = ""
    digest: bytes = b""

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return os.path.basename(self.path)  # noqa: PTH119 - called while the interpreter shuts down

    @property
    def number(self) -> int:
        """Its number among the files that its process has made, which grows."""
        return int(self.path.rpartition("-")[2])

    @property
    def extent(self) -> int:
        """Bytes of the file, gaps between the parts included."""
        offset, length = self.spans[-1] if self.spans else (0, 0)
        return max(offset + -(-length // _PAGE) * _PAGE, 1)

    @property
    def size(self) -> int:
        """Bytes of the pickle and the buffers, wherever they are."""
        return len(self.head) + sum(length for _, length in self.spans)


def folders() -> Iterator[Path]:
    """Yield the folders for shared files of this node, the best first."""
    memory = Path("/dev/shm")
    if memory.is_dir():
        yield memory
    yield Path(tempfile.gettempdir())


def export(packed: Packed, session: str) -> SharedFile:
    """Write the large parts of a packed value where the other processes of this node can map them.

    Shared memory can be small. It is written as a file, not through a mapping, where overrunning it would
    kill the process, and what does not fit goes to a file in the temporary folder.

    Raises
    ------
    OSError
        When neither shared memory nor the temporary folder has room.
    """
    *tries, last = folders()
    for folder in tries:
        with suppress(OSError):
            return _write(folder, packed, session)
    return _write(last, packed, session)


def _write(folder: Path, packed: Packed, session: str) -> SharedFile:
    server = os.environ.get(SERVER, "")
    path = folder / f"{own_prefix(session)}{next(_numbers)}"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_EXCL, 0o600)
    try:
        spans = _fill(descriptor, packed)
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(descriptor)
    if len(packed.head) < INLINE:
        return SharedFile(str(path), bytes(packed.head), spans, server)
    return SharedFile(str(path), b"", spans, server, _digest(packed.head))


def _digest(head: bytes | memoryview) -> bytes:
    return hashlib.blake2b(head, digest_size=32).digest()


def _fill(descriptor: int, packed: Packed) -> tuple[tuple[int, int], ...]:
    """Write the large parts of a packed value, each at the begin of a page; return where they are."""
    parts = packed.buffers if len(packed.head) < INLINE else (*packed.buffers, packed.head)
    spans = []
    size = 0
    for part in parts:
        length = memoryview(part).nbytes
        spans.append((size, length))
        size += -(-length // _PAGE) * _PAGE
    os.ftruncate(descriptor, max(size, 1))  # room that is reserved first would be filled with zeros first
    for part, (offset, length) in zip(parts, spans, strict=True):
        view = memoryview(part).cast("B")
        written = 0
        while written < length:
            written += os.pwrite(descriptor, view[written : written + (8 << 20)], offset + written)
    return tuple(spans)


def spilled(packed: Packed) -> Packed:
    """Return the same value with its large parts in a file without a name, which ends with its last user.

    Raises
    ------
    OSError
        When the temporary folder has no room, or too many files are mapped.
    """
    *_, folder = folders()
    with tempfile.TemporaryFile(dir=folder, prefix="eflows-") as file:
        spans = _fill(file.fileno(), packed)
        return _packed(mapped(file.fileno()), packed.head if len(packed.head) < INLINE else b"", spans)


def attach(shared: SharedFile) -> Packed:
    """Map a shared file, or read it when too many are mapped. Writing to what is mapped is private.

    Raises
    ------
    OSError
        When the file has been removed, there is no memory to read it, or a pickle in it is another one.
    """
    descriptor = os.open(shared.path, os.O_RDONLY)
    try:
        try:
            view = mapped(descriptor)
        except OSError as error:
            if error.errno != errno.ENOMEM:
                raise
            view = _read(descriptor)
    finally:
        os.close(descriptor)
    packed = _packed(view, shared.head, shared.spans)
    if shared.digest and _digest(packed.head) != shared.digest:
        raise OSError(errno.EBADMSG, f"The shared file '{shared.path}' does not hold what was put there.")
    return packed


def _read(descriptor: int) -> memoryview:
    try:
        data = bytearray(os.fstat(descriptor).st_size)
    except MemoryError:
        raise OSError(errno.ENOMEM, "There is no memory for a value that cannot be mapped.") from None
    view = memoryview(data)
    read = 0
    while read < len(data):
        count = os.preadv(descriptor, [view[read:]], read)
        if not count:
            break  # it was never whole
        read += count
    return view


def _packed(view: memoryview, head: bytes | memoryview, spans: tuple[tuple[int, int], ...]) -> Packed:
    parts = [view[offset : offset + length] for offset, length in spans]
    return Packed(head or parts.pop(), parts)


def locate(name: str) -> Path | None:
    """Return where this node has the shared file of this name, None when it does not have it."""
    return next((path for folder in folders() if is_own(path := folder / name)), None)


def is_own(path: Path) -> bool:
    """Return whether there is a file at a path that this user has made: the folders are open to all users."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()


def remove(shared: SharedFile) -> None:
    """Remove the file; those who have mapped it keep what they have."""
    with suppress(FileNotFoundError):
        os.unlink(shared.path)  # noqa: PTH108 - called while the interpreter shuts down


def prefix(session: str, server: str = "") -> str:
    """Return what the names of the shared files begin with that are made on a host."""
    return f"eflows-{session}-{server}-" if server else f"eflows-{session}-"


def own_prefix(session: str) -> str:
    """Return what the names of the files begin with that this process shares; their numbers follow."""
    return f"{prefix(session, os.environ.get(SERVER, ''))}{os.getpid()}-{_tag}-"


def prefixes(session: str, server: str = "") -> list[str]:
    """Return what the paths of all shared files of a session begin with.

    Parameters
    ----------
    server
        Only those of the host with this data server, its copies of others among them; empty for all.
    """
    return [str(folder / prefix(session, server)) for folder in folders()]


def remove_after(begin: str, number: int) -> None:
    """Remove what a process that has ended shared after the file of this number: nobody has heard of it.

    Parameters
    ----------
    begin
        The `own_prefix` of that process.
    """
    for folder in folders():
        for path in folder.iterdir():
            end = path.name.removeprefix(begin)
            if end != path.name and end.isdigit() and int(end) > number:
                path.unlink(missing_ok=True)


def remove_all(session: str) -> None:
    """Remove all files of a session."""
    for folder in folders():
        for path in folder.glob(f"eflows-{session}-*"):
            path.unlink(missing_ok=True)
