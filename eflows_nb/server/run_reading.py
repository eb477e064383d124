"""What the journal of a run says in short: how many tasks, in which states, for how long."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from eflows_nb.runtime.history.encoding import FORMAT, VERSION
from eflows_nb.tasks.shown_state import IN_ORDER, shown_counts
from eflows_nb.tasks.state import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RunReading"]

_STATES: Final = tuple(TaskState)
_CODES: Final = {state.value: 1 + code for code, state in enumerate(_STATES)}
_TASKS_LIMIT = 20_000_000
_TASKS_AT_LEAST = 100_000
_TASKS_A_BYTE = 64  # a journal that tells of more tasks than that is not one of ours
_LINE_LIMIT = 1 << 25
_BYTES_AT_ONCE = 1 << 13


class RunReading:
    """The reading of one journal, which goes on where it stopped when the file has grown."""

    def __init__(self) -> None:
        self.header: dict[str, Any] = {}
        """The first line; empty before it was read, and when it is not that of a journal."""
        self.problem = ""
        """Why it is read no further: ``"not-a-journal"``, ``"later-version"`` or ``"damaged"``."""
        self.line = 0
        """Number of lines that were read, of a damaged journal with the damaged one."""
        self.offset = 0
        """Number of bytes that were read."""
        self.seen = 0
        """Number of bytes that were looked at, those of a line without end among them."""
        self.seconds = 0.0
        """From the begin of the journal to the last of its events."""
        self.ended = False
        """Whether the session ended as it should."""
        self.counts = dict.fromkeys((state.value for state in IN_ORDER), 0)
        """The number of tasks in each state, for people; who is ready is not told from who waits."""
        self._engines: set[int] = set()
        self._states = bytearray()

    def advance(self, file: BinaryIO, *, deadline: float) -> bool:
        """Read on; return whether all is read that there is.

        Parameters
        ----------
        file
            The journal.
        deadline
            When to stop, by `time.monotonic`.
        """
        file.seek(self.offset)
        looked = self.offset
        whole = True
        while not self.problem and not self.ended:
            line = file.readline(_LINE_LIMIT)
            self.seen = max(self.seen, self.offset + len(line))
            if not line.endswith(b"\n"):  # torn when its writer was killed, or not written to its end yet
                self.problem = "damaged" if len(line) == _LINE_LIMIT else ""
                break
            self.offset += len(line)
            self.line += 1
            try:
                self._take_header(line) if self.line == 1 else self._take(json.loads(line))
            except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
                self.problem = "damaged" if self.line > 1 else "not-a-journal"
            if self.offset - looked > _BYTES_AT_ONCE:
                looked = self.offset
                if time.monotonic() > deadline:
                    whole = False
                    break
        self._count()
        return whole

    def _count(self) -> None:
        counts = {state: self._states.count(1 + code) for code, state in enumerate(_STATES)}
        told = shown_counts(counts, len(self._engines))
        self.counts = {state.value: number for state, number in told.items()}
        if self.ended:  # nothing follows
            self._states = bytearray()

    def _take_header(self, line: bytes) -> None:
        header = json.loads(line)
        if header["format"] != FORMAT:
            self.problem = "not-a-journal"
        elif header["version"] > VERSION:
            self.problem = "later-version"
        elif not math.isfinite(header.get("started", 0.0)):  # no JSON that browsers read can tell of it
            self.problem = "not-a-journal"
        else:
            self.header = header

    def _take(self, fields: list[Any]) -> None:
        kind, microseconds, *rest = fields
        seconds = microseconds * 1e-6
        if not math.isfinite(seconds):
            raise ValueError(f"{microseconds} is no time")
        self.seconds = max(self.seconds, seconds)
        if kind == "submitted":
            self._set(rest[0], _CODES[TaskState.WAITING.value])
        elif kind in _CODES:
            self._set(rest[0], _CODES[kind])
        elif kind == "joined":
            self._engines.add(rest[0])
        elif kind == "left":
            self._engines.discard(rest[0])
        self.ended |= kind == "ended"

    def _set(self, tasks: Any, code: int) -> None:
        numbers: Iterable[int]
        if type(tasks) is str:
            first, _, last = tasks.partition("-")
            low, high = int(first), int(last)
            if low <= high:
                self._reach(low, high)
                self._states[low : high + 1] = bytes([code]) * (high + 1 - low)
            return
        numbers = (tasks,) if type(tasks) is int else tasks
        for number in numbers:
            self._reach(number, number)
            self._states[number] = code

    def _reach(self, low: int, high: int) -> None:
        if low < 0 or high > min(_TASKS_LIMIT, _TASKS_AT_LEAST + _TASKS_A_BYTE * self.offset):
            raise ValueError(f"{low} to {high} are no numbers of tasks")
        if high >= len(self._states):
            self._states.extend(bytes(high + 1 - len(self._states)))
