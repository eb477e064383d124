"""Answers what pages ask about the tasks of a session, over whatever they are connected by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from eflows_nb.notebook.messages import (
    VERSION,
    AnswerMessage,
    GraphMessage,
    PageRequest,
    TaskMessage,
    WatchRequest,
)

if TYPE_CHECKING:
    from eflows_nb.notebook.graph_feed import GraphFeed
    from eflows_nb.notebook.task_board import TaskBoard
    from eflows_nb.runtime.session import Session

__all__ = ["GraphTeller", "Tell"]


class Tell(Protocol):
    """Sends a message, with its buffers, to the pages."""

    def __call__(
        self, message: GraphMessage | TaskMessage | AnswerMessage, buffers: Sequence[memoryview] = (), /
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
    """

    def __init__(
        self, session: Session, cells: Callable[[], dict[int, str]], tell: Tell, *, credit: int | None
    ) -> None:
        self._session = session
        self._cells = cells
        self._tell = tell
        self._granted = credit
        self._credit: int | None = 0
        self._everything = False
        self._feed: GraphFeed | None = None

    @property
    def board(self) -> TaskBoard | None:
        """The task graph as it is known, None while nobody watches."""
        return None if self._feed is None else self._feed.board

    def take(self, request: PageRequest) -> None:
        """Do what a page has asked for; it comes from outside, so whatever is wrong with it is raised."""
        watch = request.get("watch")
        if watch is not None:
            self._credit = self._granted
            known = None if self._feed is None else (self._feed.stream, self._feed.sequence)
            self._everything |= known is None or not _follows(watch, *known)
        if "task" in request:
            self._tell_task(int(request["task"]))
        if "cancel" in request:
            cancelled = self._session.cancel_tasks(map(int, request["cancel"]))
            number = str(request.get("request", ""))
            self._tell(AnswerMessage(version=VERSION, kind="answer", request=number, cancelled=cancelled))

    def tell(self) -> bool:
        """Tell what has changed to those who watch; return whether there was anything to tell."""
        if self._credit == 0:
            return False
        if self._feed is None:
            from eflows_nb.notebook.graph_feed import GraphFeed  # numpy, which a headless run need not load

            self._feed = GraphFeed(self._session, self._cells)
        everything, self._everything = self._everything, False
        message = self._feed.message(everything=everything)
        if message is None:
            return False
        self._tell(*message)
        if self._credit is not None:
            self._credit -= 1
            if self._credit == 0:  # nobody watches any more
                self.forget()
        return True

    def forget(self) -> None:
        """Follow the session no more, until somebody watches it again."""
        self._credit = 0
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    def _tell_task(self, task: int) -> None:
        if self._feed is not None:
            from eflows_nb.notebook.graph_feed import task_message

            self._tell(task_message(self._feed.board, task))


def _follows(watch: WatchRequest, stream: str, sequence: int) -> bool:
    """Return whether a page that has this can go on with the next message."""
    return watch.get("stream") == stream and 0 <= watch.get("sequence", -1) <= sequence
