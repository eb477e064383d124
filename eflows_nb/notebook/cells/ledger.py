"""What is known of the last execution of each cell: its code, what it read from which cells, how it ended."""

from __future__ import annotations

import ast
import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from eflows_nb.notebook.cells.names import CellNames, names_of, parse

__all__ = ["CellLedger", "CellRecord", "Ended", "digest", "is_constant", "ledger_of"]

_CELLS_REMEMBERED = 10_000
_WORD = re.compile(r"[^\W0-9]\w*")

_ledger: CellLedger | None = None


def ledger_of(kernel: Any) -> CellLedger:
    """Return the ledger of a Jupyter kernel; it begins with the cell that runs now."""
    global _ledger
    if _ledger is None or _ledger.kernel is not kernel:
        _ledger = CellLedger(kernel)
    return _ledger


def digest(source: str) -> int:
    """Return the number by which a page knows whether a cell is what was run: CRC-32 of its UTF-8.

    Examples
    --------
    >>> digest("x = 1")
    1197187446
    """
    return zlib.crc32(source.encode("utf-8", "replace"))


class Ended(StrEnum):
    """How an execution of a cell ended; of its tasks this says nothing."""

    RUNNING = "running"
    """It has not ended."""
    DONE = "done"
    """Without an error."""
    ERROR = "error"
    """By an exception, or an interrupt."""
    REFUSED = "refused"
    """It was not run, since a task cell has no result for it."""


@dataclass(kw_only=True, slots=True)
class CellRecord:
    """The last execution of a cell.

    Parameters
    ----------
    cell
        Identity of the cell in its notebook.
    order
        Rises with each execution in this kernel.
    since
        The execution since which what others read of it is as it is.
    message
        Identity of the request to execute it.
    asked
        When that was made, seconds since the epoch on the clock of the front end; -1 where it does not tell.
    count
        The number that the front end shows beside the cell; 0 until it has ended.
    digest
        What its code was.
    reads, binds
        Names that it read from before, and that it bound or changed.
    sources
        Cells that had bound the names that it read.
    ended
        How it ended.
    """

    cell: str
    order: int
    since: int
    message: str
    asked: float
    digest: int
    count: int = 0
    reads: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    ended: Ended = Ended.RUNNING


class CellLedger:
    """The last executions of the cells of a kernel whose front end tells which cells they are.

    Parameters
    ----------
    kernel
        The Jupyter kernel.
    """

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel
        self.records: dict[str, CellRecord] = {}
        """The last execution of each cell by its identity."""
        self.changed: Callable[[], None] = lambda: None
        """Called when a cell begins or ends."""
        self._binder: dict[str, str] = {}
        self._messages: dict[str, CellRecord] = {}
        self._order = 0
        self._now: CellRecord | None = None
        self._depth = 0
        self._begin()
        kernel.shell.events.register("pre_run_cell", self._begin)
        kernel.shell.events.register("post_run_cell", self._end)

    def refine(self, *, reads: Iterable[str], binds: Iterable[str]) -> None:
        """Say what the cell that runs now reads and binds, where more is known than stands in its code."""
        if self._now is not None:
            self._now.reads |= frozenset(reads)
            self._now.binds |= frozenset(binds)
            self._now.sources = self._sources(self._now)

    def refuse(self, names: Iterable[str]) -> None:
        """Note that the cell that runs now is not run, because these names have no values."""
        if self._now is not None:
            self.refine(reads=names, binds=())
            self._now.ended = Ended.REFUSED

    def execution(self, message: str) -> CellRecord | None:
        """Return the execution that a message asked for, if it is the last one of its cell."""
        return self._messages.get(message)

    def told(self, record: CellRecord) -> None:
        """Note that an execution has shown something; while it runs, pages hear of it later."""
        if record.ended is not Ended.RUNNING:
            self.changed()

    def _begin(self, _info: Any = None) -> None:
        parent = self.kernel.get_parent("shell") or {}
        cell = parent.get("metadata", {}).get("cellId")
        message = parent.get("header", {}).get("msg_id", "")
        if not cell:
            return
        if self._now is not None and self._now.message == message:
            self._depth += 1  # code that a cell lets IPython run
            return
        source = str(parent.get("content", {}).get("code", ""))
        names, constant = self._names(source)
        self._order += 1
        order, code = self._order, digest(source)
        before = self.records.get(str(cell))
        kept = constant and before is not None and before.digest == code and before.ended is Ended.DONE
        since = before.since if before is not None and kept else order
        record = CellRecord(
            cell=str(cell),
            order=order,
            since=since,
            message=message,
            asked=_seconds(parent.get("header", {}).get("date")),
            digest=code,
        )
        mentioned = {word for magic in names.magics for word in _WORD.findall(magic.text)} & set(self._binder)
        record.reads = names.inputs | mentioned
        record.binds = names.binds | names.writes | names.deletes
        record.sources = self._sources(record)
        self._now = record
        if before is not None or len(self.records) < _CELLS_REMEMBERED:
            self.records[record.cell] = record
            self._messages[message] = record
            if before is not None:
                self._messages.pop(before.message, None)
        self.changed()

    def _end(self, result: Any) -> None:
        if self._depth:
            self._depth -= 1
            return
        record, self._now = self._now, None
        if record is None:
            return
        record.count = getattr(result, "execution_count", None) or 0
        if record.ended is Ended.RUNNING:
            record.ended = Ended.DONE if result is None or result.success else Ended.ERROR
        if record.ended is not Ended.REFUSED:
            self._binder.update(dict.fromkeys(record.binds, record.cell))
        self.changed()

    def _sources(self, record: CellRecord) -> frozenset[str]:
        found = (self._binder.get(name) for name in record.reads)
        return frozenset(cell for cell in found if cell is not None and cell != record.cell)

    def _names(self, source: str) -> tuple[CellNames, bool]:
        """Return the names of a cell, and whether running it again changes nothing."""
        try:
            tree = parse(self.kernel.shell.transform_cell(source))
            return names_of(tree), all(map(is_constant, tree.body))
        except Exception:  # noqa: BLE001 - no Python; the shell says so itself
            return CellNames(arguments={}), False


def _seconds(date: Any) -> float:
    """Return a time of a message, which is text until somebody has read it, in seconds since the epoch."""
    try:
        read = date if isinstance(date, datetime) else datetime.fromisoformat(date)
    except (TypeError, ValueError):
        return -1.0
    return read.timestamp()


def is_constant(node: ast.stmt) -> bool:
    """Return whether a statement makes the same whenever it runs: imports, definitions and literals."""
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        try:
            ast.literal_eval(node.value or "None")
        except ValueError:
            return False
        return True
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
