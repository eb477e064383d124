"""Where a cell shows things: its output area, which a message can reach when the cell has long ended."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from eflows_nb.engine.outputs import Display, Error
from eflows_nb.notebook.areas import area_of
from eflows_nb.notebook.progress import BATCH

__all__ = ["Client", "Page", "client_of"]


class Client(StrEnum):
    """Who runs the cells."""

    LIVE = "live"
    """A front end with a person before it; it sends the metadata of cells."""
    RUN = "run"
    """A headless run of ours, which waits for tasks at its end."""
    PLAIN = "plain"
    """A client that sends no metadata and ends the kernel after the last cell."""
    TERMINAL = "terminal"
    """IPython in a terminal, or a test: no kernel."""


def client_of(kernel: Any) -> Client:
    """Return who sent the cell that this kernel runs."""
    if kernel is None:
        return Client.TERMINAL
    metadata = (kernel.get_parent("shell") or {}).get("metadata", {})
    if "cellId" not in metadata:
        return Client.PLAIN
    return Client.RUN if os.environ.get(BATCH) else Client.LIVE


class Page:
    """The output area of the cell that runs now.

    Parameters
    ----------
    kernel
        The Jupyter kernel, None in a terminal.
    """

    def __init__(self, kernel: Any) -> None:
        self._name = uuid.uuid4().hex
        self._area = area_of(kernel, kernel.get_parent("shell")) if kernel is not None else None
        self._place = f"eflows-{uuid.uuid4().hex[:12]}"
        self._has_card = False

    @property
    def area(self) -> str:
        """Name of the output area, by which tasks of this process find it; in a terminal there is none."""
        return self._area.name if self._area is not None else self._name

    @property
    def can_be_changed(self) -> bool:
        """Whether what is shown can be replaced."""
        return self._area is not None

    def show(self, data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        """Show a mime bundle of ours."""
        if self._area is None:
            print(data.get("text/plain", ""), file=sys.stdout)
        else:
            self._area.show(Display(data, metadata or {}))

    def show_card(self, data: dict[str, Any], metadata: dict[str, Any], *, single: bool) -> None:
        """Show the card of a task cell, in the place of the one before.

        Parameters
        ----------
        single
            Whether the cell has one task, which may take away everything but the card.
        """
        new, self._has_card = not self._has_card, True
        if self._area is not None:
            self._area.stays = Display(data, metadata, self._place) if single else None
            self._area.show(Display(data, metadata, self._place, new))
        elif new:
            self.show(data)

    def put(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Show what a task has displayed, as far as there is room."""
        if self._area is None:
            self.show(data)
        else:
            self._area.put(Display(data, metadata))

    def show_error(self, kind: str, text: str, lines: Sequence[str]) -> None:
        """Show an exception as the error of the cell."""
        if self._area is None:
            print("\n".join(lines), file=sys.stderr)
        else:
            self._area.show(Error(kind, text, tuple(lines)))
