"""Large data between nodes: a file is fetched, once a node, from the data server of the node that has it.

It travels in plain. Pickles come over the channel, or their digests do, by which a large one is known to be
the right one before it is unpickled. Both ends prove that they know the key of the session by an answer that
is right once.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import logging
import mmap
import os
import secrets
import socket
import time
from pathlib import Path

from eflows_nb.engine import shared
from eflows_nb.engine.packing import Packed
from eflows_nb.engine.shared import SharedFile

__all__ = ["NONCE_BYTES", "PROOF_BYTES", "Reader", "proof", "receive_exactly"]

NONCE_BYTES = 16
PROOF_BYTES = 32

_REACH_SECONDS = 15.0
_TRANSFER_SECONDS = 60.0
_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.05
_CHUNK = 8 << 20

logger = logging.getLogger(__name__)


def proof(key: bytes, *parts: bytes) -> bytes:
    """Return what only those can say of these parts who know the key."""
    return hmac.digest(key, b"\0".join(parts), hashlib.sha256)


def receive_exactly(connection: socket.socket, count: int) -> bytes:
    """Return the next bytes of a connection.

    Raises
    ------
    ConnectionError
        When it ends before.
    """
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError("The data server has closed the connection; perhaps the key was wrong.")
        data += more
    return data


class Reader:
    """Maps shared files, after fetching those that only another node has.

    Parameters
    ----------
    key
        Key of the session's data servers; empty where there are none.
    prefix
        What the names of the copies on this node begin with.
    """

    def __init__(self, key: bytes, prefix: str) -> None:
        self._key = key
        self._prefix = prefix

    def attach(self, file: SharedFile) -> Packed:
        """Map a file of this node or of another one.

        Raises
        ------
        OSError
            When it has been removed, its node cannot be reached, or there is no room for it here.
        """
        try:
            return shared.attach(file)
        except FileNotFoundError:
            try:
                return shared.attach(self.fetch(file))
            except OSError as error:
                logger.warning("A value of %d bytes could not be fetched: %s", file.size, error)
                raise

    def fetch(self, file: SharedFile) -> SharedFile:
        """Bring a file to this node, once for all processes here, and return the copy.

        Raises
        ------
        OSError
            As for `attach`.
        """
        if not file.server:
            raise FileNotFoundError(f"The shared file '{file.path}' has been removed.")
        name = self._prefix + file.name
        found = shared.locate(name)
        if found is not None:
            return file._replace(path=str(found), server="")
        for folder in shared.folders():
            try:
                return file._replace(path=str(self._fetch_to(folder / name, file)), server="")
            except OSError as error:
                if error.errno not in shared.NO_ROOM:
                    raise
                full = error
        raise full

    def _fetch_to(self, path: Path, file: SharedFile) -> Path:
        """Write the file under another name first; whoever else of this node wants it waits for that."""
        part = path.with_name(f"{path.name}.part")
        while True:
            descriptor = os.open(part, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                if os.fstat(descriptor).st_uid != os.geteuid():
                    raise PermissionError(f"The file '{part}' belongs to another user. Let it be removed.")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if shared.is_own(path):
                    part.unlink(missing_ok=True)
                    return path
                if not _is_at(descriptor, part):
                    continue  # whoever had it before has given up
                try:
                    self._download(descriptor, file)
                    return part.rename(path)
                except BaseException:
                    part.unlink()
                    raise
            finally:
                os.close(descriptor)

    def _download(self, descriptor: int, file: SharedFile) -> None:
        size = file.extent
        os.posix_fallocate(descriptor, 0, size)
        with _connection(file.server) as connection:
            name = file.name.encode()
            nonce, mine = receive_exactly(connection, NONCE_BYTES), secrets.token_bytes(NONCE_BYTES)
            connection.sendall(
                mine + proof(self._key, nonce, name) + len(name).to_bytes(2, "big") + name,
            )
            answer = receive_exactly(connection, PROOF_BYTES)
            if not hmac.compare_digest(answer, proof(self._key, mine, b"%d" % size)):
                raise FileNotFoundError(f"The node at {file.server} does not have '{file.name}' any more.")
            with mmap.mmap(descriptor, size) as mapped, memoryview(mapped) as view:
                position = 0
                while position < size:
                    received = connection.recv_into(view[position : position + _CHUNK])
                    if not received:
                        raise ConnectionError(f"The node at {file.server} was lost while sending.")
                    position += received


def _connection(server: str) -> socket.socket:
    """Connect to a data server; one that has just died is not known to have, so this is not hasty."""
    host, _, port = server.rpartition(":")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            made = socket.create_connection((host, int(port)), _REACH_SECONDS)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            made.settimeout(_TRANSFER_SECONDS)
            return made


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
