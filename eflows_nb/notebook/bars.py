"""``ef.progress()``: a bar for each task function."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import ipywidgets

from eflows_nb.notebook import picture
from eflows_nb.notebook.front_end import shows_widgets
from eflows_nb.notebook.graph_feed import GraphFeed
from eflows_nb.notebook.outline import Box, Outline, outline
from eflows_nb.runtime import session as sessions
from eflows_nb.tasks.events import Event
from eflows_nb.tasks.shown_state import ShownState

if TYPE_CHECKING:
    from eflows_nb.runtime.session import Session

__all__ = ["ProgressBars", "progress"]

_SHOWN = 20
_PERIOD, _SHARE, _LONGEST = 0.4, 0.01, 10.0
_QUIET, _KEEP_EVERY = 1.0, 10.0
_WIDGET = "application/vnd.jupyter.widget-view+json"
_VIEW = "application/vnd.eflows.view+json"

logger = logging.getLogger(__name__)

_bars: ProgressBars | None = None


def progress() -> ProgressBars:
    """Return a bar for each task function of this session: how many of its tasks have ended, and how.

    It is a widget of ipywidgets, so it can be laid out with others; display it to see it. Where nobody looks
    (a headless run) it is lines of text.

    Returns
    -------
    ProgressBars
        Always the same one; it can be displayed at several places.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> _ = ef.wait_on(ef.map(pow, [2, 3], [5, 2]))
    >>> ef.progress()
    <progress of ...>
    """
    global _bars
    if _bars is None or _bars.closed:
        _bars = ProgressBars(sessions.current())
    _bars.open()
    return _bars


class ProgressBars(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A bar for each of the task functions with most tasks, from a thread, so also while a cell runs.

    Beside them the notebook keeps the same in words, for pages on which the kernel has ended.
    """

    def __init__(self, session: Session) -> None:
        self.closed = False
        self._display_id = f"eflows-{secrets.token_hex(8)}"
        self._kept = ""
        self._kept_at = 0.0
        self._is_shown = False
        self._feed = GraphFeed(session, dict)
        self._using = threading.Lock()
        self._changed = threading.Event()
        self._rows: list[_Row] = []
        self._count = 0
        super().__init__()
        self._end = session.observe(self._notice)
        self._update()
        threading.Thread(target=self._follow, name="eflows-progress", daemon=True).start()

    def open(self) -> None:
        """Let front ends know the widget, if a person looks at one."""
        if shows_widgets():
            super().open()

    def close(self) -> None:
        """Show no more what happens; what is displayed goes."""
        self.closed = True
        self._changed.set()
        super().close()

    def _notice(self, events: Sequence[Event]) -> None:
        """Hear of events, in a thread of the runtime, which must not be held up."""
        if events:
            self._changed.set()

    def _follow(self) -> None:
        pause, began = threading.Event(), time.monotonic()
        while not self.closed:
            if not self._changed.wait(_QUIET if self._is_stale else None):
                self._keep()
                continue
            self._changed.clear()
            self._update()
            if time.monotonic() - self._kept_at > _KEEP_EVERY:
                self._keep()
            # A bar need not move by less than a hundredth; and nobody may look any more.
            pause.wait(min(max(_PERIOD, (time.monotonic() - began) * _SHARE), _LONGEST))
        self._end()
        self._feed.close()

    @property
    def _is_stale(self) -> bool:
        """Whether the notebook may have other words than it should."""
        return self._is_shown and self._words() != self._kept

    def _words(self) -> str:
        return picture.text(self._outline())

    def _keep(self) -> None:
        """Let the notebook have what the bars show in words, wherever they are displayed."""
        self._kept_at = time.monotonic()
        try:
            if self._is_stale:
                self._show(update=True)
        except Exception:
            # The live bars must not fail for the sake of words.
            logger.warning("What the bars show could not be kept in the notebook.", exc_info=True)

    def _show(self, *, update: bool) -> None:
        data, metadata = self._bundle()
        self._kept = data["text/plain"]
        display: Any = import_module("IPython.display").display
        display(data, metadata=metadata, raw=True, display_id=self._display_id, update=update)

    def _outline(self) -> Outline:
        with self._using:
            self._feed.take()
            self._feed.skip()
            return outline(self._feed.board)

    def _update(self) -> None:
        """Let the bars say how far the tasks are."""
        now = self._outline()
        if self.comm is None:
            return
        boxes = now.boxes[:_SHOWN]
        while len(self._rows) < len(boxes):
            self._rows.append(_Row())
        for row, box in zip(self._rows, boxes, strict=False):
            row.show(box)
        widgets = [row.widget for row in self._rows]
        if len(widgets) != self._count:
            self._count = len(widgets)
            self.children = widgets

    def _bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        words = {"text/plain": self._words()}
        if self.comm is None:
            return words, {}
        self._update()
        shown = super()._repr_mimebundle_()
        data, metadata = shown if isinstance(shown, tuple) else (shown, {})
        # Our extension shows this one: the bars, or the words where the bars are no more.
        return {**data, _VIEW: data[_WIDGET], **words}, metadata

    def _repr_mimebundle_(self, **_options: Any) -> Any:
        return self._bundle()[0]

    def _ipython_display_(self) -> None:
        self._is_shown = True
        self._show(update=False)
        self._changed.set()

    def __repr__(self) -> str:
        return f"<progress of {picture.headline(self._outline())}>"


class _Row:
    """The name of a function, a bar, and the number of its tasks in words."""

    def __init__(self) -> None:
        self._name = ipywidgets.Label(layout={"width": "16em"})
        self._bar = ipywidgets.IntProgress(layout={"width": "18em"})
        self._words = ipywidgets.Label()
        self.widget = ipywidgets.HBox([self._name, self._bar, self._words])

    def show(self, box: Box) -> None:
        """Show how far a function is."""
        ended = sum(box.count(state) for state in ShownState if state.is_final)
        failed = box.count(ShownState.FAILED)
        # A label sets what looks like a formula, which a name is not.
        self._name.value = picture.one_line(box.name).translate({ord("$"): "＄", ord("\\"): "＼"})
        self._bar.max, self._bar.value = box.total, ended
        self._bar.bar_style = "danger" if failed else "success" if ended == box.total else ""
        told = (ShownState.RUNNING, ShownState.SENT, ShownState.FAILED)
        words = [f"{ended:,} of {box.total:,}"]
        words += [f"{box.count(state):,} {state}" for state in told if box.count(state)]
        self._words.value = ", ".join(words)
