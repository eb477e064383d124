"""Engines on this machine, as processes that ipyparallel starts."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from dataclasses import replace
from typing import Any

from eflows_nb.clusters.channel import Channel
from eflows_nb.clusters.cluster import HostDown
from eflows_nb.clusters.controller import Controller
from eflows_nb.clusters.files import Files, FilesHere
from eflows_nb.clusters.launcher import Process
from eflows_nb.clusters.machine import engine_environment, share_of
from eflows_nb.clusters.processes import end_processes
from eflows_nb.clusters.protection import Protection
from eflows_nb.engine.environment import CHANNEL, GPU_CLAIMS, STARTUP_COMMAND
from eflows_nb.tasks.resources import Resources

__all__ = ["LocalLauncher"]


class LocalLauncher:
    """Starts engines on this machine.

    Parameters
    ----------
    session
        Token of the session.
    protection
        Ends the processes if this one dies.
    """

    kind = "local"
    ip = ""

    def __init__(self, session: str, protection: Protection) -> None:
        self.channel = Channel(announce=protection.add_folder)
        self.capacity = replace(share_of(1), target=("localhost", os.uname().nodename))
        self.files: Files = FilesHere()
        self.news: deque[Process | HostDown] = deque()
        self._session = session
        self._protection = protection
        self._host = os.uname().nodename
        self._share = self.capacity
        self._watched: dict[int, int] = {}  # file descriptor of a process -> its number
        self._records: dict[int, Any] = {}  # process -> ipyparallel's own record of it
        self._lost: Any = None

    async def prepare(self, engines: int) -> int:
        """Return how many engines to launch."""
        return engines

    async def launch(self, engines: int, controller: Controller, *, of: int, place: str = "") -> None:
        """Start so many engines more."""
        self._share = share_of(of)
        environment = engine_environment(self._share)
        environment[GPU_CLAIMS] = str(self.channel.folder)
        environment[CHANNEL] = self.channel.credentials(self._session).encode()
        name = await controller.cluster.start_engines(
            engines,
            environment=environment,
            engine_args=[f"--IPEngine.startup_command={STARTUP_COMMAND}"],
        )
        for record in list(controller.cluster.engines[name].launchers.values()):
            self._records[record.pid] = record
            self._protection.add_group(record.pid)
            self._watch(record.pid)

    def _watch(self, pid: int) -> None:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            self._note_end(pid)
        else:
            self._watched[descriptor] = pid
            self.channel.watch(descriptor)
        self.channel.wake()

    def _note_end(self, pid: int) -> None:
        self._protection.remove_group(pid)
        self._lost = self._records.pop(pid, None)
        self.news.append(Process(self._host, pid))

    def share_of(self, process: Process) -> Resources:
        """Return what an engine has of this machine."""
        return self._share

    @property
    def is_alive(self) -> bool:
        """Whether any process lives."""
        return bool(self._watched)

    def can_replace(self, process: Process) -> bool:
        """Return True."""
        return True

    def notice(self, descriptors: set[int]) -> None:
        """Take note of processes that have ended."""
        for descriptor in descriptors:
            if descriptor in self._watched:
                self.channel.forget(descriptor)
                self._note_end(self._watched.pop(descriptor))
                os.close(descriptor)

    def hear(self, keeper: int, message: Any) -> None:
        """Do nothing: there are no keepers here."""

    def look(self) -> None:
        """Do nothing: this machine is there."""

    def signal(self, process: Process, number: int) -> None:
        """Send a signal to a process."""
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)

    def end(self, process: Process) -> None:
        """End a process."""
        end_processes([process.pid])

    def tick(self) -> None:
        """Do nothing: signals go their own way."""

    def end_all(self, *, finally_: bool) -> None:
        """End all processes and wait until they are gone."""
        end_processes(list(self._watched.values()))

    def last_words(self) -> str:
        """Return the last line that an engine wrote to its log, one that is gone if there is any."""
        lines: list[str] = []
        for record in [*self._records.values(), self._lost]:
            written = record.get_output().splitlines() if record is not None else ()
            lines += [line for line in written if line.strip() and "[KernelNanny" not in line]
        return lines[-1] if lines else "its log is empty"

    def close(self) -> None:
        """Let go of the processes, which have ended, and of the channel."""
        for descriptor, pid in self._watched.items():
            os.close(descriptor)
            self._protection.remove_group(pid)  # the number may soon belong to somebody else
        self._watched.clear()
        self.channel.close()
