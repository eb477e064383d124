"""What the journal of a run says in short: how many tasks, in which states, for how long."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from eflows_nb.runtime.history.encoding import FORMAT, VERSION
from eflows_nb.tasks.state import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RunReading"]

_STATES: Final = tuple(TaskState)
_CODES: Final = {state.value: 1 + code for code, state in enumerate(_STATES)}
_TASKS_LIMIT = 20_000_000
_LINES_AT_ONCE = 256


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
        self.seconds = 0.0
        """From the begin of the journal to the last of its events."""
        self.ended = False
        """Whether the session ended as it should."""
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
        for line in file:
            if self.problem or not line.endswith(b"\n"):
                break  # torn when its writer was killed, or not written to its end yet
            self.offset += len(line)
            self.line += 1
            try:
                self._take_header(line) if self.line == 1 else self._take(json.loads(line))
            except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
                self.problem = "damaged" if self.line > 1 else "not-a-journal"
            if self.line % _LINES_AT_ONCE == 0 and time.monotonic() > deadline:
                return False
        return True

    def counts(self) -> dict[str, int]:
        """Return the number of tasks in each state; who is ready is not told from who waits."""
        return {state.value: self._states.count(1 + code) for code, state in enumerate(_STATES)}

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
        if low < 0 or high > _TASKS_LIMIT:
            raise ValueError(f"{low} to {high} are no numbers of tasks")
        if high >= len(self._states):
            self._states.extend(bytes(high + 1 - len(self._states)))
