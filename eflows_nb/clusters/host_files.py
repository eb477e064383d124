"""Shared files of engines on other hosts, as the client sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eflows_nb.clusters.data_server import DataServer
from eflows_nb.clusters.host_messages import Forget, ForgetAfter
from eflows_nb.engine import shared
from eflows_nb.engine.shared import SharedFile
from eflows_nb.engine.transfer import Reader

__all__ = ["FilesOnHosts"]


class FilesOnHosts:
    """Shared files of the client and of hosts, each with a data server.

    Parameters
    ----------
    session
        Token of the session.
    key
        Key of its data servers.
    tell_all
        Sends a message to the keepers of all hosts.
    """

    def __init__(self, session: str, key: bytes, tell_all: Callable[[Any], None]) -> None:
        self.server: DataServer | None = None
        self._prefix = shared.prefix(session)
        self._reader = Reader(key, self._prefix)
        self._tell_all = tell_all

    def outgoing(self, file: SharedFile) -> SharedFile:
        """Return a file with the data server from which hosts get it."""
        if file.server or self.server is None:
            return file
        return file._replace(server=self.server.address)

    def is_here(self, file: SharedFile) -> bool:
        """Return whether the client has made or fetched a file."""
        return not file.server

    def fetch(self, file: SharedFile) -> SharedFile:
        """Bring a file of a host here; it stays there, too."""
        return self._reader.fetch(file) if file.server else file

    def remove(self, file: SharedFile) -> None:
        """Remove a file here and on all hosts, with the one of which it is a copy."""
        shared.remove(file)
        self._tell_all(Forget(file.name))
        original = file.name.removeprefix(self._prefix)
        if original.startswith(self._prefix):
            self._tell_all(Forget(original))

    def remove_after(self, begin: str, number: int) -> None:
        """Let the keeper of the host remove the files."""
        self._tell_all(ForgetAfter(begin, number))
