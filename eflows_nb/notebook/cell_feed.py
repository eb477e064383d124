"""Tells pages of the cells of a notebook: how far the tasks of each are, from which others it reads."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from itertools import islice

import numpy as np

from eflows_nb.notebook.begun import SHOWN, begun, shown_states
from eflows_nb.notebook.cells.ledger import CellLedger, CellRecord
from eflows_nb.notebook.messages import VERSION, CellFacts, CellsMessage
from eflows_nb.notebook.task_board import STATES, TaskBoard
from eflows_nb.tasks.state import TaskState

__all__ = ["CellFeed"]

_NAMES = 50
_FUNCTIONS = 3
_TEXT = 120
_FAILED, _RUNNING = STATES.index(TaskState.FAILED), STATES.index(TaskState.RUNNING)


class CellFeed:
    """The cells of a session while a page shows how far they are.

    Parameters
    ----------
    ledger
        What is known of their executions.
    origins
        Returns the number of the last execution of each cell, as tasks bear it.
    written
        Returns how often the outputs of a cell have changed in an execution.
    """

    def __init__(
        self,
        ledger: CellLedger,
        origins: Callable[[], dict[str, int]],
        written: Callable[[str, str], int],
    ) -> None:
        self.stream = secrets.token_hex(4)
        """A feed that begins anew has another."""
        self.sequence = -1
        """Number of the last message."""
        self._ledger = ledger
        self._origins = origins
        self._written = written
        self._told: dict[str, CellFacts] = {}
        self._functions: dict[int, dict[int, None]] = {}
        self._sources: dict[int, set[int]] = {}
        self._rows = self._links = 0

    def message(self, board: TaskBoard, *, everything: bool) -> CellsMessage | None:
        """Return all cells, or those that are not as they were told; None when there are none."""
        self._follow(board)
        if everything:
            self._told.clear()
        origins = self._origins()
        summary = _Summary(board)
        by_origin = {origin: cell for cell, origin in origins.items()}
        news = []
        for record in list(self._ledger.records.values()):
            facts = self._facts(record, origins.get(record.cell, -1), board, summary, by_origin)
            if self._told.get(record.cell) != facts:
                self._told[record.cell] = facts
                news.append(facts)
        if not news and not everything:
            return None
        self.sequence += 1
        return CellsMessage(
            version=VERSION,
            kind="cells",
            stream=self.stream,
            sequence=self.sequence,
            all=everything,
            now=time.time() - board.began,
            cells=news,
        )

    def tasks_of(self, cell: str, board: TaskBoard) -> list[int]:
        """Return the numbers of the tasks of a cell's last execution that have not ended."""
        mine = board.column("origin") == self._origins().get(cell, -1)
        chosen = mine & (board.column("state") <= _RUNNING)
        tasks: list[int] = board.column("task")[chosen].tolist()
        return tasks

    def _follow(self, board: TaskBoard) -> None:
        """Note for the tasks that are new whose cells they read from, and what they are called."""
        origin = board.column("origin")
        new = origin[self._rows :]
        pairs = np.unique(np.stack([new, board.column("function")[self._rows :]], axis=1), axis=0)
        for one, function in pairs.tolist():
            self._functions.setdefault(one, {})[function] = None
        parents = board.parents[self._links :]
        readers = np.repeat(new, board.column("parents")[self._rows :])
        links = np.unique(np.stack([readers, origin[parents]], axis=1), axis=0)
        for one, source in links.tolist():
            if one != source:
                self._sources.setdefault(one, set()).add(source)
        self._rows, self._links = len(origin), self._links + len(parents)

    def _facts(
        self,
        record: CellRecord,
        origin: int,
        board: TaskBoard,
        summary: _Summary,
        by_origin: dict[int, str],
    ) -> CellFacts:
        sources = {by_origin[one] for one in self._sources.get(origin, ()) if one in by_origin}
        functions = islice(self._functions.get(origin, ()), _FUNCTIONS)
        states, task, begin, end, cluster = summary.of(origin, board)
        return CellFacts(
            cell=record.cell,
            order=record.order,
            since=record.since,
            message=record.message,
            asked=record.asked,
            count=record.count,
            digest=record.digest,
            reads=sorted(record.reads)[:_NAMES],
            binds=sorted(record.binds)[:_NAMES],
            sources=sorted((record.sources | sources) - {record.cell}),
            ended=record.ended.value,
            functions=[board.functions[function][:_TEXT] for function in functions],
            states=states,
            task=task,
            begin=begin,
            end=end,
            cluster=cluster,
            written=self._written(record.cell, record.message),
        )


class _Summary:
    """The states and times of all tasks by the execution that submitted them."""

    def __init__(self, board: TaskBoard) -> None:
        origin, state = board.column("origin"), shown_states(board)
        start, seconds = begun(board, state), board.column("seconds")
        size = int(origin.max(initial=-1)) + 1
        kinds = len(SHOWN)
        places = origin.astype(np.int64) * kinds + state
        self._states = np.bincount(places, minlength=size * kinds).reshape(size, kinds)
        self._begin = np.full(size, np.inf)
        self._end = np.zeros(size)
        self._latest = np.zeros(size)
        ran = start > 0
        np.minimum.at(self._begin, origin[ran], start[ran])
        np.maximum.at(self._latest, origin[ran], start[ran])
        np.maximum.at(self._end, origin[ran], start[ran] + np.maximum(seconds[ran], 0))
        self._row = np.full(size, -1)
        for rows in (slice(None), state == _RUNNING, state == _FAILED):
            self._row[origin[rows]] = np.arange(len(origin))[rows]

    def of(self, origin: int, board: TaskBoard) -> tuple[list[int], int, float, float, str]:
        """Return states, task, begin, end and cluster of one execution, as `CellFacts` has them."""
        if not 0 <= origin < len(self._states) or self._row[origin] < 0:
            return [0] * len(SHOWN), -1, -1.0, -1.0, ""
        states: list[int] = self._states[origin].tolist()
        task = board.number_of(int(self._row[origin]))
        if not np.isfinite(self._begin[origin]):
            return states, task, -1.0, -1.0, ""
        cluster = board.cluster_at(float(self._latest[origin]))
        return states, task, float(self._begin[origin]), float(self._end[origin]), cluster
