"""A comm that speaks from any thread of a kernel."""

from __future__ import annotations

from typing import Any

import comm
from comm.base_comm import BaseComm
from ipykernel.kernelbase import Kernel

__all__ = ["KernelComm"]


class KernelComm(BaseComm):
    """Sends through the kernel's own socket, and is registered without being opened by a message.

    Parameters
    ----------
    target_name, comm_id
        As of any comm.
    """

    def __init__(self, target_name: str, comm_id: str) -> None:
        super().__init__(target_name=target_name, comm_id=comm_id, primary=False)
        comm.get_comm_manager().register_comm(self)

    def parent(self, kernel: Kernel) -> Any:
        """Return the request that what is sent belongs to: none, and so no cell."""
        return {}

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
            parent=self.parent(kernel),
            ident=self.topic,
            buffers=buffers,
        )
