"""Engines that a launcher starts and ipyparallel names: who has joined, who is lost, who is to come."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections import Counter, deque
from collections.abc import Coroutine
from functools import partial
from typing import Any

from eflows_nb.clusters.cluster import Arrival, ClusterState, EngineDown, EngineUp, HostDown, StateChange
from eflows_nb.clusters.controller import Controller
from eflows_nb.clusters.launcher import Launcher, Process
from eflows_nb.clusters.protection import Protection
from eflows_nb.engine.messages import Hello, Ping
from eflows_nb.tasks.resources import Resources

__all__ = ["EngineCluster"]

_START_LIMIT = 120.0
_END_LIMIT = 2.0
_RESTARTS_PER_ENGINE = 3
_HOSTS_TOLD = 3

logger = logging.getLogger(__name__)


class EngineCluster:
    """A controller and engines; a lost engine is replaced where that is possible.

    Parameters
    ----------
    engines
        Number of engines; 0 for as many as fit.
    session
        Token of the session.
    protection
        Ends the processes of this machine if this one dies.
    launcher
        Starts and ends the engines.
    """

    def __init__(self, engines: int, session: str, protection: Protection, launcher: Launcher) -> None:
        self.kind = launcher.kind
        self.requested = engines
        self.files = launcher.files
        self._session = session
        self._launcher = launcher
        self._channel = launcher.channel
        self._protection = protection
        self._controller: Controller | None = None
        self._arrived: deque[Arrival] = deque()
        self._joined: dict[Process, int] = {}
        self._engines: set[int] = set()  # the numbers of those
        self._restarts = _RESTARTS_PER_ENGINE * max(engines, 1)
        self._ever_joined = False
        self._launched = 0
        self._released: set[Process] = set()  # those that are to go, and are not replaced
        self._retired: set[Process] = set()  # those of them that were asked to
        self._used: set[int] = set()  # engines that were given work
        self._coming: list[Process] = []  # those that are about to be replaced
        self._replaced: Counter[str] = Counter()  # by host, until others are there
        self._missing: Counter[str] = Counter()  # by host, those that are not replaced
        self._farewell = ""
        self._stopping = False
        self._restarting = False
        self._controlled = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="eflows-cluster", daemon=True)

    @property
    def capacity(self) -> Resources:
        """What its largest host has."""
        return self._launcher.capacity

    def start(self) -> None:
        """Begin to start the controller and the engines, and return at once."""
        self._arrived.append(StateChange(ClusterState.STARTING))
        self._thread.start()
        self._ask(self._tried(self._start(), f"the {self.kind} cluster did not start"))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def _ask(self, work: Coroutine[Any, Any, None]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _tried(self, work: Coroutine[Any, Any, None], failed: str) -> None:
        """Do some work; when it fails, those who wait hear of it."""
        try:
            await work
        except Exception as error:
            logger.debug("%s", failed, exc_info=True)
            self._break(f"{failed}: {error}")

    async def _start(self) -> None:
        self._restarting = False
        self._replaced.clear()
        self._missing.clear()
        self._launched = 0
        self._controller = Controller(self._session, self._protection, self._launcher.ip)
        fitting, _ = await asyncio.gather(
            self._launcher.prepare(self.requested), self._controller.start(self._controller_stopped)
        )
        self.requested = self.requested or fitting
        self._controlled = True
        await self._launch()
        self._loop.call_later(_START_LIMIT, self._check_start)

    def _controller_stopped(self, data: Any) -> None:
        """Begin anew when the controller has crashed; let things end when it was told to stop."""
        if self._stopping or self._restarting:
            return
        if data.get("exit_code") == 0 or not self._restarts:
            self._restarts = 0
            self._farewell = "the cluster was stopped from outside"
            self._loop.run_in_executor(None, partial(self._launcher.end_all, finally_=False))
            self._channel.wake()
        else:
            self._restarts -= 1
            self._restarting = True
            self._ask(self._tried(self._restart(), "its lost controller could not be replaced"))

    async def _restart(self) -> None:
        self._arrived.append(StateChange(ClusterState.STARTING, "its controller was lost"))
        self._controlled = False
        await asyncio.get_running_loop().run_in_executor(
            None, partial(self._launcher.end_all, finally_=False)
        )
        assert self._controller is not None
        await self._controller.stop()
        await self._start()

    async def _launch(self) -> None:
        """Start the engines that were requested and not started yet, once there is a controller."""
        more = self.requested - self._launched
        if self._controlled and more > 0:
            self._launched = self.requested
            assert self._controller is not None
            await self._launcher.launch(more, self._controller, of=self.requested)

    def _check_start(self) -> None:
        if not self._joined and not self._stopping:
            self._break(f"no engine joined within {_START_LIMIT:.0f} s: {self._launcher.last_words()}")

    def _break(self, reason: str) -> None:
        self._arrived.append(StateChange(ClusterState.BROKEN, reason))
        self._channel.wake()

    def wait(self, timeout: float) -> None:
        """Wait for messages, the end of a process, `wake`, or the time."""
        if self._arrived or self._launcher.news:
            return
        self._launcher.notice(self._channel.wait(timeout))

    def wake(self) -> None:
        """Let `wait` return."""
        self._channel.wake()

    def receive(self) -> list[Arrival]:
        """Return what has come: what an engine still said comes before its end."""
        self._launcher.tick()
        for message in self._channel.receive():
            if message.engine < 0:
                self._launcher.hear(message.engine, message.content)
            elif type(message.content) is Hello:
                self._join(message.content)
            elif message.engine in self._engines:  # not one that was given up with its host
                self._arrived.append(message)
        if self._channel.lost_any():
            self._end_frozen()
        while self._launcher.news:
            news = self._launcher.news.popleft()
            if isinstance(news, HostDown):
                self._arrived.append(news)
            else:
                self._lose(news)
        arrived = list(self._arrived)
        self._arrived.clear()
        return arrived

    def _end_frozen(self) -> None:
        """End engines whose process is there, but whose heart does not beat."""
        self._launcher.look()
        for engine in list(self._joined.values()):
            if not self._channel.send(engine, Ping()):
                self.kill(engine)

    def _join(self, hello: Hello) -> None:
        process = Process(hello.host, hello.pid)
        self._joined[process] = hello.engine
        self._engines.add(hello.engine)
        self._ever_joined = True
        share = self._launcher.share_of(process)
        self._arrived.append(EngineUp(hello.engine, hello.host, hello.pid, share, hello.files, hello.gpus))
        if len(self._joined) >= self.requested:
            self._be_ready()

    def _be_ready(self) -> None:
        self._replaced.clear()
        self._arrived.append(StateChange(ClusterState.READY, self._losses))

    @property
    def _losses(self) -> str:
        """Which engines were lost, as far as it makes a difference still."""
        told = [f"{_of_hosts(self._missing)} lost and could not be replaced"] if self._missing else []
        if self._replaced:
            told.append(f"{_of_hosts(self._replaced)} lost; replaced by new ones, which start")
        return "; ".join(told)

    def _lose(self, process: Process) -> None:
        engine = self._joined.pop(process, None)
        released, retired = process in self._released, process in self._retired
        self._released.discard(process)
        self._retired.discard(process)
        if engine is not None:
            self._engines.discard(engine)
            expected = self._stopping or self._restarting or retired
            self._arrived.append(EngineDown(engine, expected=expected))
        if self._stopping or self._restarting:
            return
        if released:
            pass  # it is not wanted any more
        elif self._restarts and self._ever_joined and self._launcher.can_replace(process):
            if engine not in self._used:  # what it worked at is blamed for it, and not run for ever
                self._restarts -= 1
            self._coming.append(process)
            self._replaced[process.host] += 1
            self._arrived.append(StateChange(ClusterState.STARTING, self._losses))
            self._ask(self._tried(self._replace(process), "a lost engine could not be replaced"))
        elif self._is_alive and not self._farewell:  # who waits for all engines waits for this one no more
            self.requested -= 1
            self._launched -= 1
            self._missing[process.host] += 1
            if len(self._joined) >= self.requested:
                self._be_ready()
        if not self._is_alive:
            words = self._launcher.last_words()
            reason = self._farewell or f"all engines are gone; the last one wrote: {words}"
            self._arrived.append(StateChange(ClusterState.BROKEN, reason))

    @property
    def _is_alive(self) -> bool:
        return bool(self._joined or self._launcher.is_alive or self._coming)

    async def _replace(self, process: Process) -> None:
        try:
            assert self._controller is not None
            await self._launcher.launch(1, self._controller, of=self.requested, place=process.host)
        finally:
            self._coming.remove(process)

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

    def release(self, engine: int) -> None:
        """Want one engine less: this one, which is not replaced, however it ends."""
        for process, joined in self._joined.items():
            if joined == engine and process not in self._released:
                self._released.add(process)
                self.requested -= 1
                self._launched -= 1

    def retire(self, engine: int) -> None:
        """End an engine that was released and has nothing to do any more."""
        for process, joined in self._joined.items():
            if joined == engine and process not in self._retired:
                self._retired.add(process)
                self._loop.call_soon_threadsafe(self._loop.run_in_executor, None, self._launcher.end, process)

    def _signal(self, engine: int, number: signal.Signals) -> None:
        for process, joined in self._joined.items():
            if joined == engine:
                self._launcher.signal(process, number)

    def grow(self, engines: int) -> None:
        """Begin to start more engines, up to this number."""
        if engines > self.requested:
            self._restarts += _RESTARTS_PER_ENGINE * (engines - self.requested)
            self.requested = engines
            self._missing.clear()
            self._arrived.append(StateChange(ClusterState.STARTING))
            self._ask(self._tried(self._launch(), "more engines could not be started"))

    def client(self) -> Any:
        """Return a connected `ipyparallel.Client` that knows all engines which have joined."""
        assert self._controller is not None
        return self._controller.client(len(self._joined))

    def stop(self) -> None:
        """End engines and controller, and wait until they are gone; may be called twice."""
        if self._stopping:
            return
        self._stopping = True
        if self._thread.is_alive():
            self._ask(_end_others()).result()  # nothing may start any more
            self._launcher.end_all(finally_=True)
            if self._controller is not None:
                self._ask(self._controller.stop()).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._launcher.close()


def _of_hosts(engines: Counter[str]) -> str:
    """Return how many engines of which hosts, and the verb."""
    first, *others = [f"{count} on host {host}" for host, count in engines.most_common(_HOSTS_TOLD)]
    number, rest = first.split(" ", 1)
    named = ", ".join([f"{number} {'engine' if number == '1' else 'engines'} {rest}", *others])
    more = ", …" if len(engines) > _HOSTS_TOLD else ""
    return f"{named}{more} {'was' if engines.total() == 1 else 'were'}"


async def _end_others() -> None:
    """Cancel everything else that goes on in this event loop."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=_END_LIMIT)
