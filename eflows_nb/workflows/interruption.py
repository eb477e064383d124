"""Signals to a headless run: the running cell is interrupted, then the run is brought to its end."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any

from jupyter_client.manager import AsyncKernelManager

__all__ = ["Interruption"]

GRACE_SECONDS = 10.0
"""How long an interrupted kernel may take to end; batch systems kill about 30 s after their signal."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Remembers the first signal, passes it to the kernel as an interrupt, and kills what does not end.

    Nothing is raised where the signal arrives, which could be in the middle of writing the notebook.

    Parameters
    ----------
    manager
        Manager of the kernel.
    """

    def __init__(self, manager: AsyncKernelManager) -> None:
        self.received: signal.Signals | None = None
        self.ready = False
        """Whether the kernel has answered, so that it can take an interrupt."""
        self._manager = manager
        self._deadline: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None

    @contextmanager
    def listening(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Take the signals while the context lasts; outside the main thread do nothing.

        Parameters
        ----------
        loop
            The event loop that talks with the kernel.
        """

        def take(number: int, frame: FrameType | None) -> None:
            again = self.received is not None
            self.received = self.received or signal.Signals(number)
            loop.call_soon_threadsafe(self._kill if again else self._interrupt, loop)

        before = _installed(take)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self._deadline is not None:
                self._deadline.cancel()

    def _interrupt(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.ready:
            self._deadline = loop.call_later(GRACE_SECONDS, self._kill, loop)
            self._sending = loop.create_task(self._send(self._manager.interrupt_kernel))
        else:
            self._kill(loop)

    def _kill(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sending = loop.create_task(self._send(partial(self._manager.signal_kernel, signal.SIGKILL)))

    async def _send(self, request: Callable[[], Awaitable[None]]) -> None:
        # The kernel may end on its own between the signal and this.
        with suppress(RuntimeError, OSError):
            await request()


def _installed(take: Callable[[int, FrameType | None], None]) -> dict[signal.Signals, Any]:
    """Install a handler for all signals that are not ignored, and return those before it."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    # What nohup or a background shell ignores stays ignored.
    wanted = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    return {number: signal.signal(number, take) for number in wanted}
