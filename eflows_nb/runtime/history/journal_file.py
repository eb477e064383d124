"""Reads the file of a journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from eflows_nb.errors import JournalError
from eflows_nb.runtime.history.decoding import LineDecoder
from eflows_nb.runtime.history.encoding import FORMAT, VERSION
from eflows_nb.runtime.history.run_state import RunState
from eflows_nb.tasks.events import Event

__all__ = ["Header", "read", "replay"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """The first line of a journal: whose it is.

    Parameters
    ----------
    session
        Token of the session.
    started
        When the journal began, seconds since the epoch; all its times are counted from here.
    host, pid
        Where the client ran.
    program, python
        Versions of eflows-nb and Python.
    """

    session: str
    started: float
    host: str
    pid: int
    program: str
    python: str


def read(path: Path | str) -> tuple[Header, Iterator[Event]]:
    """Return the header of a journal, and its events as they are read.

    A last line that was torn when its writer was killed is left out. The text that tasks wrote is not in a
    journal.

    Raises
    ------
    JournalError
        When it is not a journal, or one of a later version; while the events are read, when a line is
        damaged.
    OSError
        When it cannot be read.
    """
    path = Path(path)
    with _opened(path) as file:
        first = file.readline()
    try:
        fields = json.loads(first)
        known = fields.pop("format"), int(fields.pop("version"))
        header = Header(**{name: fields[name] for name in Header.__slots__})
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise JournalError(f"{str(path)!r} is not a journal: its first line is {first[:80]!r}.") from error
    if known[0] != FORMAT or known[1] > VERSION:
        raise JournalError(
            f"{str(path)!r} is {known[0]} version {known[1]}; this program reads {FORMAT} up to version "
            f"{VERSION}. Use a later release of eflows-nb."
        )
    return header, _events(path, header)


def _opened(path: Path) -> TextIO:
    """Open a file that should be text; what is none in it is damaged, and told as that."""
    return path.open(encoding="utf-8", errors="replace")


def _events(path: Path, header: Header) -> Iterator[Event]:
    decoder = LineDecoder(header.started)
    with _opened(path) as file:
        file.readline()
        for line in file:
            if line.endswith("\n"):
                yield from decoder.decode(line)


def replay(path: Path | str) -> RunState:
    """Return the state in which a journal leaves its session: every task, engine and wait.

    Raises
    ------
    JournalError
        When it is not a journal, or one of a later version, or damaged.
    OSError
        When it cannot be read.
    """
    header, events = read(path)
    return RunState.of(events, session=header.session, pid=header.pid)
