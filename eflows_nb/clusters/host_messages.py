"""The records that cross the wire between the client and the keeper of a host."""

from __future__ import annotations

from typing import NamedTuple

from eflows_nb.tasks.resources import Resources

__all__ = [
    "EngineEnded",
    "EnginesStarted",
    "Forget",
    "ForgetAfter",
    "HostUp",
    "SignalEngine",
    "StartEngines",
    "StopEngines",
]


class HostUp(NamedTuple):
    """A keeper is ready.

    Parameters
    ----------
    server
        Address of the host's data server, as ``ADDRESS:PORT``.
    capacity
        What the host has, as far as the keeper may use it.
    """

    server: str
    capacity: Resources


class StartEngines(NamedTuple):
    """Start engines.

    Parameters
    ----------
    engines
        How many.
    of
        How many the host will then have: each gets its share.
    environment
        By which they find ipyparallel's controller.
    """

    engines: int
    of: int
    environment: dict[str, str]


class EnginesStarted(NamedTuple):
    """The numbers of the processes that were started."""

    pids: tuple[int, ...]


class EngineEnded(NamedTuple):
    """A process has ended, and these were its last words."""

    pid: int
    words: str


class SignalEngine(NamedTuple):
    """Send a signal to an engine."""

    pid: int
    number: int


class StopEngines(NamedTuple):
    """End engines: they are asked to go, and made to if they do not."""

    pids: tuple[int, ...]


class Forget(NamedTuple):
    """Remove a shared file, wherever it came from."""

    name: str


class ForgetAfter(NamedTuple):
    """Remove what an engine that is gone shared after the file of this number.

    Parameters
    ----------
    begin
        What the names of its files begin with.
    number
        The last that the client has heard of.
    """

    begin: str
    number: int
