"""Engines on this machine, launched, named and kept by ipyparallel."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from eflows_nb.clusters.channel import Channel
from eflows_nb.clusters.cluster import Arrival, ClusterState, EngineDown, EngineUp, StateChange
from eflows_nb.clusters.machine import THREAD_LIMITS, share_of, usable_gpus
from eflows_nb.clusters.protection import Protection
from eflows_nb.engine.attach import CHANNEL, GPUS, MEMORY
from eflows_nb.engine.messages import Hello, Ping

__all__ = ["LocalCluster"]

_START_LIMIT = 120.0
_HUB_LIMIT = 20.0
_STOP_LIMIT = 1.0
_RESTARTS_PER_ENGINE = 3
_CONTROLLER = [
    "--HeartMonitor.period=500",
    # The Hub forgets for good whom it does not hear in time, on a busy machine those that are well, too.
    "--HeartMonitor.max_heartmonitor_misses=120",
    "--IPController.registration_timeout=300",
]
_ATTACH = """\
try:
    import eflows_nb.engine.attach
    eflows_nb.engine.attach.attach()
except BaseException:
    __import__("traceback").print_exc()
    __import__("os")._exit(1)
"""

logger = logging.getLogger(__name__)
_quiet = logging.getLogger(f"{__name__}.ipyparallel")  # it prints the whole log of each engine that stops
_quiet.setLevel(logging.CRITICAL)


class LocalCluster:
    """A controller and engines on this machine; a lost engine is replaced.

    Parameters
    ----------
    engines
        Number of engines.
    session
        Token of the session; the ipyparallel cluster is called ``eflows-`` and this.
    protection
        Ends the processes of the cluster if this one dies.
    """

    kind = "local"

    def __init__(self, engines: int, session: str, protection: Protection) -> None:
        self.requested = engines
        self.capacity = share_of(1)
        self._session = session
        self._channel = Channel()
        self._protection = protection
        self._protection.add_folder(self._channel.folder)
        self._cluster: Any = None
        self._arrived: deque[Arrival] = deque()
        self._processes: dict[int, int] = {}  # file descriptor of a process -> its number
        self._ended: deque[int] = deque()
        self._joined: dict[int, int] = {}  # process -> engine
        self._launchers: dict[int, Any] = {}  # process -> ipyparallel's own record of it
        self._lost: Any = None
        self._restarts = _RESTARTS_PER_ENGINE * engines
        self._ever_joined = False
        self._launched = 0
        self._retired: set[int] = set()  # processes that were asked to go
        self._used: set[int] = set()  # engines that were given work
        self._coming: list[int] = []  # processes that are about to be replaced
        self._farewell = ""
        self._share = share_of(engines)
        self._stopping = False
        self._restarting = False
        self._controlled = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="eflows-cluster", daemon=True)

    def start(self) -> None:
        """Begin to start the controller and the engines, and return at once."""
        self._arrived.append(StateChange(ClusterState.STARTING))
        self._thread.start()
        self._ask(self._start())

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def _ask(self, work: Coroutine[Any, Any, None]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _start(self) -> None:
        self._restarting = False
        self._launched = 0
        try:
            # ipyparallel takes a third of a second to import: not while the user waits for `start`.
            import ipyparallel
            from traitlets.config import Config

            config = Config()
            config.LocalEngineSetLauncher.delay = 0
            self._cluster = ipyparallel.Cluster(
                config=config,
                engines="local",
                controller="local",
                cluster_id=f"eflows-{self._session}",
                n=self.requested,
                load_profile=False,
                shutdown_atexit=False,
                controller_args=_CONTROLLER,
                log=_quiet,
            )
            for prefix in _file_prefixes(self._cluster):
                self._protection.add_files(prefix)
            await self._cluster.start_controller()
            self._cluster.controller.on_stop(self._controller_stopped)
            self._protection.add_group(self._cluster.controller.pid)
            self._controlled = True
            await self._launch()
            self._loop.call_later(_START_LIMIT, self._check_start)
        except Exception as error:  # whatever it is, those who wait must hear of it
            logger.debug("the cluster did not start", exc_info=True)
            self._break(f"the local cluster did not start: {error}")

    def _controller_stopped(self, data: Any) -> None:
        """Begin anew when the controller has crashed; let things end when it was told to stop."""
        if self._stopping or self._restarting:
            return
        if data.get("exit_code") == 0 or not self._restarts:
            self._restarts = 0
            self._farewell = "the cluster was stopped from outside"
            self._channel.wake()
        else:
            self._restarts -= 1
            self._restarting = True
            self._ask(self._restart())

    async def _restart(self) -> None:
        self._arrived.append(StateChange(ClusterState.STARTING, "its controller was lost"))
        self._controlled = False
        engines = list(self._processes.values())
        await asyncio.get_running_loop().run_in_executor(None, _end_processes, engines)
        await self._stop()
        await self._start()

    async def _launch(self) -> None:
        """Start the engines that were requested and not started yet, once there is a controller."""
        more = self.requested - self._launched
        if self._controlled and more > 0:
            self._launched = self.requested
            await self._start_engines(more)

    async def _start_engines(self, number: int) -> None:
        self._share = share_of(self.requested)
        environment = {name: os.environ.get(name, str(self._share.cores)) for name in THREAD_LIMITS}
        environment[MEMORY] = os.environ.get(MEMORY, str(self._share.memory // 2))
        environment[GPUS] = " ".join(usable_gpus())
        environment[CHANNEL] = f"{self._channel.address} {self._session}"
        name = await self._cluster.start_engines(
            number,
            environment=environment,
            engine_args=[f"--IPEngine.startup_command={_ATTACH}"],
        )
        for launcher in list(self._cluster.engines[name].launchers.values()):
            self._launchers[launcher.pid] = launcher
            self._protection.add_group(launcher.pid)
            self._watch(launcher.pid)

    def _watch(self, pid: int) -> None:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            self._ended.append(pid)
        else:
            self._processes[descriptor] = pid
            self._channel.watch(descriptor)
        self._channel.wake()

    def _check_start(self) -> None:
        if not self._joined and not self._stopping:
            self._break(f"no engine joined within {_START_LIMIT:.0f} s: {self._last_words()}")

    def _break(self, reason: str) -> None:
        self._arrived.append(StateChange(ClusterState.BROKEN, reason))
        self._channel.wake()

    def _last_words(self) -> str:
        """Return the last line that an engine wrote to its log, one that is gone if there is any."""
        lines: list[str] = []
        for launcher in [*self._launchers.values(), self._lost]:
            written = launcher.get_output().splitlines() if launcher is not None else ()
            lines += [line for line in written if line.strip() and "[KernelNanny" not in line]
        return lines[-1] if lines else "its log is empty"

    def wait(self, timeout: float) -> None:
        """Wait for messages, the end of a process, `wake`, or the time."""
        if self._arrived or self._ended:
            return
        for descriptor in self._channel.wait(timeout):
            if descriptor in self._processes:
                self._channel.forget(descriptor)
                self._ended.append(self._processes.pop(descriptor))
                os.close(descriptor)

    def wake(self) -> None:
        """Let `wait` return."""
        self._channel.wake()

    def receive(self) -> list[Arrival]:
        """Return what has come: what an engine still said comes before its end."""
        for message in self._channel.receive():
            if type(message.content) is Hello:
                self._join(message.content)
            else:
                self._arrived.append(message)
        if self._channel.lost_any():
            self._end_frozen()
        while self._ended:
            self._lose(self._ended.popleft())
        arrived = list(self._arrived)
        self._arrived.clear()
        return arrived

    def _end_frozen(self) -> None:
        """End engines whose process is there, but whose heart does not beat."""
        for engine in list(self._joined.values()):
            if not self._channel.send(engine, Ping()):
                self.kill(engine)

    def _join(self, hello: Hello) -> None:
        self._joined[hello.pid] = hello.engine
        self._ever_joined = True
        self._arrived.append(EngineUp(hello.engine, hello.host, hello.pid, self._share))
        if len(self._joined) >= self.requested:
            self._arrived.append(StateChange(ClusterState.READY))

    def _lose(self, pid: int) -> None:
        self._protection.remove_group(pid)
        self._lost = self._launchers.pop(pid, None)
        engine = self._joined.pop(pid, None)
        if engine is not None:
            expected = self._stopping or self._restarting or pid in self._retired
            self._arrived.append(EngineDown(engine, expected=expected))
        if self._stopping or self._restarting:
            return
        if pid in self._retired:
            self._retired.discard(pid)
        elif self._restarts and self._ever_joined:
            if engine not in self._used:  # what it worked at is blamed for it, and not run for ever
                self._restarts -= 1
            self._coming.append(pid)
            self._arrived.append(StateChange(ClusterState.STARTING))
            self._ask(self._replace(pid))
        elif self._is_alive and not self._farewell:  # who waits for all engines waits for this one no more
            self.requested -= 1
            self._launched -= 1
            if len(self._joined) >= self.requested:
                self._arrived.append(StateChange(ClusterState.READY))
        if not self._is_alive:
            self._arrived.append(
                StateChange(
                    ClusterState.BROKEN,
                    self._farewell or f"all engines are gone; the last one wrote: {self._last_words()}",
                )
            )

    @property
    def _is_alive(self) -> bool:
        return bool(self._joined or self._processes or self._coming)

    async def _replace(self, pid: int) -> None:
        try:
            await self._start_engines(1)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._break(f"a lost engine could not be replaced: {error}")
        finally:
            self._coming.remove(pid)

    def send(self, engine: int, message: Any) -> None:
        """Send a record to an engine."""
        self._used.add(engine)
        self._channel.send(engine, message)

    def interrupt(self, engine: int) -> None:
        """Send SIGINT to the engine's process."""
        self._signal(engine, signal.SIGINT)

    def kill(self, engine: int) -> None:
        """Send SIGKILL to the engine's process."""
        self._signal(engine, signal.SIGKILL)

    def retire(self, engine: int) -> None:
        """End an engine that has nothing to do, and want one engine less."""
        for pid, joined in self._joined.items():
            if joined == engine and pid not in self._retired:
                self._retired.add(pid)
                self.requested -= 1
                self._launched -= 1
                self._loop.call_soon_threadsafe(self._loop.run_in_executor, None, _end_processes, [pid])

    def _signal(self, engine: int, number: signal.Signals) -> None:
        for pid, joined in self._joined.items():
            if joined == engine:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def grow(self, engines: int) -> None:
        """Begin to start more engines, up to this number."""
        if engines > self.requested:
            self._restarts += _RESTARTS_PER_ENGINE * (engines - self.requested)
            self.requested = engines
            self._arrived.append(StateChange(ClusterState.STARTING))
            self._ask(self._grow())

    async def _grow(self) -> None:
        try:
            await self._launch()
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._break(f"more engines could not be started: {error}")

    def client(self) -> Any:
        """Return a connected `ipyparallel.Client` that knows all engines which have joined."""
        client = self._cluster.connect_client_sync()
        # The Hub presents an engine only when it has heard its heart, later than we hear of it.
        try:
            client.wait_for_engines(len(self._joined), timeout=_HUB_LIMIT, interactive=False)
        except TimeoutError:
            logger.warning(
                "ipyparallel's Hub presents %d of %d engines; %%px reaches no others.",
                len(client.ids),
                len(self._joined),
            )
        return client

    def stop(self) -> None:
        """End engines and controller, and wait until they are gone; may be called twice."""
        if self._stopping:
            return
        self._stopping = True
        if self._thread.is_alive():
            _end_processes(list(self._processes.values()))
            self._ask(self._stop()).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        for descriptor, pid in self._processes.items():
            os.close(descriptor)
            self._protection.remove_group(pid)  # the number may soon belong to somebody else
        self._channel.close()

    async def _stop(self) -> None:
        if self._cluster is None:
            return
        try:
            controller = self._cluster.controller
            await self._cluster.stop_cluster()
            if controller is not None:
                with suppress(ProcessLookupError):  # what a killed controller leaves behind
                    os.killpg(controller.pid, signal.SIGKILL)
                self._protection.remove_group(controller.pid)
        except Exception as error:  # noqa: BLE001 - the guard ends what is left
            logger.warning("The local cluster did not stop cleanly: %s", error)


def _file_prefixes(cluster: Any) -> list[str]:
    """Return what the paths of all files begin with that ipyparallel writes for a cluster."""
    profile = Path(cluster.profile_dir)
    return [
        str(profile / folder / f"{name}{cluster.cluster_id}")
        for folder, name in (
            *(("log", "engines"), ("log", "ipengine-"), ("log", "ipcontroller-")),
            *(("security", "cluster-"), ("security", "ipcontroller-")),
        )
    ]


def _end_processes(engines: list[int]) -> None:
    """End engines and their nannies: what they run is cancelled, so nobody waits long for it."""
    import psutil

    found = []
    for pid in engines:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            found += [process, *process.children()]
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=_STOP_LIMIT)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_STOP_LIMIT)
