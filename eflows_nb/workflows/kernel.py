"""The Jupyter kernel of a headless run: which Python it is, and requests that carry cell metadata."""

from __future__ import annotations

import sys
from typing import Any

import zmq
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager

__all__ = ["CellClient", "kernel_manager"]

_OWN = frozenset({"", "python", "python3"})


class CellClient(AsyncKernelClient):
    """A client that sends the metadata of a cell with its execute request, as JupyterLab does."""

    cell_metadata: dict[str, Any] = {}  # noqa: RUF012  # replaced for each cell, never written to

    def execute(
        self,
        code: str,
        silent: bool = False,
        store_history: bool = True,
        user_expressions: dict[str, Any] | None = None,
        allow_stdin: bool | None = None,
        stop_on_error: bool = True,
    ) -> str:
        """Send code, and `cell_metadata` with it; return the identity of the request."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": user_expressions or {},
            "allow_stdin": self.allow_stdin if allow_stdin is None else allow_stdin,
            "stop_on_error": stop_on_error,
        }
        request = self.session.msg("execute_request", content, metadata=self.cell_metadata)
        self.shell_channel.send(request)
        return str(request["header"]["msg_id"])


class _OwnPython(KernelSpecManager):
    """Kernels by name, ``python3`` being the interpreter of this process.

    Without this a ``python3`` of the user's folder, made for another environment, would win over the
    environment whose command was typed.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel of this name; this interpreter where the name is common or not installed."""
        if kernel_name not in _OWN:
            try:
                return super().get_kernel_spec(kernel_name)
            except NoSuchKernel:
                self.log.debug("Kernel %r is not installed; %s takes its place.", kernel_name, sys.executable)
        return KernelSpec(**get_kernel_dict())


def kernel_manager(kernel_name: str, *, is_python: bool) -> AsyncKernelManager:
    """Return the manager of a kernel that is not started yet.

    Parameters
    ----------
    kernel_name
        Name that the notebook asks for. For a Python notebook ``python3``, no name and names that are
        not installed mean the interpreter of this process, activated or not.
    is_python
        Whether the notebook is in Python.
    """
    specs = _OwnPython() if is_python else KernelSpecManager()
    manager = AsyncKernelManager(kernel_name=kernel_name or "python3", kernel_spec_manager=specs)
    manager.client_factory = CellClient
    # Other users of a login node share its loopback interface.
    if manager.has_trait("transport_encryption") and zmq.has("curve"):
        manager.transport_encryption = "auto"
    return manager
