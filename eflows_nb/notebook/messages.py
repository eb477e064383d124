"""What kernel and browser say to each other about a session.

Mirrored in ``extension/src/session/protocol.ts``; both are tested on the JSON files in ``tests/protocol``.
A change that an older reader would misunderstand raises `VERSION`; a new key or a new kind of message does
not, because readers ignore what they do not know.
"""

from __future__ import annotations

from typing import Literal, TypedDict

__all__ = [
    "COMM",
    "VERSION",
    "EngineMessage",
    "SessionContent",
    "SessionMessage",
]

COMM = "eflows"
"""Id and target name of the comm that a kernel with a session has."""

VERSION = 1
"""Version of the protocol."""


class EngineMessage(TypedDict):
    """One engine that has joined."""

    engine: int
    host: str
    pid: int
    running: int
    finished: int


class SessionContent(TypedDict):
    """A session at one moment; ``tasks`` has a number for each state of a task."""

    cluster: str
    state: str
    reason: str
    requested: int
    engines: list[EngineMessage]
    tasks: dict[str, int]


class SessionMessage(TypedDict):
    """Kernel to browser: the session as it is now, at most ten times a second."""

    version: int
    kind: Literal["session"]
    session: SessionContent
