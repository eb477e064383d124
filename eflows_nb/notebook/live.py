"""Tells browsers what a session does while it does it, over a Jupyter comm.

There is one comm, of a known id, to which every page of the kernel listens. A session announces itself by
one message and then stays silent until a page asks: a headless run pays nothing. A page asks with a
``comm_info_request`` for our target on the control channel. That is answered while a cell runs, and it is
the one question after which neither JupyterLab nor the server takes a busy kernel for an idle one, as they
do after anything that concerns subshells. Each question pays for `CREDIT` messages: a page that has gone is
not told for ever, since the server would keep every message for its return.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

import comm
from ipykernel.kernelbase import Kernel

from eflows_nb.notebook.busy import BusyStatus
from eflows_nb.notebook.cell_executions import CellExecutions
from eflows_nb.notebook.cells.ledger import ledger_of
from eflows_nb.notebook.engine_wishes import fulfil
from eflows_nb.notebook.graph_teller import GraphTeller
from eflows_nb.notebook.kept_outputs import KeptOutputs
from eflows_nb.notebook.kernel_comm import KernelComm
from eflows_nb.notebook.messages import (
    COMM,
    VERSION,
    AnswerMessage,
    CellsMessage,
    EngineMessage,
    EnginesMessage,
    GraphMessage,
    OutputsMessage,
    RefusalMessage,
    SessionContent,
    SessionMessage,
    TaskMessage,
)
from eflows_nb.notebook.page_requests import read_request, refusal

if TYPE_CHECKING:
    from eflows_nb.notebook.cell_feed import CellFeed
    from eflows_nb.runtime.session import Session
    from eflows_nb.runtime.snapshot import SessionSnapshot
    from eflows_nb.tasks.events import Event

__all__ = ["CREDIT", "message_of", "register"]

CREDIT = 100
"""Number of messages that are sent before a page must ask again."""

_PERIOD = 0.1

_Message = (
    SessionMessage
    | GraphMessage
    | CellsMessage
    | OutputsMessage
    | TaskMessage
    | AnswerMessage
    | EnginesMessage
    | RefusalMessage
)
_Handler = Callable[[Any, Any, Any], Awaitable[None]]

logger = logging.getLogger(__name__)

_live: _Live | None = None
_registering = threading.Lock()


def register(session: Session) -> None:
    """Let the pages of this kernel watch the session; a second call changes nothing."""
    global _live
    with _registering:
        if _live is None and Kernel.initialized():
            _live = _Live(session, Kernel.instance())


def message_of(snapshot: SessionSnapshot) -> SessionMessage:
    """Return what is told of a session."""
    return SessionMessage(
        version=VERSION,
        kind="session",
        session=SessionContent(
            cluster=snapshot.cluster,
            state=snapshot.state.value,
            reason=snapshot.reason,
            requested=snapshot.requested,
            waiting=snapshot.waiting,
            engines=[
                EngineMessage(
                    engine=engine.engine,
                    host=engine.host,
                    pid=engine.pid,
                    running=min(1, engine.running),
                    sent=engine.sent,
                    finished=engine.finished,
                )
                for engine in snapshot.engines
            ],
            tasks={state.value: number for state, number in snapshot.shown.items()},
        ),
    )


class _Live:
    """Turns the events of a session into at most ten messages a second, while somebody listens."""

    def __init__(self, session: Session, kernel: Any) -> None:
        self._session = session
        self._kernel = kernel
        self._channel = _Channel()
        self._changed = threading.Event()
        self._asked = threading.Event()
        self._credit = 0
        self._lock = threading.Lock()
        self._observing = False
        self._requests: deque[Any] = deque()
        ledger = ledger_of(kernel)
        ledger.changed = self._changed.set
        self._outputs = KeptOutputs(ledger)
        BusyStatus(kernel)
        cells = _Cells(session, kernel)

        def feed_cells() -> CellFeed:
            from eflows_nb.notebook.cell_feed import CellFeed  # numpy, which a headless run need not load

            return CellFeed(ledger, cells.last, self._outputs.written)

        tell = self._channel.tell
        self._graph = GraphTeller(session, cells.known, tell, credit=CREDIT, feed_cells=feed_cells)
        for handlers in (kernel.control_handlers, kernel.shell_handlers):
            handlers["comm_info_request"] = self._hear(handlers["comm_info_request"])
        self._send()

    def _hear(self, answer: _Handler) -> _Handler:
        """Return a handler that answers like this one, and notices who asks for us."""

        async def comm_info_request(stream: Any, ident: Any, parent: Any) -> None:
            await answer(stream, ident, parent)
            if parent["content"].get("target_name") == COMM:
                self._be_asked(parent["content"].get("eflows"))

        return comm_info_request

    def _be_asked(self, request: Any) -> None:
        with self._lock:
            self._credit = CREDIT
            if request is not None:
                self._requests.append(request)
            self._asked.set()
            self._changed.set()
            if self._observing:
                return
            self._observing = True
        self._session.observe(self._notice)
        threading.Thread(target=self._tell, name="eflows-live", daemon=True).start()

    def _notice(self, events: Sequence[Event]) -> None:
        """Hear of events, in a thread of the runtime, which must not be held up."""
        if events:
            self._changed.set()

    def _tell(self) -> None:
        pause = threading.Event()
        while True:
            self._asked.wait()
            self._changed.wait()
            self._changed.clear()
            self._send()
            self._answer()
            with self._lock:
                self._credit -= 1
                if self._credit == 0:
                    self._asked.clear()
            pause.wait(_PERIOD)

    def _send(self) -> None:
        try:
            self._channel.tell(message_of(self._session.snapshot()))
        except Exception:
            # A page that cannot be told must stop neither the telling nor the work.
            logger.debug("could not tell the pages", exc_info=True)

    def _answer(self) -> None:
        """Do what pages have asked for, and tell the task graph to those who watch it."""
        while self._requests:
            request = self._requests.popleft()
            try:
                self._do(request)
            except Exception as error:  # noqa: BLE001 - the page is told; nobody else must be silenced
                self._channel.tell(refusal(request, error, self._kernel.log))
        try:
            self._graph.tell()
        except Exception:
            # Not our logger: without a handler it writes into the cell that was run last.
            self._kernel.log.exception("The task graph could not be told to the pages.")
            self._graph.forget()

    def _do(self, given: Any) -> None:
        request = read_request(given)
        self._graph.take(request)
        for cell in request.get("outputs", ()):
            outputs = self._outputs.message(cell)
            if outputs is not None:
                self._channel.tell(outputs)
        if "engines" in request:
            fulfil(self._session, request["engines"], request.get("request", ""), self._channel.tell)


class _Cells:
    """Notes which cell each execution is of, as far as front ends tell."""

    def __init__(self, session: Session, kernel: Any) -> None:
        self._session = session
        self._kernel = kernel
        self._executions = CellExecutions()
        self.known, self.last = self._executions.known, self._executions.last
        self._note()
        kernel.shell.events.register("pre_run_cell", self._note)

    def _note(self, _info: Any = None) -> None:
        parent = self._kernel.get_parent("shell") or {}
        cell = parent.get("metadata", {}).get("cellId")
        if cell:
            self._executions.note(self._session.origin, str(cell))


class _Channel(KernelComm):
    """A comm that speaks to all pages of a kernel, from any thread, and that none of them can close.

    It is not opened by a message: JupyterLab would create a subshell for it, and a page without our extension
    would complain. Our pages know its id.
    """

    def __init__(self) -> None:
        super().__init__(target_name=COMM, comm_id=COMM)

    def tell(
        self,
        message: _Message,
        buffers: Sequence[memoryview] = (),
    ) -> None:
        """Send a message to every page."""
        self.send(cast("dict[str, Any]", message), buffers=cast("Any", list(buffers)))

    def handle_close(self, msg: Any) -> None:
        """Stay open: a page that does not know us says that it closed, and speaks only for itself."""
        self._closed = False
        comm.get_comm_manager().register_comm(self)
