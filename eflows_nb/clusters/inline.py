"""The cluster that is always there: tasks run in this process, where they are called."""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import replace
from typing import Any

from eflows_nb.clusters.cluster import Arrival, ClusterState, EngineUp, Message, StateChange
from eflows_nb.clusters.files import Files, FilesHere
from eflows_nb.clusters.machine import share_of
from eflows_nb.engine.worker import Worker

__all__ = ["InlineCluster"]


class InlineCluster:
    """One engine inside this process; `wait` runs what was sent to it."""

    kind = "inline"
    requested = 0

    def __init__(self, session: str) -> None:
        self.capacity = replace(share_of(1), target=("localhost", os.uname().nodename))
        self.files: Files = FilesHere()
        self._arrived: deque[Arrival] = deque()
        self._worker = Worker(self._say, list, session=session, inline=True)

    def _say(self, message: Any) -> None:
        self._arrived.append(Message(0, message))

    def start(self) -> None:
        """Join its only engine."""
        self._arrived.append(EngineUp(0, os.uname().nodename, os.getpid(), self.capacity))
        self._arrived.append(StateChange(ClusterState.READY))

    def wait(self, timeout: float) -> None:
        """Run what was sent; an interrupt of the user ends the task that runs, and is passed on."""
        if not self._worker.busy:
            time.sleep(min(timeout, 0.01))  # another thread is at it
        while self._worker.busy:
            self._worker.run_slice()

    def wake(self) -> None:
        """Do nothing: nobody waits for an engine in this process."""

    def receive(self) -> list[Arrival]:
        """Return what has come, without waiting."""
        arrived = list(self._arrived)
        self._arrived.clear()
        return arrived

    def send(self, engine: int, message: Any) -> None:
        """Leave a message for the next `wait`."""
        self._worker.handle(message)

    def interrupt(self, engine: int) -> None:
        """Do nothing: while the task runs, nobody can ask for it but by an interrupt of the process."""

    def kill(self, engine: int) -> None:
        """Do nothing: nobody can ask for it while the only engine is at work."""

    def release(self, engine: int) -> None:
        """Do nothing: the only engine stays."""

    def retire(self, engine: int) -> None:
        """Do nothing: the only engine stays."""

    def grow(self, engines: int) -> None:
        """Do nothing: one process, one engine."""

    def stop(self) -> None:
        """Do nothing: it ends with the process."""
