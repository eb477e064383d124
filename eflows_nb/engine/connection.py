"""How an engine, or the keeper of a host, finds its client and proves that it belongs to it."""

from __future__ import annotations

from typing import Any, NamedTuple

import zmq

__all__ = ["HEARTBEAT_LIMIT_MILLISECONDS", "HEARTBEAT_MILLISECONDS", "Credentials", "Keys", "connect"]

HEARTBEAT_MILLISECONDS = 2000
"""How often one end of a connection asks whether the other one is there."""

HEARTBEAT_LIMIT_MILLISECONDS = 10000
"""After which silence the connection is lost."""

_RECONNECT_MILLISECONDS = 60_000  # with a connection messages are lost: its engine is ended, not met again


class Keys(NamedTuple):
    """The CURVE keys of a channel over TCP, as text of 40 characters each.

    Parameters
    ----------
    server
        The client's public key, by which engines know it.
    public, secret
        The pair of the engines, by which the client knows them.
    """

    server: str
    public: str
    secret: str


class Credentials(NamedTuple):
    """What an engine needs to reach its client.

    Parameters
    ----------
    address
        ZeroMQ address of the client's socket.
    session
        Token of the session.
    keys
        None for a socket file in a private folder, which needs none.
    """

    address: str
    session: str
    keys: Keys | None = None

    def encode(self) -> str:
        """Return them as one line of text; it is a secret when there are keys."""
        return " ".join([self.address, self.session, *(self.keys or ())])

    @classmethod
    def decode(cls, line: str) -> Credentials:
        """Return what `encode` made a line of."""
        address, session, *keys = line.split(" ")
        return cls(address, session, Keys(*keys) if keys else None)


def connect(context: zmq.Context[Any], credentials: Credentials, identity: bytes) -> zmq.Socket[Any]:
    """Return a socket that is connected to the client's; over TCP both ends prove who they are."""
    made: zmq.Socket[Any] = context.socket(zmq.DEALER)
    made.identity = identity
    made.set_hwm(0)
    made.linger = 2000
    made.reconnect_ivl = _RECONNECT_MILLISECONDS
    if credentials.keys is not None:
        made.heartbeat_ivl = HEARTBEAT_MILLISECONDS  # of a client without power there is no other word
        made.heartbeat_timeout = HEARTBEAT_LIMIT_MILLISECONDS
        made.curve_serverkey = credentials.keys.server.encode()
        made.curve_publickey = credentials.keys.public.encode()
        made.curve_secretkey = credentials.keys.secret.encode()
    made.connect(credentials.address)
    return made
