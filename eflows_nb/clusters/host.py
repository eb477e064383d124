"""A host, as the client sees it through its keeper."""

from __future__ import annotations

import subprocess
import tempfile
from concurrent.futures import Future

from eflows_nb.clusters.host_messages import HostUp
from eflows_nb.tasks.resources import Resources

__all__ = ["Host"]


class Host:
    """A host and its keeper.

    Parameters
    ----------
    name
        What the user calls it.
    number
        The keeper's number on the channel, below 0.
    """

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.shell: subprocess.Popen[bytes] | None = None
        self.written = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the keeper writes to it
        self.up: Future[HostUp] = Future()
        self.lost = False
        self.pids: set[int] = set()
        self.coming = 0

    @property
    def is_up(self) -> bool:
        """Whether its keeper has come, and has not gone."""
        return not self.lost and self.up.done() and self.up.exception() is None

    @property
    def engines(self) -> int:
        """Number of engines that it has or is about to have."""
        return len(self.pids) + self.coming

    @property
    def capacity(self) -> Resources:
        """What it has for engines, when its keeper has come."""
        return self.up.result().capacity

    def last_words(self) -> str:
        """Return the last line that the keeper, or SSH, has written."""
        self.written.seek(0)
        lines = self.written.read().decode(errors="replace").split("\n")
        return next((line.strip(" .\r") for line in reversed(lines) if line.strip()), "")
