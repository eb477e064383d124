"""The comm of a widget that is heard while a cell runs."""

from __future__ import annotations

from typing import Any

from ipykernel.kernelbase import Kernel

from eflows_nb.notebook.kernel_comm import KernelComm

__all__ = ["WidgetComm", "be_heard"]


class WidgetComm(KernelComm):
    """Stands in the place of ipykernel's comm, in a widget that both have opened already.

    ipykernel 7 hands what a page says on a comm of its own to whoever spoke on it last, which is a cell, so
    that it waits for the end of that cell, also when the page has sent it over a subshell.
    """

    def __init__(self, opened: Any) -> None:
        self._opened = opened  # which would tell that it is closed if it went
        super().__init__(target_name=opened.target_name, comm_id=opened.comm_id)

    def parent(self, kernel: Any) -> Any:
        """Return the request of the cell that runs."""
        return kernel.get_parent("shell")


def be_heard(widget: Any) -> None:
    """Let what pages say to a widget arrive while a cell runs, where front ends send it over a subshell."""
    if widget.comm is not None and Kernel.initialized():
        widget.comm = WidgetComm(widget.comm)
