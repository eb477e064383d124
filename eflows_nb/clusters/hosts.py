"""Engines on other hosts, each started by the keeper of its host, which is reached by SSH."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from eflows_nb.clusters.channel import Channel
from eflows_nb.clusters.cluster import HostDown
from eflows_nb.clusters.controller import Controller
from eflows_nb.clusters.data_server import DataServer
from eflows_nb.clusters.files import Files
from eflows_nb.clusters.host import Host
from eflows_nb.clusters.host_files import FilesOnHosts
from eflows_nb.clusters.host_messages import (
    EngineEnded,
    EnginesStarted,
    HostUp,
    SignalEngine,
    StartEngines,
    StopEngines,
)
from eflows_nb.clusters.keeper import Instructions
from eflows_nb.clusters.launcher import Process
from eflows_nb.clusters.machine import divided, share_of
from eflows_nb.clusters.protection import Protection
from eflows_nb.clusters.reach import THIS_HOST, address_towards, checked
from eflows_nb.engine.messages import Goodbye, Ping
from eflows_nb.errors import ClusterError
from eflows_nb.tasks.resources import Resources

__all__ = ["SHELL", "HostsLauncher"]

SHELL = "EFLOWS_SSH"
"""Environment variable with the command that runs another one on a host, which is told the host and that."""

_SHELL = "ssh -o BatchMode=yes -o ConnectTimeout=20"
_UP_LIMIT = 60.0
_END_LIMIT = 10.0
_SHELL_LIMIT = 5.0

logger = logging.getLogger(__name__)


class HostsLauncher:
    """Starts engines on hosts, as many on each as its cores allow or its share of a number.

    Parameters
    ----------
    hosts
        Names by which SSH knows them; `THIS_HOST` needs no SSH.
    session
        Token of the session.
    protection
        Ends the processes of this machine if this one dies; those of hosts then end by themselves.
    address
        Address of this machine that the hosts can reach; None finds it out.

    Raises
    ------
    ClusterError
        When there is no such address, or no host, or one twice.
    """

    kind = "hosts"

    def __init__(
        self, hosts: Sequence[str], session: str, protection: Protection, address: str | None = None
    ) -> None:
        self._hosts = [Host(name, -number) for number, name in enumerate(checked(hosts), 1)]
        self.ip = address or address_towards(hosts)
        try:
            self.channel = Channel(self.ip)
        except OSError as error:
            raise ClusterError(
                f"Nothing can listen at {self.ip}, where hosts should reach this machine: {error}. Give an "
                "address of this machine as address=."
            ) from error
        self.capacity = share_of(1)
        self.news: deque[Process | HostDown] = deque()
        self._key = secrets.token_bytes(32)
        self._files = FilesOnHosts(session, self._key, self._tell_all)
        self.files: Files = self._files
        self._session = session
        self._protection = protection
        self._said: deque[tuple[Host, Any]] = deque()
        self._shells: dict[int, Host] = {}
        self._words = ""

    # Keepers -------------------------------------------------------------------------------------------

    async def prepare(self, engines: int) -> int:
        """Start the keepers that are not there; return how many engines to launch."""
        loop = asyncio.get_running_loop()
        if self._files.server is None:
            make = lambda: DataServer(self.ip, self._session, self._key)  # noqa: E731
            self._files.server = await loop.run_in_executor(None, make)
            for host in self._hosts:
                self._start_keeper(host)
        await asyncio.wait([asyncio.wrap_future(host.up) for host in self._hosts], timeout=_UP_LIMIT)
        for host in self._hosts:
            if not host.up.done():
                words = host.last_words() or f"its keeper did not answer within {_UP_LIMIT:.0f} s"
                host.up.set_exception(ClusterError(words))
                self._lose(host)
        there = [host for host in self._hosts if host.is_up]
        missing = [f"'{host.name}': {host.up.exception()}" for host in self._hosts if host.up.exception()]
        if not there:
            raise ClusterError(
                f"no host can be used. {'; '.join(missing)}. Each must be reached by '{_shell()}', have this "
                f"Python ({sys.executable}), and reach {self.ip} here; address= gives another address"
            )
        for reason in missing:
            logger.warning("The cluster goes on without a host: %s", reason)
        largest = max((host.capacity for host in there), key=lambda it: (it.cores, it.memory))
        self.capacity = replace(largest, target=tuple(sorted(host.name for host in there)))
        return engines or sum(host.capacity.cores for host in there)

    def _start_keeper(self, host: Host) -> None:
        command = [sys.executable, "-m", "eflows_nb.clusters.keeper"]
        if host.name != THIS_HOST:
            path = os.environ.get("PYTHONPATH")
            remote = shlex.join([*(["env", f"PYTHONPATH={path}"] if path else []), *command])
            command = [*shlex.split(_shell()), host.name, remote]
        told = Instructions(
            credentials=self.channel.credentials(self._session).encode(),
            data_key=self._key.hex(),
            number=-host.number,
            name=host.name,
            folder=os.getcwd(),  # noqa: PTH109 - as text
        )
        try:
            host.shell = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=host.written,
                stderr=host.written,
                start_new_session=True,
            )
        except OSError as error:
            host.up.set_exception(ClusterError(str(error)))
            return
        assert host.shell.stdin is not None
        with suppress(BrokenPipeError):  # its last words say more
            host.shell.stdin.write(told.encode().encode() + b"\n")
            host.shell.stdin.close()
        self._protection.add_group(host.shell.pid)
        descriptor = os.pidfd_open(host.shell.pid)
        self._shells[descriptor] = host
        self.channel.watch(descriptor)
        self.channel.wake()

    def notice(self, descriptors: set[int]) -> None:
        """Take note of keepers that have ended, or cannot be reached by SSH any more."""
        for descriptor in descriptors:
            host = self._shells.pop(descriptor, None)
            if host is not None:
                self.channel.forget(descriptor)
                os.close(descriptor)
                self._lose(host)

    def look(self) -> None:
        """Give up hosts whose keepers cannot be reached."""
        for host in self._hosts:
            if host.is_up and not self.channel.send(host.number, Ping()):
                self._lose(host)

    def _lose(self, host: Host) -> None:
        """Let a host go, with all that is on it: it is not met again."""
        if host.lost:
            return
        host.lost = True
        self._end_shell(host)
        if not host.up.done():
            host.up.set_exception(ClusterError(host.last_words() or "it cannot be reached"))
        if host.up.exception() is None:
            self._said.append((host, Goodbye()))
            self._words = host.last_words() or f"the host '{host.name}' was lost"
            self.news.extend(Process(host.name, pid) for pid in host.pids)
            self.news.append(HostDown(host.up.result().server))
            host.pids.clear()
            host.coming = 0
        self.channel.wake()

    def hear(self, keeper: int, message: Any) -> None:
        """Take what a keeper says."""
        host = self._hosts[-keeper - 1]
        if host.lost:
            return
        if type(message) is HostUp:
            host.up.set_result(message)
        elif type(message) is EnginesStarted:
            host.coming -= len(message.pids)
            host.pids.update(message.pids)
        elif type(message) is EngineEnded:
            host.pids.discard(message.pid)
            self._words = message.words or self._words
            self.news.append(Process(host.name, message.pid))

    def tick(self) -> None:
        """Say what is to be said; the socket belongs to whoever receives."""
        while self._said:
            host, message = self._said.popleft()
            self.channel.send(host.number, message)

    def _tell(self, host: Host, message: Any) -> None:
        self._said.append((host, message))
        self.channel.wake()

    def _tell_all(self, message: Any) -> None:
        for host in self._hosts:
            if host.is_up:
                self._tell(host, message)

    # Engines -------------------------------------------------------------------------------------------

    async def launch(self, engines: int, controller: Controller, *, of: int, place: str = "") -> None:
        """Start so many engines more, where there are fewest for the cores."""
        environment = await controller.engine_environment()
        before = {host.number: host.engines for host in self._hosts}
        for _ in range(engines):
            there = [host for host in self._hosts if host.is_up and place in ("", host.name)]
            if not there:
                return
            min(there, key=lambda host: (host.engines + 1) / host.capacity.cores).coming += 1
        for host in self._hosts:
            more = host.engines - before[host.number]
            if more > 0:
                self._tell(host, StartEngines(more, host.engines, environment))

    def share_of(self, process: Process) -> Resources:
        """Return what an engine has of its host."""
        host = self._named(process.host)
        return divided(host.capacity, host.engines)

    def _named(self, name: str) -> Host:
        return next(host for host in self._hosts if host.name == name)

    @property
    def is_alive(self) -> bool:
        """Whether any engine lives or is about to come."""
        return any(host.engines for host in self._hosts if not host.lost)

    def can_replace(self, process: Process) -> bool:
        """Return whether the host is there."""
        return self._named(process.host).is_up

    def signal(self, process: Process, number: int) -> None:
        """Let the keeper send a signal."""
        self._tell(self._named(process.host), SignalEngine(process.pid, number))

    def end(self, process: Process) -> None:
        """Let the keeper end a process."""
        self._tell(self._named(process.host), StopEngines((process.pid,)))

    def end_all(self, *, finally_: bool) -> None:
        """End all engines; finally the keepers, too."""
        if not finally_:
            for host in self._hosts:
                self._tell(host, StopEngines(tuple(host.pids)))
            deadline = time.monotonic() + _END_LIMIT
            while self.is_alive and time.monotonic() < deadline:
                time.sleep(0.05)
            return
        self._tell_all(Goodbye())
        self.tick()
        deadline = time.monotonic() + _END_LIMIT
        for host in self._hosts:
            if host.shell is not None and host.is_up:  # one that comes later finds nobody, and goes
                with suppress(subprocess.TimeoutExpired):
                    host.shell.wait(max(0.0, deadline - time.monotonic()))
            self._end_shell(host)
            if not host.up.done():
                host.up.set_exception(ClusterError("the cluster was stopped"))

    def _end_shell(self, host: Host) -> None:
        shell, host.shell = host.shell, None
        if shell is not None:
            for number in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(shell.pid, number)
                with suppress(subprocess.TimeoutExpired):
                    shell.wait(_SHELL_LIMIT)
                    break
            self._protection.remove_group(shell.pid)

    def last_words(self) -> str:
        """Return the last line of an engine or a host that is gone."""
        return self._words or "nothing"

    def close(self) -> None:
        """Let go of what is left of keepers, of the data server and of the channel."""
        for host in self._hosts:
            self._end_shell(host)
            host.written.close()
        for descriptor in self._shells:
            os.close(descriptor)
        self._shells.clear()
        if self._files.server is not None:
            self._files.server.close()
            self._files.server = None
        self.channel.close()


def _shell() -> str:
    return os.environ.get(SHELL) or _SHELL
