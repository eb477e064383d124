"""Past and present runs: the journals below the root of the server, listed, shown and removed."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import TypedDict

import psutil
import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.contents.fileio import FileManagerMixin

from eflows_nb.server.journals import FOLDER, JournalFile, JournalTree
from eflows_nb.server.run_reading import RunReading

__all__ = ["RunHandler", "RunModel", "RunsHandler", "RunsModel"]

_FIND_SECONDS = 2.0
_READ_SECONDS = 1.0
_BEGIN_SECONDS = 10.0
_RUNS = 200
_BLOCK = 1 << 18


class RunModel(TypedDict):
    """One run, as the panel shows it.

    ``path`` is that of the journal below the root, ``notebook`` the name of the notebook, empty when that is
    not known. ``state`` is ``running``, ``ended``, or ``broken-off`` for a session that was killed. Times
    are in seconds, ``started`` since the epoch. ``problem`` is empty, or why the journal cannot be read:
    ``damaged``, with the number of the ``line``, ``later-version`` or ``not-a-journal``. ``counted`` is false
    while more of it is to be read: who asks again is told more.
    """

    path: str
    notebook: str
    session: str
    host: str
    started: float
    seconds: float
    state: str
    tasks: dict[str, int]
    counted: bool
    problem: str
    line: int
    size: int


class RunsModel(TypedDict):
    """The answer of ``GET eflows/runs``: the newest first.

    ``more`` is how many older ones are not listed, ``complete`` whether all folders could be looked at in the
    time for that, ``now`` the server's clock.
    """

    runs: list[RunModel]
    more: int
    complete: bool
    now: float


class RunsHandler(APIHandler):
    """``GET eflows/runs``."""

    auth_resource = "eflows"

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the runs whose journals lie below the root."""
        self.finish(json.dumps(await asyncio.to_thread(_of(self).list)))


class RunHandler(APIHandler):
    """``GET`` and ``DELETE eflows/runs/PATH``."""

    auth_resource = "eflows"

    @tornado.web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Answer with a journal; 404 when there is none at this path."""
        try:
            file = await asyncio.to_thread(_of(self).tree.open, path)
        except FileNotFoundError:
            raise _no_journal() from None
        with file:
            self.set_header("Content-Type", "application/jsonl; charset=utf-8")
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header("Cache-Control", "no-store")
            while block := await asyncio.to_thread(file.read, _BLOCK):
                self.write(block)
                await self.flush()
        self.finish()

    @tornado.web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Remove a journal; 404 when there is none at this path, 409 while its session goes on."""
        runs = _of(self)
        try:
            if await asyncio.to_thread(runs.goes_on, path):
                raise tornado.web.HTTPError(409, reason="The session of this journal goes on")
            await asyncio.to_thread(runs.tree.remove, path)
        except FileNotFoundError:
            raise _no_journal() from None
        self.log.info("Removed journal %s", path)
        self.set_status(204)
        self.finish()


class _Runs:
    """The runs below a root, with what is known of them already."""

    def __init__(self, root: Path) -> None:
        self.tree = JournalTree(root)
        self._readings: dict[tuple[str, int], RunReading] = {}
        self._lock = threading.Lock()
        self._host = socket.gethostname()

    def list(self) -> RunsModel:
        """Return the runs; one request after the other, since each goes on with what is known."""
        with self._lock:
            files, complete = self.tree.find(seconds=_FIND_SECONDS)
            files.sort(key=lambda file: file.modified, reverse=True)
            deadline = time.monotonic() + _READ_SECONDS
            known, self._readings = self._readings, {}
            runs = []
            for file in files[:_RUNS]:
                key = (file.path, file.inode)
                reading = known.get(key, RunReading())
                if reading.seen > file.size:
                    reading = RunReading()  # it was written anew
                counted = self._read(file, reading, deadline) and not _is_being_begun(reading, file.modified)
                self._readings[key] = reading
                if reading.problem != "not-a-journal" or f"{FOLDER}/" in file.path:
                    runs.append(self._model(file, reading, counted))
        runs.sort(key=lambda run: run["started"], reverse=True)
        return RunsModel(runs=runs, more=max(0, len(files) - _RUNS), complete=complete, now=time.time())

    def goes_on(self, path: str) -> bool:
        """Return whether the session of a journal has not ended and its process lives."""
        reading = RunReading()
        with self.tree.open(path) as file:
            reading.advance(file, deadline=0.0)  # a few lines, of which the first says whose it is
            return self._goes_on(reading, os.fstat(file.fileno()).st_mtime)

    def _read(self, file: JournalFile, reading: RunReading, deadline: float) -> bool:
        if reading.seen >= file.size or reading.problem or reading.ended:
            return True
        if reading.line and time.monotonic() > deadline:
            return False
        try:
            with self.tree.open(file.path) as opened:
                return reading.advance(opened, deadline=deadline)
        except OSError:
            return True  # it went away meanwhile

    def _model(self, file: JournalFile, reading: RunReading, counted: bool) -> RunModel:
        header = reading.header
        started = header.get("started")
        goes_on = self._goes_on(reading, file.modified)
        state = "ended" if reading.ended else "running" if goes_on else "broken-off"
        return RunModel(
            path=file.path,
            notebook=str(header.get("notebook", "")),
            session=str(header.get("session", "")),
            host=str(header.get("host", "")),
            started=float(started) if isinstance(started, (int, float)) else file.modified,
            seconds=reading.seconds,
            state=state,
            tasks=reading.counts,
            counted=counted,
            problem=reading.problem,
            line=reading.line,
            size=file.size,
        )

    def _goes_on(self, reading: RunReading, modified: float) -> bool:
        return self._is_alive(reading) or _is_being_begun(reading, modified)

    def _is_alive(self, reading: RunReading) -> bool:
        pid, started = reading.header.get("pid"), reading.header.get("started")
        if reading.header.get("host") != self._host or not isinstance(pid, int) or pid <= 0:
            return False
        try:
            # A process that is younger than the journal only has the number of its writer.
            return isinstance(started, (int, float)) and psutil.Process(pid).create_time() <= started + 1.0
        except (psutil.Error, OverflowError):
            return False


def _is_being_begun(reading: RunReading, modified: float) -> bool:
    """Return whether a journal is so young that its writer may be at the first line."""
    return not reading.line and not reading.problem and time.time() - modified < _BEGIN_SECONDS


_of_root: dict[str, _Runs] = {}


def _of(handler: APIHandler) -> _Runs:
    """Return the runs below the root of a server."""
    contents = handler.contents_manager
    if not isinstance(contents, FileManagerMixin):
        raise tornado.web.HTTPError(404, reason="This server does not keep its files in a folder")
    root: str = contents.root_dir
    return _of_root.setdefault(root, _Runs(Path(root)))


def _no_journal() -> tornado.web.HTTPError:
    return tornado.web.HTTPError(404, reason="There is no journal at this path")
