"""``ef.progress()``: a bar for each task function."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets

from eflows_nb.notebook import picture
from eflows_nb.notebook.front_end import shows_widgets
from eflows_nb.notebook.graph_feed import GraphFeed
from eflows_nb.notebook.outline import Box, Outline, outline
from eflows_nb.runtime import session as sessions
from eflows_nb.tasks.events import Event
from eflows_nb.tasks.state import TaskState

if TYPE_CHECKING:
    from eflows_nb.runtime.session import Session

__all__ = ["ProgressBars", "progress"]

_SHOWN = 20
_PERIOD, _SHARE, _LONGEST = 0.4, 0.01, 10.0

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
    """A bar for each of the task functions with most tasks, from a thread, so also while a cell runs."""

    def __init__(self, session: Session) -> None:
        self.closed = False
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
            self._changed.wait()
            self._changed.clear()
            self._update()
            # A bar need not move by less than a hundredth; and nobody may look any more.
            pause.wait(min(max(_PERIOD, (time.monotonic() - began) * _SHARE), _LONGEST))
        self._end()
        self._feed.close()

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

    def _repr_mimebundle_(self, **options: Any) -> Any:
        text = picture.text(self._outline())
        if self.comm is None:
            return {"text/plain": text}
        self._update()
        return {**super()._repr_mimebundle_(**options), "text/plain": text}

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
        ended = sum(box.count(state) for state in TaskState if state.is_final)
        failed = box.count(TaskState.FAILED)
        # A label sets what looks like a formula, which a name is not.
        self._name.value = picture.one_line(box.name).translate({ord("$"): "＄", ord("\\"): "＼"})
        self._bar.max, self._bar.value = box.total, ended
        self._bar.bar_style = "danger" if failed else "success" if ended == box.total else ""
        running = box.count(TaskState.RUNNING)
        words = [f"{ended:,} of {box.total:,}"]
        words += [f"{running:,} running"] if running else []
        words += [f"{failed:,} failed"] if failed else []
        self._words.value = ", ".join(words)
