"""The journal: what happened in a session, in a file that survives it.

Only whole lines are ever appended, by one writer. A killed process loses what it has not written yet, half
a second at most. The format is described in ``docs/journal.md``.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import platform
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from eflows_nb.errors import JournalError
from eflows_nb.runtime.history.encoding import FORMAT, VERSION, LineEncoder
from eflows_nb.runtime.history.journal_file import Header, read, replay
from eflows_nb.tasks.events import (
    ClusterChanged,
    EngineJoined,
    Event,
    SessionEnded,
    TasksSubmitted,
    WaitEnded,
    WaitStarted,
)

if TYPE_CHECKING:
    from eflows_nb.runtime.session import Session

__all__ = ["FOLDER", "SIZE_LIMIT", "Header", "Journal", "attach", "journal_of", "read", "replay"]

FOLDER = "EFLOWS_JOURNAL"
"""Environment variable with the folder of journals; ``off`` for none. Without it: ``.eflows``."""

SIZE_LIMIT = 2 << 30
"""Bytes that a journal may grow to: some ten million tasks."""

FLUSH_SECONDS = 0.5
_FLUSH_SIZE = 1 << 18
_REST_SECONDS = 0.05

logger = logging.getLogger(__name__)

_journals: WeakKeyDictionary[Session, Journal] = WeakKeyDictionary()


class Journal:
    """An observer that appends events to a file, which it creates at the first task.

    Parameters
    ----------
    folder
        Where to create it; made if it is not there.
    token
        Token of the session.
    """

    def __init__(self, folder: Path, token: str) -> None:
        self.path: Path | None = None
        """The file, None while there is none."""
        self._folder = folder
        with suppress(OSError):  # where the working folder is gone it cannot be written either
            self._folder = folder.absolute()  # of now: a notebook may go elsewhere before its first task
        self._token = token
        self._started = time.time()
        self._encode = LineEncoder(self._started).encode
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._pending: list[str] = []
        self._size = 0
        self._written = 0
        self._flushed = 0.0
        self._dirty = threading.Event()
        self._given_up = False
        self._ending = False
        self._descriptor = -1

    def __call__(self, events: Sequence[Event]) -> None:
        """Append events; they are written soon, with others."""
        if self._given_up:
            return
        if self._descriptor < 0 and not self._begin(events):
            events = [event for event in events if type(event) not in (WaitStarted, WaitEnded)]
        encode = self._encode
        text = "".join([encode(event) for event in events])
        with self._lock:
            self._pending.append(text)
            self._size += len(text)
        if self._descriptor < 0:
            return
        rested = type(events[-1]) is WaitEnded and time.monotonic() - self._flushed > _REST_SECONDS
        if self._size > _FLUSH_SIZE or self._ending or rested or type(events[-1]) is SessionEnded:
            self.flush()
        elif not self._dirty.is_set():
            self._dirty.set()

    def flush(self) -> None:
        """Write what was told and is not written yet; a disk that is full ends the journal, not the work."""
        with self._lock:
            if self._descriptor < 0:
                return  # what is known already is written with the first task
            pending, self._pending, self._size = self._pending, [], 0
            if self._given_up or os.getpid() != self._pid:
                return  # a forked process has inherited what its parent will write
            data = memoryview("".join(pending).encode())
            self._flushed = time.monotonic()
            self._written += len(data)
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError as error:
                self._give_up(f"The journal {str(self.path)!r} ends here: {error}.")
        if self._written > SIZE_LIMIT:
            self._give_up(f"The journal {str(self.path)!r} ends here: it has {self._written} bytes.")

    def _begin(self, events: Sequence[Event]) -> bool:
        """Create the file if there is a task among these events; return whether there is one."""
        if not any(type(event) is TasksSubmitted for event in events):
            return False
        moment = datetime.fromtimestamp(self._started, UTC).strftime("%Y%m%dT%H%M%SZ")
        path = self._folder / f"journal-{moment}-{self._token}.jsonl"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o600)
        except OSError as error:
            self._give_up(
                f"This session has no journal, since it cannot be written: {error}. "
                f"Name another folder in {FOLDER}, or 'off'."
            )
            return False
        header = self._header()
        with self._lock:  # who reads it at this moment must find the header, and first
            self._pending.insert(0, header)
            self._descriptor, self.path = descriptor, path
        threading.Thread(target=self._flush_often, name="eflows-journal", daemon=True).start()
        atexit.register(self._end)
        return True

    def _header(self) -> str:
        header = Header(
            session=self._token,
            started=self._started,
            host=socket.gethostname(),
            pid=self._pid,
            program=_program(),
            python=platform.python_version(),
        )
        known = {"format": FORMAT, "version": VERSION, **asdict(header), "notebook": _notebook()}
        return json.dumps(known) + "\n"

    def _flush_often(self) -> None:
        pause = threading.Event()
        while not self._given_up:
            self._dirty.wait()
            pause.wait(FLUSH_SECONDS)
            self._dirty.clear()
            self.flush()

    def _end(self) -> None:
        """Write at once what comes while the interpreter ends: the thread may not run any more."""
        self._ending = True
        self.flush()

    def _give_up(self, reason: str) -> None:
        self._given_up = True
        self._pending.clear()
        logger.warning(reason)


def _notebook() -> str:
    """Return the name of the notebook that a Jupyter server started this kernel for, empty if none."""
    if os.environ.get("EFLOWS_RUN"):
        return ""  # the name would be that of the notebook in which the run was started
    return Path(os.environ.get("JPY_SESSION_NAME", "")).name


def _program() -> str:
    try:
        return f"eflows-nb {version('eflows-nb')}"
    except PackageNotFoundError:
        return "eflows-nb"


def attach(session: Session) -> None:
    """Let a session have a journal, in the folder that the environment names."""
    folder = os.environ.get(FOLDER) or ".eflows"
    if folder.lower() == "off":
        return
    journal = _journals[session] = Journal(Path(folder), session.token)
    session.observe(journal)
    snapshot, now = session.snapshot(), time.time()
    known: list[Event] = [
        EngineJoined(time=now, engine=engine.engine, host=engine.host, pid=engine.pid)
        for engine in snapshot.engines
    ]
    state = snapshot.state.value
    journal([*known, ClusterChanged(time=now, cluster=snapshot.cluster, state=state, reason=snapshot.reason)])


def journal_of(session: Session) -> Path:
    """Return the file of a session's journal, with all in it that has happened.

    Raises
    ------
    JournalError
        When there is none.
    """
    journal = _journals.get(session)
    session.progress()
    if journal is None:
        raise JournalError(
            f"This session has no journal, since {FOLDER}=off. Leave it out before the first task is called."
        )
    journal.flush()
    if journal.path is None:
        raise JournalError("Nothing is known of this session yet: no task was called, or its journal failed.")
    if not journal.path.exists():
        raise JournalError(
            f"The journal of this session was removed while it is written: {str(journal.path)!r} is not "
            "there. What has happened cannot be told any more; start Python again to have another one."
        )
    return journal.path
