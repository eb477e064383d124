"""What a cell displays while it runs as a task: values, figures, and its last expression."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from typing import Any

from eflows_nb.engine.outputs import Clear, Display, Text
from eflows_nb.engine.publisher import TaskPublisher
from eflows_nb.notebook.areas import OutputArea, area_named
from eflows_nb.notebook.cells.figures import Look, looking, showing_figures
from eflows_nb.notebook.cells.program import Shown

__all__ = ["show", "showing"]


@contextmanager
def showing(shown: Shown, area: str, look: Look | None) -> Iterator[None]:
    """Let what is displayed in this block, open figures included, come to its cell while it runs.

    On an engine the client is told of it, in the process of the notebook it goes there at once. On the ranks
    of MPI and in a terminal it is collected.

    Parameters
    ----------
    area
        Name of the cell's output area.
    look
        How figures look in the notebook.
    """
    shell = _shell()
    if shell is None:
        yield
        return
    here = area_named(area)
    publisher = shell.display_pub
    if here is not None:
        shown.told = area
        with _in_area(here, shell, shown), showing_figures():
            yield
    elif isinstance(publisher, TaskPublisher):
        shown.told = area
        recording = publisher.recording(shown.bundles) if publisher.saving else nullcontext()
        figures = showing_figures(shown=look is None or look.shown, close=True)
        with looking(look), recording, figures:
            yield
    else:
        with _collected(shell, shown), looking(look), showing_figures():
            yield


def show(value: Any) -> None:
    """Display the value of a last expression, None excepted."""
    shell = _shell()
    if value is None or shell is None:
        return
    data, metadata = shell.display_formatter.format(value)
    if data:
        shell.display_pub.publish(data, metadata)


def _shell() -> Any:
    if "IPython" not in sys.modules:
        return None
    from IPython.core.interactiveshell import InteractiveShell

    return InteractiveShell.instance() if InteractiveShell.initialized() else None


@contextmanager
def _in_area(area: OutputArea, shell: Any, shown: Shown) -> Iterator[None]:
    """Bring what is printed and displayed here to an output area, also when another cell runs now."""

    def put(output: Display | Clear) -> bool:
        area.put(output)
        return True

    before = shell.display_pub
    publisher = shell.display_pub = TaskPublisher(before, put, widgets=True)
    streams = redirect_stdout(_Stream(area, 1)), redirect_stderr(_Stream(area, 2))
    try:
        with streams[0], streams[1], publisher.recording(shown.bundles):
            yield
    finally:
        shell.display_pub = before


@contextmanager
def _collected(shell: Any, shown: Shown) -> Iterator[None]:
    """Collect what is displayed here."""
    before = shell.display_pub
    publisher = shell.display_pub = TaskPublisher(before, lambda _: True, widgets=False)
    try:
        with publisher.recording(shown.bundles):
            yield
    finally:
        shell.display_pub = before


class _Stream(io.TextIOBase):
    """A stream that writes to an output area."""

    encoding = "utf-8"

    def __init__(self, area: OutputArea, number: int) -> None:
        self._area = area
        self._number = number

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Show text in the area."""
        self._area.put(Text(self._number, text))
        return len(text)
