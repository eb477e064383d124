"""The process that serves the shared files of this node to others, as its parent sees it."""

from __future__ import annotations

import subprocess
import sys

__all__ = ["DataServer"]


class DataServer:
    """A data server (see `eflows_nb.clusters.serving`) that ends with this process.

    Parameters
    ----------
    address
        Address of this node that the others can reach.
    session
        Token of the session.
    key
        Key of the session's data servers.

    Raises
    ------
    OSError
        When it cannot listen at that address.
    """

    def __init__(self, address: str, session: str, key: bytes) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "eflows_nb.clusters.serving"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{address} {session} {key.hex()}\n")
        self._process.stdin.flush()
        port = self._process.stdout.readline().strip()
        if not port:
            self.close()
            raise OSError(f"No data server can listen at {address}; is that an address of this machine?")
        self.address = f"{address}:{port}"
        """Where it listens, as ``ADDRESS:PORT``."""

    def close(self) -> None:
        """End it; may be called twice."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
