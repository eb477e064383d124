"""Where a cell shows things: its output area, which a message can reach when the cell has long ended."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

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
        self._kernel = kernel
        self._parent = kernel.get_parent("shell") if kernel is not None else None

    def show(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        place: str = "",
        new: bool = True,
    ) -> None:
        """Show a mime bundle.

        Parameters
        ----------
        place
            Name under which it can be replaced.
        new
            Whether it is shown in addition, and not in the place of that name.
        """
        content = {
            "data": data,
            "metadata": metadata or {},
            "transient": {"display_id": place} if place else {},
        }
        if self._kernel is None:
            if new:
                print(data.get("text/plain", ""), file=sys.stdout)
            return
        self._send("display_data" if new else "update_display_data", content)

    def show_error(self, kind: str, text: str, lines: Sequence[str]) -> None:
        """Show an exception as the error of the cell."""
        if self._kernel is None:
            print("\n".join(lines), file=sys.stderr)
            return
        self._send("error", {"ename": kind, "evalue": text, "traceback": list(lines)})

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        self._kernel.session.send(
            self._kernel.iopub_socket, kind, content, parent=self._parent, ident=kind.encode()
        )
