"""The client's end of the direct channel to engines.

For engines of this machine the socket lies in a folder that only the user can enter, so whoever reaches it is
the user. For those of other hosts it is a TCP port with CURVE: both ends know each other by their keys, and
what they say is encrypted. Nothing that others could have sent is ever unpickled.
"""

from __future__ import annotations

import hmac
import logging
import os
import pickle
import secrets
import select
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import zmq

from eflows_nb.clusters.cluster import Message
from eflows_nb.engine.connection import (
    HEARTBEAT_LIMIT_MILLISECONDS,
    HEARTBEAT_MILLISECONDS,
    Credentials,
    Keys,
)

__all__ = ["Channel"]

_EVENTS = int(zmq.EVENTS)
_READABLE = int(zmq.POLLIN)
_LOOKS_SECONDS = (0.3, 1.0, 3.0)
_DOMAIN = "eflows"
_SOCKET = "client"

logger = logging.getLogger(__name__)


class Channel:
    """Messages to and from engines over one ZeroMQ socket, and a way to wake the thread that waits.

    Parameters
    ----------
    ip
        Address of this machine at which to listen for engines of other hosts; empty for those of this machine
        alone.
    announce
        Told the folder of the socket before it is made, so that it can be removed if this process is killed.

    Raises
    ------
    OSError
        When it cannot listen there.
    """

    def __init__(self, ip: str = "", announce: Callable[[Path], None] = lambda _: None) -> None:
        self.folder = None if ip else _make_folder(announce)
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._gate = _Gate(self._context, self._socket) if ip else None
        self._socket.set_hwm(0)
        self._socket.linger = 500
        self._socket.router_mandatory = True
        self._socket.heartbeat_ivl = HEARTBEAT_MILLISECONDS
        self._socket.heartbeat_timeout = HEARTBEAT_LIMIT_MILLISECONDS
        self._socket.router_handover = True  # after a crash of the controller numbers begin anew
        try:
            self._socket.bind(f"tcp://{ip}:*" if ip else f"ipc://{self.folder}/{_SOCKET}")
        except zmq.ZMQError as error:
            self._leave()
            raise OSError(error.errno, str(error)) from error
        self.address = str(self._socket.getsockopt_string(zmq.LAST_ENDPOINT))
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._monitor = self._socket.get_monitor_socket(zmq.Event.DISCONNECTED)
        self._poll = select.poll()
        self._poll.register(int(self._monitor.FD), select.POLLIN)
        self._poll.register(int(self._socket.FD), select.POLLIN)
        self._poll.register(self._wake_read, select.POLLIN)
        self._looks: deque[float] = deque()
        self._closed = False

    def credentials(self, session: str) -> Credentials:
        """Return what an engine needs to connect to this channel."""
        return Credentials(self.address, session, self._gate.keys if self._gate is not None else None)

    def watch(self, descriptor: int) -> None:
        """Let `wait` return also when this file descriptor becomes readable."""
        self._poll.register(descriptor, select.POLLIN)

    def forget(self, descriptor: int) -> None:
        """Undo `watch`."""
        with suppress(KeyError):
            self._poll.unregister(descriptor)

    def wait(self, timeout: float) -> set[int]:
        """Wait for a message, a watched descriptor or `wake`; return the descriptors that are readable."""
        if self._closed:
            return set()
        ready = {descriptor for descriptor, _ in self._poll.poll(max(0, int(timeout * 1000)))}
        if self._wake_read in ready:
            with suppress(BlockingIOError):
                os.read(self._wake_read, 4096)
        return ready

    def wake(self) -> None:
        """Let `wait` return."""
        with suppress(BlockingIOError, OSError):
            os.write(self._wake_write, b"w")

    def receive(self) -> list[Message]:
        """Return the messages that have come, with the numbers of their engines; keepers are below 0."""
        arrived = []
        while not self._closed and int(self._socket.get(_EVENTS)) & _READABLE:
            identity, body = self._socket.recv_multipart()
            arrived.append(Message(int(identity), pickle.loads(body)))
        return arrived

    def send(self, engine: int, message: Any) -> bool:
        """Send a message, and return whether there is a connection to take it."""
        try:
            self._socket.send_multipart([b"%d" % engine, pickle.dumps(message, 5)])
        except zmq.ZMQError:
            return False
        return True

    def lost_any(self, now: float | None = None) -> bool:
        """Return whether to look for engines without a connection: one has ended or is frozen.

        The heart of an engine beats in a thread of its own, whatever its tasks do. Word of a loss may come
        before `send` knows of it, so this is True again some times in the seconds after it.

        Parameters
        ----------
        now
            Time in seconds, None for that of the system.
        """
        now = time.monotonic() if now is None else now
        lost = False
        while self._looks and self._looks[0] <= now:
            self._looks.popleft()
            lost = True
        while not self._closed and int(self._monitor.get(_EVENTS)) & _READABLE:
            self._monitor.recv_multipart()
            self._looks = deque(now + seconds for seconds in _LOOKS_SECONDS)
            lost = True
        return lost

    def close(self) -> None:
        """Close the socket, and remove its folder if it has one; may be called twice."""
        if not self._closed:
            self._closed = True
            self.wake()
            self._socket.disable_monitor()
            self._monitor.close()
            self._leave()
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _leave(self) -> None:
        self._socket.close()
        if self._gate is not None:
            self._gate.close()
        self._context.term()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _make_folder(announce: Callable[[Path], None]) -> Path:
    folder = Path(tempfile.gettempdir()) / f"eflows-{secrets.token_hex(4)}"
    if len(os.fsencode(folder / _SOCKET)) > zmq.IPC_PATH_MAX_LEN:
        folder = Path("/tmp", folder.name)
    announce(folder)
    folder.mkdir(mode=0o700)
    return folder


class _Gate:
    """Lets in those alone who have the keys of this channel, which are made anew for each."""

    def __init__(self, context: zmq.Context[Any], socket: zmq.Socket[Any]) -> None:
        from zmq.auth.thread import ThreadAuthenticator

        server, secret = zmq.curve_keypair()
        public, engines = zmq.curve_keypair()
        self.keys = Keys(server.decode(), public.decode(), engines.decode())
        self._authenticator = ThreadAuthenticator(context, log=logger)
        self._authenticator.start()
        self._authenticator.configure_curve_callback(_DOMAIN, credentials_provider=self)
        socket.curve_server = True
        socket.curve_secretkey = secret
        socket.zap_domain = _DOMAIN.encode()
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)  # without an authenticator nobody comes in

    def callback(self, _domain: str, key: bytes) -> bool:
        """Return whether somebody with this public key may come in; the authenticator asks."""
        return hmac.compare_digest(key, self.keys.public.encode())

    def close(self) -> None:
        self._authenticator.stop()
