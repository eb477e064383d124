"""Takes what a task displays, in the place of IPython's display publisher."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from eflows_nb.engine.outputs import Clear, Display

__all__ = ["NO_WIDGETS", "TaskPublisher"]

NO_WIDGETS = (
    "A widget made in a task is not shown: the page cannot reach its model on the engine. "
    "Let the task return the data, and make the widget in a plain cell."
)

_WIDGET = "application/vnd.jupyter.widget-view+json"


class TaskPublisher:
    """A display publisher that tells what a task displays while it runs.

    Parameters
    ----------
    before
        The publisher in whose place this one is; it has what is displayed while no task runs.
    show
        Takes what is displayed; returns False while no task runs.
    widgets
        Whether the page can reach widgets of this process.
    """

    def __init__(self, before: Any, show: Callable[[Display | Clear], bool], *, widgets: bool) -> None:
        self.saving = False
        """Whether what tasks show is kept with their results."""
        self._before = before
        self._show = show
        self._widgets = widgets
        self._record: list[Display] | None = None
        self._clearing = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._before, name)

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: Any = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **others: Any,
    ) -> None:
        """Show a mime bundle."""
        place = str((transient or {}).get("display_id") or "")
        if not self._widgets and _WIDGET in data:
            output = Display({"text/plain": NO_WIDGETS}, {}, place, not update)
        else:
            output = Display.of(data, metadata, place, new=not update)
        if not self._show(output):
            self._before.publish(data, metadata, transient=transient, update=update, **others)
        elif self._record is not None:
            self._note(output)

    def clear_output(self, wait: bool = False) -> None:
        """Take away what was shown before."""
        if not self._show(Clear(wait)):
            self._before.clear_output(wait)
        elif self._record is not None:
            self._clearing = wait
            if not wait:
                self._record.clear()

    @contextmanager
    def recording(self, shown: list[Any]) -> Iterator[None]:
        """Add to a list what stands in the cell after this block, as data and metadata."""
        self._record, self._clearing = [], False
        try:
            yield
        finally:
            record, self._record = self._record, None
            shown += [(output.data, output.metadata) for output in record]

    def _note(self, output: Display) -> None:
        assert self._record is not None
        if self._clearing:
            self._clearing = False
            self._record.clear()
        if output.new:
            self._record.append(output)
            return
        for number, one in enumerate(self._record):
            if one.place and one.place == output.place:
                self._record[number] = one._replace(data=output.data, metadata=output.metadata)
