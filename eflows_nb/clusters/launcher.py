"""The one thing in which clusters of engines differ: how their processes are started and ended."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple, Protocol

from eflows_nb.clusters.channel import Channel
from eflows_nb.clusters.cluster import HostDown
from eflows_nb.clusters.controller import Controller
from eflows_nb.clusters.files import Files
from eflows_nb.tasks.resources import Resources

__all__ = ["Launcher", "Process"]


class Process(NamedTuple):
    """The process of an engine: its host, and its number there."""

    host: str
    pid: int


class Launcher(Protocol):
    """Starts, signals and ends the processes of engines.

    What happens to them is told through `news`, in order: a `Process` has ended, or a whole host is gone.
    """

    kind: str
    ip: str
    """Address of this machine at which engines reach it; empty for engines of this machine alone."""
    channel: Channel
    capacity: Resources
    files: Files
    news: deque[Process | HostDown]

    async def prepare(self, engines: int) -> int:
        """Get ready to launch; return how many engines to launch, as many as fit for 0.

        Raises
        ------
        ClusterError
            When nothing can be launched.
        """

    async def launch(self, engines: int, controller: Controller, *, of: int, place: str = "") -> None:
        """Start so many engines more, of a total `of`, on one host if `place` names it."""

    def share_of(self, process: Process) -> Resources:
        """Return what an engine has of its host for its tasks."""
        ...

    @property
    def is_alive(self) -> bool:
        """Whether any process lives or is about to come."""
        ...

    def can_replace(self, process: Process) -> bool:
        """Return whether another engine can be started in the place of one that has ended."""
        ...

    def notice(self, descriptors: set[int]) -> None:
        """Take note of file descriptors, watched by the channel, that have become readable."""

    def hear(self, keeper: int, message: Any) -> None:
        """Take a message that is not of an engine."""

    def look(self) -> None:
        """Look whether hosts can still be reached: some connection was lost."""

    def signal(self, process: Process, number: int) -> None:
        """Send a signal to a process."""

    def end(self, process: Process) -> None:
        """End a process: it is asked to go, and made to if it does not; may take a second."""

    def tick(self) -> None:
        """Do what whoever receives must do; called before each time."""

    def end_all(self, *, finally_: bool) -> None:
        """End all processes and wait until they are gone; finally, nobody receives any more."""

    def last_words(self) -> str:
        """Return the last line that an engine wrote to its log, one that is gone if there is any."""
        ...

    def close(self) -> None:
        """Let go of everything, the channel too; may be called twice."""
