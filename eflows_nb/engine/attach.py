"""Serve the client from an ipyparallel engine: a socket as a stream on the engine's own event loop.

Between two slices of tasks the loop answers everything else, so that ``%px`` works under load.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import zmq

from eflows_nb.engine import gpus
from eflows_nb.engine.connection import Credentials, connect
from eflows_nb.engine.environment import CHANNEL, DATA_KEY, GPU_CLAIMS, GPU_SHARE, GPUS, HOST, MEMORY, SERVER
from eflows_nb.engine.memory import FreedMemory, HugePages
from eflows_nb.engine.messages import (
    Batch,
    Cancel,
    Displayed,
    Export,
    GiveBack,
    Goodbye,
    Hello,
    Lasting,
    Written,
)
from eflows_nb.engine.output import OutputCapture
from eflows_nb.engine.outputs import Clear, Display
from eflows_nb.engine.publisher import TaskPublisher
from eflows_nb.engine.shared import own_prefix, prefix
from eflows_nb.engine.signals import set_handler
from eflows_nb.engine.transfer import Reader
from eflows_nb.engine.worker import TaskCancelledByClient, Worker, become_engine

__all__ = ["Attachment", "attach"]

_KEPT_SHARE = 4
_EVENTS, _FD, _READABLE = int(zmq.EVENTS), int(zmq.FD), int(zmq.POLLIN)

_attachment: Attachment | None = None


class Attachment:
    """The end of the channel in an engine."""

    def __init__(
        self, credentials: Credentials, data_key: bytes, engine: int, taken: tuple[str, ...]
    ) -> None:
        from tornado.ioloop import IOLoop

        context: zmq.Context[Any] = zmq.Context.instance()
        self._socket = connect(context, credentials, b"%d" % engine)
        self._lock = threading.RLock()  # whoever holds it may use the socket
        self._early: list[Any] = []  # what came while a task ran, and has to wait for its end
        self._loop = IOLoop.current()
        self._asyncio_loop: asyncio.AbstractEventLoop = self._loop.asyncio_loop  # type: ignore[attr-defined]
        self._scheduled = False
        self._looking = False
        self._closed = False
        self._capture = OutputCapture(self._tell, self._lasts, self._tell_display)
        self._publisher = _take_displays(self._capture)
        self._lasting = -1
        self._interrupts = 0  # that wait to be looked into, with the one that is
        memory = int(os.environ.get(MEMORY, sys.maxsize))
        self._freed = FreedMemory(memory // _KEPT_SHARE)
        self._huge_pages = HugePages()
        self._worker = Worker(
            self._send,
            self._receive,
            session=credentials.session,
            capture=self._capture,
            memory=memory,
            own_gpus=taken,
            attach=Reader(data_key, prefix(credentials.session, os.environ.get(SERVER, ""))).attach,
        )
        host = os.environ.get(HOST) or socket.gethostname()
        self._send(Hello(engine, host, os.getpid(), own_prefix(credentials.session), taken))
        self._loop.add_handler(int(self._socket.get(_FD)), self._on_messages, IOLoop.READ)
        self._loop.add_callback(self._on_messages)

    def _send(self, message: Any) -> None:
        with self._lock:
            if not self._closed:
                self._socket.send(pickle.dumps(message, 5))

    def _receive(self) -> list[Any]:
        with self._lock:
            messages, self._early = self._early, []
            while not self._closed and int(self._socket.get(_EVENTS)) & _READABLE:
                messages.append(pickle.loads(self._socket.recv()))
            return messages

    def _tell(self, task: int, stream: int, text: str) -> None:
        self._send(Written(task, stream, text))
        self._look_again()

    def _tell_display(self, task: int, output: Display | Clear) -> None:
        self._send(Displayed(task, output))
        self._look_again()

    def _lasts(self, task: int, seconds: float) -> None:
        """Share what others want, and let go of what waits behind a task that lasts.

        The thread of the task cannot, so another one calls this.
        """
        wanted: list[Export] = []
        with self._lock:
            if self._worker.begun != task:
                return
            for message in self._receive():
                if type(message) in (Batch, Cancel, GiveBack):
                    self._worker.handle(message)
                elif type(message) is Export:
                    wanted.append(message)
                else:
                    self._early.append(message)
            if not self._worker.is_patient(seconds):
                behind = self._worker.empty_behind(task)
                if behind or (behind is not None and task != self._lasting):
                    self._lasting = task
                    self._send(Lasting(task, behind))
        for message in wanted:  # without the lock: the task may end meanwhile, and others begin
            self._worker.export(message.datum)
        self._look_again()

    def _look_again(self) -> None:
        """Let the loop look for messages: another thread may have used up the signal of one."""
        if not self._looking and threading.current_thread() is not threading.main_thread():
            self._looking = True
            self._loop.add_callback(self._on_messages)

    def _on_messages(self, *_: object) -> None:
        self._looking = False
        try:
            self._take_all()
            if not self._scheduled:
                self._run()
        except Exception:  # noqa: BLE001 - whatever it is, nobody should wait for what this engine has
            _end()

    def _go_on(self) -> None:
        try:
            self._run()
        except Exception:  # noqa: BLE001 - whatever it is, nobody should wait for what this engine has
            _end()

    def _take_all(self) -> None:
        """Take all messages that are there: the socket signals each only once."""
        while messages := self._receive():
            for message in messages:
                self._take(message)

    def _take(self, message: Any) -> None:
        if type(message) is Goodbye:
            self.close()
            return
        if type(message) is Batch and message.checkpoints and self._publisher is not None:
            self._publisher.saving = True
        self._worker.handle(message)

    def _run(self) -> None:
        self._scheduled = False
        if self._worker.busy:
            previous = set_handler(signal.SIGINT, self._interrupted)
            asyncio._set_running_loop(None)  # tasks may run loops of their own, by asyncio.run
            try:
                self._worker.run_slice(self._capture)
            finally:
                asyncio.set_event_loop(self._asyncio_loop)
                asyncio._set_running_loop(self._asyncio_loop)
                set_handler(signal.SIGINT, previous)
            self._lasting = -1
            self._freed.check()
            self._huge_pages.check()
        self._take_all()  # sending may have consumed the signal of a message
        if self._worker.busy and not self._closed:
            self._scheduled = True
            self._loop.add_callback(self._go_on)

    def _interrupted(self, _signal: int, _frame: FrameType | None) -> None:
        task = self._worker.begun
        if task < 0:
            return
        self._interrupts += 1
        if self._interrupts > 1:
            return  # within the one before: messages that it has taken come before those that are there now
        cancelled = False
        try:
            while self._interrupts and not cancelled:
                self._interrupts = 1
                cancelled = self._looks_cancelled(task)
                self._interrupts -= 1
        finally:
            self._interrupts = 0
        if cancelled and self._worker.current == task:  # the worker itself looks after it has loaded one
            raise TaskCancelledByClient(f"task {task} was cancelled")

    def _looks_cancelled(self, task: int) -> bool:
        # The client sends a Cancel before the signal, but the signal may overtake it.
        with self._lock:
            cancelled = self._worker.is_cancelled(task)
            return cancelled or (self._socket.poll(100) != 0 and self._worker.is_cancelled(task))

    def close(self) -> None:
        """Leave the client; may be called twice."""
        if not self._closed:
            self._closed = True
            self._loop.remove_handler(int(self._socket.get(_FD)))
            self._socket.close()
            self._capture.close()


def attach() -> None:
    """Attach this engine to the client named in its environment."""
    global _attachment
    from ipykernel.kernelapp import IPKernelApp

    credentials = Credentials.decode(os.environ.pop(CHANNEL))  # secrets are not for what tasks start
    data_key = bytes.fromhex(os.environ.pop(DATA_KEY, ""))
    os.environ.pop("IPP_CONNECTION_INFO", None)
    become_engine()
    application: Any = IPKernelApp.instance().parent
    number = int(application.id)
    _attachment = Attachment(credentials, data_key, number, _taken_gpus())


def _take_displays(capture: OutputCapture) -> TaskPublisher | None:
    """Let what tasks display go to the client, in every way that IPython knows."""
    from ipykernel.kernelapp import IPKernelApp

    shell: Any = getattr(IPKernelApp.instance(), "shell", None)
    if shell is None:
        return None
    publisher = TaskPublisher(shell.display_pub, capture.show, widgets=False)
    shell.display_pub = publisher
    return publisher


def _end() -> NoReturn:
    """End this engine, which is in a state that nobody foresaw; what it had runs again elsewhere."""
    traceback.print_exc(file=sys.__stderr__)
    os._exit(1)


def _taken_gpus() -> tuple[str, ...]:
    """Take the share of this engine of the GPUs of its host, and show them to its tasks."""
    names = os.environ.get(GPUS, "").split()
    if not names:
        return ()
    taken = gpus.claim(names, int(os.environ[GPU_SHARE]), Path(os.environ[GPU_CLAIMS]))
    gpus.show(taken)
    return taken
