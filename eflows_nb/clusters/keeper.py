"""The keeper of a host: one process there that starts engines, tells of their end, and leaves nothing behind.

Run as a module. It reads what it needs from its standard input, so that no secret is on a command line, and
speaks with the client over the same channel as engines do. When the client is gone, or can not be reached any
more, engines, shared files and the keeper go too; a guard sees to that if it is the keeper that dies.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import zmq
from zmq.utils.monitor import recv_monitor_message

from eflows_nb.clusters.data_server import DataServer
from eflows_nb.clusters.host_messages import (
    EngineEnded,
    EnginesStarted,
    Forget,
    ForgetAfter,
    HostUp,
    SignalEngine,
    StartEngines,
    StopEngines,
)
from eflows_nb.clusters.machine import divided, engine_environment, share_of
from eflows_nb.clusters.processes import end_processes
from eflows_nb.clusters.protection import Protection
from eflows_nb.engine import shared
from eflows_nb.engine.connection import Credentials, connect
from eflows_nb.engine.environment import CHANNEL, DATA_KEY, GPU_CLAIMS, HOST, SERVER, STARTUP_COMMAND
from eflows_nb.engine.messages import Goodbye

__all__ = ["Instructions", "Keeper"]

_REACH_SECONDS = 10.0
_WELCOME_MILLISECONDS = 30_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Instructions:
    """What a keeper is told at its start.

    Parameters
    ----------
    credentials
        By which it and its engines reach the client; `Credentials` as a line of text.
    data_key
        Key of the session's data servers, in hexadecimal.
    number
        Its number among the keepers, from 1.
    name
        What the user calls this host.
    folder
        Where the client works; engines do so too if there is such a folder here.
    """

    credentials: str
    data_key: str
    number: int
    name: str
    folder: str

    def encode(self) -> str:
        """Return them as one line of text."""
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, line: str) -> Instructions:
        """Return what `encode` made a line of."""
        return cls(**json.loads(line))


class Keeper:
    """Keeps the engines of this host until the client says goodbye, or is gone."""

    def __init__(self, told: Instructions) -> None:
        self._told = told
        self._credentials = Credentials.decode(told.credentials)
        address = _own_address(self._credentials.address)
        self._protection = Protection()
        self._folder = Path(tempfile.mkdtemp(prefix="eflows-"))
        self._protection.add_folder(self._folder)
        self._server = DataServer(address, self._credentials.session, bytes.fromhex(told.data_key))
        for prefix in shared.prefixes(self._credentials.session, self._server.address):
            self._protection.add_files(prefix)
        self._engines: dict[int, subprocess.Popen[bytes]] = {}  # file descriptor -> process
        self._logs: dict[int, Path] = {}
        self._started = 0
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = connect(self._context, self._credentials, b"%d" % -told.number)
        self._monitor = self._socket.get_monitor_socket(
            zmq.Event.DISCONNECTED | zmq.Event.HANDSHAKE_SUCCEEDED
        )
        self._welcome = False
        self._poller = zmq.Poller()
        self._poller.register(self._socket, zmq.POLLIN)
        self._poller.register(self._monitor, zmq.POLLIN)
        if Path(told.folder).is_dir():
            os.chdir(told.folder)
        self._say(HostUp(self._server.address, share_of(1)))

    def run(self) -> None:
        """Do what the client says, until it is gone."""
        while True:
            ready = dict(self._poller.poll(None if self._welcome else _WELCOME_MILLISECONDS))
            if not ready:  # the client has gone before we came
                return
            for descriptor in ready:
                if descriptor in self._engines:
                    self._note_end(descriptor)
            if self._socket in ready:
                message = pickle.loads(self._socket.recv())
                if type(message) is Goodbye:
                    return
                self._obey(message)
            if self._monitor in ready:
                self._welcome = recv_monitor_message(self._monitor)["event"] == zmq.Event.HANDSHAKE_SUCCEEDED
                if not self._welcome:
                    return

    def _say(self, message: Any) -> None:
        self._socket.send(pickle.dumps(message, 5))

    def _obey(self, message: Any) -> None:
        if type(message) is StartEngines:
            self._start(message)
        elif type(message) is SignalEngine:
            if message.pid in self._pids():
                os.kill(message.pid, message.number)
        elif type(message) is StopEngines:
            end_processes(pid for pid in message.pids if pid in self._pids())
        elif type(message) is Forget:
            own = shared.prefix(self._credentials.session, self._server.address)
            name = message.name if message.name.startswith(own) else own + message.name
            found = shared.locate(Path(name).name)
            if found is not None:
                found.unlink(missing_ok=True)
        elif type(message) is ForgetAfter:
            shared.remove_after(message.begin, message.number)

    def _pids(self) -> set[int]:
        return {process.pid for process in self._engines.values()}

    def _start(self, told: StartEngines) -> None:
        pids = []
        for _ in range(told.engines):
            number, self._started = self._started, self._started + 1
            environment = {
                **os.environ,
                **told.environment,
                **engine_environment(divided(share_of(1), told.of)),
                GPU_CLAIMS: str(self._folder / "gpus"),
                CHANNEL: self._told.credentials,
                DATA_KEY: self._told.data_key,
                HOST: self._told.name,
                SERVER: self._server.address,
                "IPP_PROFILE_DIR": str(self._folder),
            }
            pids.append(self._run_engine(environment, self._folder / f"engine-{number}.log"))
        self._say(EnginesStarted(tuple(pids)))

    def _run_engine(self, environment: dict[str, str], log: Path) -> int:
        with log.open("wb") as written:
            process = subprocess.Popen(
                [sys.executable, "-m", "ipyparallel.engine", f"--IPEngine.startup_command={STARTUP_COMMAND}"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._protection.add_group(process.pid)
        descriptor = os.pidfd_open(process.pid)
        self._engines[descriptor] = process
        self._logs[process.pid] = log
        self._poller.register(descriptor, zmq.POLLIN)
        return process.pid

    def _note_end(self, descriptor: int) -> None:
        self._poller.unregister(descriptor)
        process = self._engines.pop(descriptor)
        os.close(descriptor)
        process.wait()
        self._protection.remove_group(process.pid)
        log = self._logs.pop(process.pid)
        self._say(EngineEnded(process.pid, _last_words(log)))
        log.unlink(missing_ok=True)

    def close(self) -> None:
        """End what is left, and remove what was written."""
        end_processes(self._pids())
        for process in self._engines.values():
            process.poll()
        self._server.close()
        self._protection.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._socket.disable_monitor()
        self._monitor.close()
        self._socket.close(0)
        self._context.term()


def _own_address(client: str) -> str:
    """Return the address of this host on the way to the client, after going that way.

    Raises
    ------
    OSError
        When the client cannot be reached from here.
    """
    host, _, port = client.removeprefix("tcp://").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), _REACH_SECONDS) as connection:
            return str(connection.getsockname()[0])
    except OSError as error:
        raise OSError(
            f"this host cannot reach the client at {host}:{port} ({error.strerror or error})"
        ) from None


def _last_words(log: Path) -> str:
    with suppress(OSError):
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        told = [line for line in lines if "[KernelNanny" not in line]
        if told:
            return told[-1]
    return ""


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def main() -> None:
    """Keep this host."""
    told = Instructions.decode(sys.stdin.readline())
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        keeper = Keeper(told)
    except OSError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    try:
        keeper.run()
    finally:
        keeper.close()


if __name__ == "__main__":
    main()
