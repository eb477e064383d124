"""The bar of a wait that lasts, in the output of the cell that waits."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

__all__ = ["WaitBar"]

_PERIOD, _SHARE, _LONGEST = 0.4, 0.01, 10.0
_EMPTY = {"text/plain": "", "text/html": ""}


class WaitBar:
    """A bar as a mime bundle that is replaced, and empty when the wait is over.

    A widget would stay in the notebook when its model has gone, and a page that is loaded anew shows nothing
    else of it than a broken one.

    Parameters
    ----------
    kernel
        The Jupyter kernel.
    parent
        The request to execute the cell that waits.
    done, total
        How many tasks have ended, and how many are waited for.
    """

    def __init__(self, kernel: Any, parent: Any, done: int, total: int) -> None:
        self._kernel = kernel
        self._parent = parent
        self._place = f"eflows-{uuid.uuid4().hex[:12]}"
        self._using = threading.Lock()
        self._changed = threading.Event()
        self._over = threading.Event()
        self._numbers = (done, total)
        self._send("display_data", _bundle(done, total))
        threading.Thread(target=self._follow, name="eflows-wait", daemon=True).start()

    def show(self, done: int, total: int) -> None:
        """Show how far the wait is, soon."""
        self._numbers = (done, total)
        self._changed.set()

    def close(self) -> None:
        """Leave nothing behind."""
        with self._using:
            if not self._over.is_set():
                self._over.set()
                self._changed.set()
                self._send("update_display_data", _EMPTY, metadata={})

    def _follow(self) -> None:
        began = time.monotonic()
        while not self._over.is_set():
            self._changed.wait()
            self._changed.clear()
            with self._using:
                if not self._over.is_set():
                    self._send("update_display_data", _bundle(*self._numbers))
            # A bar need not move by less than a hundredth; and nobody may look any more.
            self._over.wait(min(max(_PERIOD, (time.monotonic() - began) * _SHARE), _LONGEST))

    def _send(self, kind: str, data: dict[str, str], *, metadata: dict[str, Any] | None = None) -> None:
        # By this a page knows what was left by a kernel that has ended.
        about = {"eflows": {"version": 1, "wait": True}} if metadata is None else metadata
        content = {"data": data, "metadata": about, "transient": {"display_id": self._place}}
        self._kernel.session.send(
            self._kernel.iopub_socket, kind, content, parent=self._parent, ident=kind.encode()
        )


def _bundle(done: int, total: int) -> dict[str, str]:
    text = f"Waiting for tasks: {done:,} of {total:,} ended"
    return {
        "text/plain": text,
        "text/html": f'<div class="eflows-wait"><progress value="{done}" max="{max(total, 1)}" '
        f'style="vertical-align: middle; width: 18em"></progress> {text}</div>',
    }
