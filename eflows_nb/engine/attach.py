"""Serve the client from an ipyparallel engine: a socket as a stream on the engine's own event loop.

Between two slices of tasks the loop answers everything else, so that ``%px`` works under load.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import sys
import threading
from types import FrameType
from typing import Any

import zmq
from zmq.eventloop.zmqstream import ZMQStream

from eflows_nb.engine.messages import Goodbye, Hello, Lasting, Written
from eflows_nb.engine.output import OutputCapture
from eflows_nb.engine.worker import TaskCancelledByClient, Worker, become_engine

__all__ = ["CHANNEL", "MEMORY", "Attachment", "attach"]

CHANNEL = "EFLOWS_CHANNEL"
"""Environment variable with the address of the client's socket and the token of its session."""

MEMORY = "EFLOWS_ENGINE_MEMORY"
"""Environment variable with the bytes of large results that an engine holds in memory; more go to files."""

_attachment: Attachment | None = None


class Attachment:
    """The end of the channel in an engine."""

    def __init__(self, address: str, session: str, engine: int) -> None:
        from tornado.ioloop import IOLoop

        context: zmq.Context[Any] = zmq.Context.instance()
        self._socket = _dealer(context, address, b"%d" % engine)
        self._output = _dealer(context, address, b"output-%d" % engine)
        self._loop = IOLoop.current()
        self._scheduled = False
        self._capture = OutputCapture(self._tell, self._lasts)
        self._lasting = -1
        self._worker = Worker(
            self._send,
            self._receive,
            session=session,
            capture=self._capture,
            memory=int(os.environ.get(MEMORY, sys.maxsize)),
        )
        self._send(Hello(engine, socket.gethostname(), os.getpid()))
        self._stream = ZMQStream(self._socket, self._loop)
        self._stream.on_recv(self._on_message)

    def _send(self, message: Any) -> None:
        self._socket.send(pickle.dumps(message, 5))

    def _receive(self) -> list[Any]:
        messages = []
        while int(self._socket.EVENTS) & zmq.POLLIN:
            messages.append(pickle.loads(self._socket.recv()))
        return messages

    def _tell(self, task: int, stream: int, text: str) -> None:
        own = threading.current_thread() is threading.main_thread()  # a socket belongs to one thread
        (self._socket if own else self._output).send(pickle.dumps(Written(task, stream, text), 5))

    def _lasts(self, task: int, seconds: float) -> None:
        if task != self._lasting and seconds > self._worker.budget:
            self._lasting = task
            self._output.send(pickle.dumps(Lasting(task), 5))

    def _on_message(self, frames: list[bytes]) -> None:
        self._take(pickle.loads(frames[0]))
        if not self._scheduled:
            self._run()

    def _take(self, message: Any) -> None:
        if type(message) is Goodbye:
            self.close()
        else:
            self._worker.handle(message)

    def _run(self) -> None:
        self._scheduled = False
        if self._worker.busy:
            previous = signal.signal(signal.SIGINT, self._interrupted)
            try:
                self._worker.run_slice(self._capture)
            finally:
                signal.signal(signal.SIGINT, previous)
        # The socket signals a message only once, and sending may have consumed that signal.
        while not self._stream.closed() and (messages := self._receive()):
            for message in messages:
                self._take(message)
        if self._worker.busy and not self._stream.closed():
            self._scheduled = True
            self._loop.add_callback(self._run)

    def _interrupted(self, _signal: int, _frame: FrameType | None) -> None:
        # The client sends a Cancel before the signal, but the signal may overtake it.
        task = self._worker.current
        if task < 0:
            return
        if self._worker.is_cancelled(task) or (self._socket.poll(100) and self._worker.is_cancelled(task)):
            raise TaskCancelledByClient(f"task {task} was cancelled")

    def close(self) -> None:
        """Leave the client; may be called twice."""
        if not self._stream.closed():
            self._stream.close()
            self._capture.close()


def _dealer(context: zmq.Context[Any], address: str, identity: bytes) -> zmq.Socket[Any]:
    made: zmq.Socket[Any] = context.socket(zmq.DEALER)
    made.identity = identity
    made.set_hwm(0)
    made.linger = 2000
    made.connect(address)
    return made


def attach() -> None:
    """Attach this engine to the client named in its environment."""
    global _attachment
    from ipykernel.kernelapp import IPKernelApp

    address, session = os.environ[CHANNEL].split(" ")
    become_engine()
    application: Any = IPKernelApp.instance().parent
    _attachment = Attachment(address, session, int(application.id))
