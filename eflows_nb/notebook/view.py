"""``ef.view()``: the tasks of this session, or of a past run, in the output of a cell."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from eflows_nb.errors import EflowsError
from eflows_nb.notebook.front_end import kernel_log, kernel_shell
from eflows_nb.notebook.graph_teller import GraphTeller
from eflows_nb.notebook.messages import VERSION, JournalMessage
from eflows_nb.notebook.outline import Outline, outline
from eflows_nb.notebook.page_requests import read_request, refusal
from eflows_nb.notebook.run_widget import RunWidget
from eflows_nb.notebook.task_board import TaskBoard
from eflows_nb.runtime import session as sessions
from eflows_nb.runtime.journal import read
from eflows_nb.tasks.events import Event

if TYPE_CHECKING:
    from eflows_nb.runtime.session import Session

__all__ = ["LiveRun", "PastRun", "view"]

_PERIOD, _LONGEST = 0.1, 10.0
_SILENCE = 0.02
_PATIENCE, _UNASKED = 5.0, 5
_RATE = 1e6
_QUIET = 1.0

_live: LiveRun | None = None


def view(run: Path | str | None = None, *, height: int = 480) -> RunWidget:
    """Return the tasks of this session, live, as graph, timeline and table; display it to see it.

    It is a widget, so it works in VS Code, Colab and Notebook 7 too, and can be laid out with others. With it
    the notebook keeps a picture of the task functions, which is seen where no kernel runs.

    Parameters
    ----------
    run
        The journal of a past run, which is then shown with a slider for the time; None for this session.
    height
        Of the view, in pixels.

    Returns
    -------
    RunWidget
        For this session always the same one; it can be displayed at several places.

    Raises
    ------
    JournalError
        When the file is not the journal of a session.
    OSError
        When it cannot be read.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> _ = ef.wait_on(ef.map(pow, [2, 3], [5, 2]))
    >>> ef.view()
    <view of ...>
    """
    global _live
    if run is not None:
        return PastRun(Path(run), height=height)
    if _live is None or _live.closed:
        _live = LiveRun(sessions.current(), height=height)
    _live.open()
    _live.height = height
    return _live


class LiveRun(RunWidget):
    """The tasks of a session.

    The kernel tells what has changed from a thread, so also while a cell runs. What a page asks (to be told
    of more, a traceback, to cancel a task) comes as a message of the widget: front ends that use subshells,
    JupyterLab among them, bring it while a cell runs, others after it. So the kernel goes on telling pages
    of which it hears nothing, but the less often the longer that lasts; and it then tells everything now and
    then, since they may have missed what was before.
    """

    def __init__(self, session: Session, *, height: int) -> None:
        self.closed = False
        self._session = session
        self._teller = GraphTeller(session, dict, self._say, credit=None)
        self._using = threading.RLock()
        self._requests: deque[Any] = deque()
        self._changed, self._asked = threading.Event(), threading.Event()
        self._heard: float | None = None
        self._shown_at = time.monotonic()
        self._everything_due = 0.0
        self._unasked = 0
        self._is_shown = self._is_stale = False
        self._end: Any = None
        super().__init__(height=height, past=False)

    def close(self) -> None:
        """Show no more what happens; what is displayed goes."""
        self.closed = True
        self._changed.set()
        self._asked.set()
        super().close()

    def _hear(self, request: Any) -> None:
        self._heard = time.monotonic()
        self._requests.append(request)
        self._begin()
        self._asked.set()
        self._changed.set()

    def _ipython_display_(self) -> None:
        super()._ipython_display_()
        self._is_shown = True
        self._shown_at = time.monotonic()
        self._unasked = _UNASKED
        self._begin()
        self._changed.set()

    def _begin(self) -> None:
        """Follow the session, from now on until the widget is closed."""
        with self._using:
            if self._end is not None or self.closed:
                return
            self._end = self._session.observe(self._notice)
        shell = kernel_shell()
        if shell is not None:
            shell.events.register("post_run_cell", self._after_cell)
        threading.Thread(target=self._follow, args=[shell], name="eflows-view", daemon=True).start()

    def _notice(self, events: Sequence[Event]) -> None:
        """Hear of events, in a thread of the runtime, which must not be held up."""
        if events:
            self._changed.set()

    def _follow(self, shell: Any) -> None:
        while not self.closed:
            waits = self._unasked > 0 and self._heard is None
            if self._changed.wait(_QUIET if self._is_stale or waits else None) or waits:
                self._changed.clear()
                self._tell()
                self._asked.wait(self._period())
                self._asked.clear()
            else:
                self._redraw(only_at_rest=True)
        self._end()
        with self._using:
            self._teller.forget()
        if shell is not None:
            shell.events.unregister("post_run_cell", self._after_cell)

    def _period(self) -> float:
        """Return how long to wait before the next message, in seconds."""
        return min(max(_PERIOD, self._silence() * _SILENCE), _LONGEST)

    def _silence(self) -> float:
        """Return for how long no page has said anything, in seconds."""
        return time.monotonic() - (self._heard or self._shown_at)

    def _tell(self) -> None:
        with self._using:
            self._is_stale = True
            if self.comm is not None and self._is_silent():
                self._requests.append({"watch": {"stream": "", "sequence": -1}})
            while self._requests:
                request = self._requests.popleft()
                try:
                    self._teller.take(read_request(request))
                except Exception as error:  # noqa: BLE001 - the page is told; nobody else must be silenced
                    self.send(cast("dict[str, Any]", refusal(request, error, kernel_log())))
            try:
                self._teller.tell()
            except Exception:
                log = kernel_log()
                log.exception("The task graph could not be told to the widget.")

    def _is_silent(self) -> bool:
        """Return whether pages are to be told everything unasked: they may be there and cannot ask."""
        has_asked = self._heard is not None and self._silence() < _PATIENCE
        return not has_asked and time.monotonic() >= self._everything_due

    def _say(self, message: Any, buffers: Sequence[memoryview] = ()) -> None:
        if message["kind"] == "graph" and not message["base"]:
            size = sum(buffer.nbytes for buffer in buffers)
            # Each time half as long again, since a server may keep all of it for a page that has gone.
            pause = max(1.0, size / _RATE, self._silence() / 2)
            self._everything_due = time.monotonic() + pause
            self._unasked -= 1
        self.send(message, list(buffers))

    def _outline(self) -> Outline:
        with self._using:
            return outline(self._teller.board)

    def _redraw(self, *, only_at_rest: bool) -> None:
        """Let the notebook keep the picture of now. It is shown anew for that, so not at every change."""
        try:
            with self._using:
                self._is_stale = False
                if self._is_shown and not (only_at_rest and self._outline().is_live) and self._draw():
                    self._show(update=True)
        except Exception:
            # Neither a cell nor the live view must fail for the sake of a picture.
            log = kernel_log()
            log.warning("The picture of the tasks could not be kept in the notebook.", exc_info=True)

    def _after_cell(self, _result: Any = None) -> None:
        if self._is_stale or self._changed.is_set():
            self._redraw(only_at_rest=False)


class PastRun(RunWidget):
    """A run that a journal tells of."""

    def __init__(self, path: Path, *, height: int) -> None:
        self._path = path
        header, events = read(path)
        board = TaskBoard(header.started)
        board.take(list(events))
        self._kept = outline(board)
        super().__init__(height=height, past=True)

    def _outline(self) -> Outline:
        return self._kept

    def _hear(self, request: Any) -> None:
        if isinstance(request, dict) and request.get("journal") is True:
            try:
                text = self._path.read_bytes()
            except OSError as error:
                raise EflowsError(f"The journal {self._path} can be read no more: {error}.") from error
            self.send(cast("dict[str, Any]", JournalMessage(version=VERSION, kind="journal")), [text])
