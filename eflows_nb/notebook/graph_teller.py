"""Answers what pages ask about the tasks of a session, over whatever they are connected by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from eflows_nb.notebook.messages import (
    VERSION,
    AnswerMessage,
    CellsMessage,
    GraphMessage,
    PageRequest,
    TaskMessage,
    WatchRequest,
)
from eflows_nb.notebook.task_detail import task_message

if TYPE_CHECKING:
    from eflows_nb.notebook.cell_feed import CellFeed
    from eflows_nb.notebook.graph_feed import GraphFeed
    from eflows_nb.notebook.task_board import TaskBoard
    from eflows_nb.runtime.session import Session

__all__ = ["GraphTeller", "Tell"]


class Tell(Protocol):
    """Sends a message, with its buffers, to the pages."""

    def __call__(
        self,
        message: GraphMessage | CellsMessage | TaskMessage | AnswerMessage,
        buffers: Sequence[memoryview] = (),
        /,
    ) -> None:
        """Send a message."""


class GraphTeller:
    """Tells the task graph of a session to those who watch it. One thread at a time may use it.

    Parameters
    ----------
    session
        The session.
    cells
        Returns the id of the notebook cell of each execution that submitted tasks.
    tell
        Sends a message to the pages.
    credit
        How many messages a page pays for by asking; after them the graph is forgotten. None for no bound.
    feed_cells
        Makes the feed of how far cells are; None where pages show no cells.
    """

    def __init__(
        self,
        session: Session,
        cells: Callable[[], dict[int, str]],
        tell: Tell,
        *,
        credit: int | None,
        feed_cells: Callable[[], CellFeed] | None = None,
    ) -> None:
        self._session = session
        self._cells = cells
        self._tell = tell
        self._granted = credit
        self._credit: int | None = 0
        self._everything = False
        self._feed: GraphFeed | None = None
        self._feed_cells = feed_cells
        self._cells_credit = 0
        self._all_cells = False
        self._cell_feed: CellFeed | None = None

    @property
    def board(self) -> TaskBoard:
        """The task graph as it is now; who uses it need not watch."""
        return self._open().board

    def take(self, request: PageRequest) -> None:
        """Do what a page has asked for, as `eflows_nb.notebook.page_requests` has read it."""
        watch = request.get("watch")
        if watch is not None:
            self._credit = self._granted
            self._everything |= not _follows(watch, self._feed)
        watch = request.get("cells")
        if watch is not None and self._feed_cells is not None:
            self._cells_credit = self._granted or 1
            self._all_cells |= not _follows(watch, self._cell_feed)
        if "task" in request:
            self._tell_task(request["task"])
        if "cancel" in request or "cancel_cells" in request:
            tasks = [*request.get("cancel", ()), *self._tasks_of(request.get("cancel_cells", ()))]
            cancelled = self._session.cancel_tasks(tasks)
            number = request.get("request", "")
            self._tell(AnswerMessage(version=VERSION, kind="answer", request=number, cancelled=cancelled))

    def tell(self) -> bool:
        """Tell what has changed to those who watch; return whether there was anything to tell."""
        if self._credit == 0 and self._cells_credit == 0:
            if self._feed is not None:  # its board is used
                self._feed.take()
                self._feed.skip()
            return False
        feed = self._open()
        told = bool(self._cells_credit) and self._tell_cells(feed)
        if self._credit == 0:
            feed.skip()
        else:
            told |= self._tell_graph(feed)
        if self._credit == 0 and self._cells_credit == 0:  # nobody watches any more
            self.forget()
        return told

    def forget(self) -> None:
        """Follow the session no more, until somebody watches it again."""
        self._credit = self._cells_credit = 0
        self._cell_feed = None
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def _open(self) -> GraphFeed:
        """Return the feed of the graph, with what has happened until now."""
        if self._feed is None:
            from eflows_nb.notebook.graph_feed import GraphFeed  # numpy, which a headless run need not load

            self._feed = GraphFeed(self._session, self._cells)
        if self._cell_feed is None and self._feed_cells is not None:
            self._cell_feed = self._feed_cells()
        self._feed.take()
        return self._feed

    def _tell_graph(self, feed: GraphFeed) -> bool:
        everything, self._everything = self._everything, False
        message = feed.message(everything=everything)
        if message is None:
            return False
        self._tell(*message)
        if self._credit is not None:
            self._credit -= 1
        return True

    def _tell_cells(self, feed: GraphFeed) -> bool:
        assert self._cell_feed is not None
        everything, self._all_cells = self._all_cells, False
        message = self._cell_feed.message(feed.board, everything=everything)
        if message is None:
            return False
        self._tell(message)
        self._cells_credit -= 1
        return True

    def _tasks_of(self, cells: Iterable[str]) -> list[int]:
        feed = self._open()
        if self._cell_feed is None:
            return []
        return [task for cell in cells for task in self._cell_feed.tasks_of(cell, feed.board)]

    def _tell_task(self, task: int) -> None:
        if self._feed is not None:
            self._feed.take()
            self._tell(task_message(self._session, self._feed.board, task))


def _follows(watch: WatchRequest, feed: GraphFeed | CellFeed | None) -> bool:
    """Return whether a page that has this can go on with the next message."""
    if feed is None or watch["stream"] != feed.stream:
        return False
    return 0 <= watch["sequence"] <= feed.sequence
