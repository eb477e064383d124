"""Follows the task graph of a session for the pages that show it: a snapshot first, then what changes."""

from __future__ import annotations

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from eflows_nb.errors import JournalError
from eflows_nb.notebook.messages import VERSION, GraphEngine, GraphMessage
from eflows_nb.notebook.task_board import TaskBoard
from eflows_nb.runtime.journal import journal_of, read
from eflows_nb.tasks.events import ClusterChanged, EngineJoined, Event

if TYPE_CHECKING:
    from eflows_nb.runtime.session import Session

__all__ = ["GraphFeed", "message_of"]

Buffers = list[memoryview]

_CHUNK = 2000
_ERROR_LIMIT = 500

logger = logging.getLogger(__name__)


class GraphFeed:
    """The task graph of a session while a page watches it.

    What happened before comes from the session's journal, so a session that nobody watches keeps nothing.
    All but the observing happens in the thread of whoever calls.

    Parameters
    ----------
    session
        The session.
    cells
        Returns the id of the notebook cell of each execution that submitted tasks.
    """

    def __init__(self, session: Session, cells: Callable[[], dict[int, str]]) -> None:
        self.stream = secrets.token_hex(4)
        """A feed that begins anew has another."""
        self.sequence = -1
        """Number of the last message."""
        self._session = session
        self._cells = cells
        self._cells_told: dict[int, str] = {}
        self._errors_told = 0
        self._functions_told = 0
        self._engines_told: list[GraphEngine] | None = None
        self._queue: deque[Sequence[Event]] = deque()
        self._end = session.observe(self._queue.append)
        self.complete = True
        """Whether what happened before is known."""
        self._fresh = self._gap = False
        self.board = TaskBoard(0.0)
        self._load(session)

    def _load(self, session: Session) -> None:
        """Take in what the journal tells; what happened meanwhile is in the queue too, and comes again."""
        try:
            header, events = read(journal_of(session))
            self.board.began = header.started
            while chunk := list(islice(events, _CHUNK)):
                self.board.take(chunk)
        except (JournalError, OSError) as error:
            logger.debug("the task graph is not known from its begin: %s", error)
            shot = session.snapshot()
            self.complete = self.board.rows > 0 or self._knows_all()
            self.board.began = self.board.began or time.time()
            if not self.board.engines:
                now = time.time()
                self.board.take([ClusterChanged(time=now, cluster=shot.cluster, state=shot.state.value)])
                self.board.take(
                    [EngineJoined(time=now, engine=e.engine, host=e.host, pid=e.pid) for e in shot.engines]
                )

    def close(self) -> None:
        """Follow no more."""
        self._end()

    def take(self) -> None:
        """Take in what has happened."""
        events: list[Event] = []
        while self._queue:
            events.extend(self._queue.popleft())
        self.board.take(events)
        self._fresh |= bool(events)
        # The first tasks may have been on their way to the journal when it was asked.
        self.complete |= bool(events) and self._knows_all()

    def _knows_all(self) -> bool:
        return self.board.rows >= sum(self._session.snapshot().tasks.values())

    def skip(self) -> None:
        """Let nobody be told what has happened; who watches then is told everything."""
        if self._fresh:
            self._fresh, self._gap = False, True
            self.board.news()

    def message(self, *, everything: bool) -> tuple[GraphMessage, Buffers] | None:
        """Return a snapshot, or what has changed since the last message; None when nothing has."""
        self.take()
        everything |= self._gap
        if not everything and not self._fresh:
            return None
        self._fresh = self._gap = False
        self.sequence += 1
        if everything:
            self._functions_told = self._errors_told = 0
            self._engines_told, self._cells_told = None, {}
        message, buffers = message_of(self.board, everything=everything)
        message["stream"], message["sequence"], message["complete"] = (
            self.stream,
            self.sequence,
            self.complete,
        )
        message["first_function"] = self._functions_told
        message["functions"] = message["functions"][self._functions_told :]
        self._functions_told = len(self.board.functions)
        message["errors"] = message["errors"][self._errors_told :]
        self._errors_told = len(self.board.errors)
        if message["engines"] == self._engines_told:
            message["engines"] = None
        else:
            self._engines_told = message["engines"]
        cells = self._cells()
        # The newest is the last; their number stays the same where old ones are forgotten.
        if cells and next(reversed(cells)) not in self._cells_told:
            message["cells"] = [[o, cell] for o, cell in cells.items() if o not in self._cells_told]
            self._cells_told = cells
        return message, buffers


def message_of(board: TaskBoard, *, everything: bool) -> tuple[GraphMessage, Buffers]:
    """Return what is told of a task graph: all of it, or what has changed since this was called last."""
    base, new, changed = board.news(everything=everything)
    message = GraphMessage(
        version=VERSION,
        kind="graph",
        stream="",
        sequence=0,
        complete=True,
        began=board.began,
        now=time.time() - board.began,
        base=base,
        functions=board.functions,
        first_function=0,
        engines=[
            GraphEngine(
                engine=engine.engine,
                host=engine.host,
                pid=engine.pid,
                joined=engine.joined,
                left=engine.left,
            )
            for engine in board.engines
        ],
        errors=[[task, error[:_ERROR_LIMIT]] for task, (error, _) in board.errors.items()],
        cells=[],
        new=[[name, column.dtype.name] for name, column in new.items()],
        changed=[[name, column.dtype.name] for name, column in changed.items()],
    )
    columns: list[Any] = [*new.values(), *changed.values()]
    return message, [memoryview(column).cast("B") if len(column) else memoryview(b"") for column in columns]
