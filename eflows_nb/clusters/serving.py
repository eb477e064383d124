"""Serves the shared files of this node to other nodes: a process of its own, so that no task slows it.

Run as a module. It reads one line from its standard input, ``ADDRESS SESSION KEY``, writes the port to its
standard output, and ends when its input ends.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

from eflows_nb.engine import shared
from eflows_nb.engine.transfer import NONCE_BYTES, PROOF_BYTES, proof, receive_exactly

__all__ = ["Serving"]

_ASK_SECONDS = 10.0
_SEND_SECONDS = 60.0
_AT_ONCE = 64
_NAME_LIMIT = 255


class Serving:
    """A socket at which whoever knows the key gets the shared files of a session.

    Parameters
    ----------
    address
        Address of this node to listen at.
    session
        Token of the session; no other files are served.
    key
        Key of the session's data servers.
    """

    def __init__(self, address: str, session: str, key: bytes) -> None:
        self._session = session
        self._names = re.compile(rf"eflows-{re.escape(session)}-[A-Za-z0-9.:\[\]-]+")
        self._key = key
        self._closed = False
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        self._listening = socket.create_server((address, 0), backlog=_AT_ONCE)
        self.port: int = self._listening.getsockname()[1]

    def run(self) -> None:
        """Serve until the socket is closed."""
        while True:
            self._free.acquire()
            try:
                connection, _ = self._listening.accept()
            except OSError:
                self._free.release()
                if self._closed:
                    return
                continue  # whoever came has gone again, or his way here is interrupted
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def close(self) -> None:
        """Serve nobody any more."""
        self._closed = True
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _answer(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(OSError):  # who asks notices by himself that nothing comes
                self._serve(connection)
        finally:
            self._free.release()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_ASK_SECONDS)
        nonce = secrets.token_bytes(NONCE_BYTES)
        connection.sendall(nonce)
        theirs = receive_exactly(connection, NONCE_BYTES)
        told = receive_exactly(connection, PROOF_BYTES)
        length = int.from_bytes(receive_exactly(connection, 2), "big")
        name = receive_exactly(connection, min(length, _NAME_LIMIT))
        if hmac.compare_digest(told, proof(self._key, nonce, name)):
            self._send(connection, name.decode("ascii", "replace"), theirs)

    def _send(self, connection: socket.socket, name: str, nonce: bytes) -> None:
        path = self._find(name)
        if path is None:
            connection.sendall(bytes(PROOF_BYTES))
            return
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            connection.settimeout(_SEND_SECONDS)
            connection.sendall(proof(self._key, nonce, b"%d" % size))
            connection.sendfile(file)

    def _find(self, name: str) -> Path | None:
        if self._names.fullmatch(name) is None or name.endswith(".part"):
            return None
        return shared.locate(name)


def main() -> None:
    """Serve until the standard input ends."""
    address, session, key = sys.stdin.readline().split()
    serving = Serving(address, session, bytes.fromhex(key))
    print(serving.port, flush=True)
    threading.Thread(target=serving.run, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
