"""Brings what tasks print to the notebook cell that submitted them."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from eflows_nb.runtime.session import Session
from eflows_nb.tasks.events import Event, TaskOutput

__all__ = ["TaskOutputView"]

_CELLS_REMEMBERED = 1000


class TaskOutputView:
    """An observer that shows the output of tasks.

    In a Jupyter kernel it goes to the cell whose execution submitted the task, also when that has ended;
    elsewhere to the standard output and error of this process.
    """

    def __init__(self, session: Session, kernel: Any) -> None:
        self._session = session
        self._kernel = kernel
        self._parents: OrderedDict[int, Any] = OrderedDict()
        if kernel is not None:
            self._begin_cell()
            kernel.shell.events.register("pre_run_cell", self._begin_cell)

    def _begin_cell(self, _info: Any = None) -> None:
        origin = max(self._session.origin, 0) + 1
        self._session.origin = origin
        self._parents[origin] = self._kernel.get_parent("shell")
        while len(self._parents) > _CELLS_REMEMBERED:
            self._parents.popitem(last=False)

    def __call__(self, events: Sequence[Event]) -> None:
        """Show what tasks wrote."""
        for event in events:
            if type(event) is TaskOutput:
                self._show(event)

    def _show(self, event: TaskOutput) -> None:
        parent = self._parents.get(event.origin)
        if parent is None:
            stream = sys.stdout if event.stream == "stdout" else sys.stderr
            stream.write(event.text)
            stream.flush()
            return
        self._kernel.session.send(
            self._kernel.iopub_socket,
            "stream",
            {"name": event.stream, "text": event.text},
            parent=parent,
            ident=f"stream.{event.stream}".encode(),
        )
