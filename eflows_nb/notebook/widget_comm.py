"""The comm of a widget that is heard while a cell runs."""

from __future__ import annotations

from typing import Any

import comm
from comm.base_comm import BaseComm
from ipykernel.kernelbase import Kernel

__all__ = ["WidgetComm", "be_heard"]


class WidgetComm(BaseComm):
    """Stands in the place of ipykernel's comm, in a widget that both have opened already.

    ipykernel 7 hands what a page says on a comm of its own to whoever spoke on it last, which is a cell, so
    that it waits for the end of that cell, also when the page has sent it over a subshell.
    """

    def __init__(self, opened: Any) -> None:
        self._opened = opened  # which would tell that it is closed if it went
        super().__init__(target_name=opened.target_name, comm_id=opened.comm_id, primary=False)
        comm.get_comm_manager().register_comm(self)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        """Send to every page, from any thread."""
        kernel: Any = Kernel.instance()
        kernel.session.send(
            kernel.iopub_socket,
            msg_type,
            {"data": data or {}, "comm_id": self.comm_id, **keys},
            metadata=metadata or {},
            parent=kernel.get_parent("shell"),
            ident=self.topic,
            buffers=buffers,
        )


def be_heard(widget: Any) -> None:
    """Let what pages say to a widget arrive while a cell runs, where front ends send it over a subshell."""
    if widget.comm is not None and Kernel.initialized():
        widget.comm = WidgetComm(widget.comm)
