"""Brings what tasks print and display to the notebook cell that submitted them."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TextIO

from eflows_nb.engine.outputs import Clear, Display, Output, Text
from eflows_nb.notebook.areas import OutputArea, area_of, flush
from eflows_nb.runtime.session import Session
from eflows_nb.tasks.events import Event, TaskCleared, TaskDisplay, TaskOutput, WaitEnded

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
            kernel.shell.events.register("post_run_cell", _flush)

    def _begin_cell(self, _info: Any = None) -> None:
        origin = max(self._session.origin, 0) + 1
        self._session.origin = origin
        self._parents[origin] = self._kernel.get_parent("shell")
        while len(self._parents) > _CELLS_REMEMBERED:
            self._parents.popitem(last=False)

    def __call__(self, events: Sequence[Event]) -> None:
        """Show what tasks wrote and displayed."""
        for event in events:
            if type(event) is TaskOutput:
                self._show(event.origin, Text(1 if event.stream == "stdout" else 2, event.text))
            elif type(event) is TaskDisplay:
                self._show(event.origin, Display(event.data, event.metadata, event.place, event.new))
            elif type(event) is TaskCleared:
                self._show(event.origin, Clear(event.wait))
            elif type(event) is WaitEnded:
                flush()  # what follows may be the error of the cell that has waited

    def _show(self, origin: int, output: Output) -> None:
        area = self._area(origin)
        if area is not None:
            area.put(output)
        elif type(output) is Text:
            _write(sys.stdout if output.stream == 1 else sys.stderr, output.text)
        elif type(output) is Display:
            _write(sys.stdout, f"{output.data.get('text/plain', '')}\n")

    def _area(self, origin: int) -> OutputArea | None:
        parent = self._parents.get(origin)
        return None if parent is None else area_of(self._kernel, parent)


def _write(stream: TextIO | None, text: str) -> None:
    """Write to a stream of this process, as far as it takes that; the rest must go on."""
    if stream is None:  # the program was started without one
        return
    with suppress(OSError, ValueError):  # nobody reads it any more, or it is closed
        try:
            stream.write(text)
        except UnicodeEncodeError as error:
            stream.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))
        stream.flush()


def _flush(_result: Any = None) -> None:
    flush()
