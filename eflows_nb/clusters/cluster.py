"""What every cluster offers to the runtime."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from eflows_nb.clusters.files import Files
from eflows_nb.tasks.resources import Resources

__all__ = [
    "Arrival",
    "Cluster",
    "ClusterState",
    "EngineDown",
    "EngineUp",
    "HostDown",
    "Message",
    "StateChange",
]


class ClusterState(StrEnum):
    """What a cluster is doing."""

    STARTING = "starting"
    """Asked for; fewer engines than requested have joined."""
    READY = "ready"
    """All requested engines have joined."""
    STOPPED = "stopped"
    """Asked to go, and gone."""
    BROKEN = "broken"
    """It could not start, or was lost; the reason is told."""


class EngineUp(NamedTuple):
    """An engine has joined.

    Parameters
    ----------
    engine
        Its number.
    host, pid
        Where it is.
    share
        What it has of the host for its tasks.
    files
        What the names of the files begin with that it shares.
    gpus
        Those that its tasks see.
    """

    engine: int
    host: str
    pid: int
    share: Resources = Resources()
    files: str = ""
    gpus: tuple[str, ...] = ()


class EngineDown(NamedTuple):
    """An engine is gone; ``expected`` says whether it was asked to go."""

    engine: int
    expected: bool


class HostDown(NamedTuple):
    """A host is gone, after its engines, with the shared files of its data server."""

    server: str


class Message(NamedTuple):
    """An engine says something; one of the records of `eflows_nb.engine.messages`."""

    engine: int
    content: Any


class StateChange(NamedTuple):
    """The cluster is in another state; for BROKEN with the reason."""

    state: ClusterState
    reason: str = ""


Arrival = EngineUp | EngineDown | HostDown | Message | StateChange


class Cluster(Protocol):
    """A set of engines, and the way to them.

    One thread at a time may `wait`; `receive` and `send` are called under the lock of the runtime. Whatever
    happens to the cluster is told through `receive`, in order.
    """

    kind: str
    requested: int
    files: Files
    """What is to be done with shared files of the client and of engines."""

    @property
    def capacity(self) -> Resources:
        """What its largest host has, and so the most that one task can have."""
        ...

    def start(self) -> None:
        """Begin to start engines, and return at once."""

    def wait(self, timeout: float) -> None:
        """Return when there may be something to receive, after `wake`, or after `timeout` seconds."""

    def wake(self) -> None:
        """Let the thread that waits return; may be called from any thread and from a signal handler."""

    def receive(self) -> list[Arrival]:
        """Return what has come, without waiting."""

    def send(self, engine: int, message: Any) -> None:
        """Send a record of `eflows_nb.engine.messages` to an engine; one that is gone gets nothing."""

    def interrupt(self, engine: int) -> None:
        """Interrupt what the engine is running, after it was sent a Cancel."""

    def kill(self, engine: int) -> None:
        """End an engine that does not listen; it is told as gone like any that dies."""

    def release(self, engine: int) -> None:
        """Want one engine less: this one, which works on until it is retired, and is not replaced."""

    def retire(self, engine: int) -> None:
        """End an engine that was released and has nothing to do any more; it is told as gone, expectedly."""

    def grow(self, engines: int) -> None:
        """Begin to start more engines, up to this number, and return at once."""

    def stop(self) -> None:
        """End all engines and wait until they are gone; may be called twice."""
