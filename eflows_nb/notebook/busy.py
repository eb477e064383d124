"""Lets a kernel be seen as busy while a cell runs, whatever else it answers meanwhile."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["BusyStatus"]

_KNOWN_TO_SAY_NOTHING = frozenset({"comm_info_request", "debug_request", "kernel_info_request"})


class BusyStatus:
    """Says that a kernel is busy again, after an idle of another request than that of the cell that runs.

    JupyterLab and the server, which ends kernels that are idle for long, believe the last status of a kernel,
    whichever request it belongs to; those few excepted that they know. For every widget in a notebook, a
    progress bar among them, JupyterLab makes a subshell and speaks over it, and the kernel is busy and idle
    for that while a cell runs.

    Parameters
    ----------
    kernel
        The Jupyter kernel; it may be running a cell already.
    """

    def __init__(self, kernel: Any) -> None:
        self._lock = threading.Lock()
        self._running = _runs_a_cell(kernel)
        self._send = kernel.session.send
        kernel.session.send = self._publish

    def _publish(self, stream: Any, message: Any, *args: Any, **options: Any) -> Any:
        """Send a message of the kernel, as its session does."""
        if message != "status":
            return self._send(stream, message, *args, **options)
        with self._lock:  # or the end of the cell could overtake what is said here
            sent = self._send(stream, message, *args, **options)
            if self._hides_the_cell(*args, **options):
                # As a message of no request, since a front end may note when a cell has become busy.
                ident = options.get("ident")
                self._send(stream, "status", {"execution_state": "busy"}, parent={}, ident=ident)
            return sent

    def _hides_the_cell(self, content: Any, parent: Any = None, *_: Any, **__: Any) -> bool:
        """Take notice of a status; return whether a kernel that runs a cell looks idle by it."""
        header = (parent or {}).get("header", {})
        kind, state = header.get("msg_type", ""), content["execution_state"]
        if kind == "execute_request" and not header.get("subshell_id"):
            self._running = state == "busy"
            return False
        return self._running and state == "idle" and kind not in _KNOWN_TO_SAY_NOTHING


def _runs_a_cell(kernel: Any) -> bool:
    parent = kernel.get_parent("shell") or {}
    is_cell = parent.get("header", {}).get("msg_type") == "execute_request"
    # The parent stays when the cell has ended, the result of the cell does not.
    return is_cell and getattr(kernel.shell.displayhook, "exec_result", None) is not None
