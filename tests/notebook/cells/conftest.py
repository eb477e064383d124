"""Notebooks whose cells run one by one: in this process, and in a real Jupyter kernel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

import eflows_nb as ef
from eflows_nb.notebook.cells import extension


class Notebook:
    """A notebook in this process."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.cells = extension.load(shell)

    def run(self, code: str) -> Any:
        """Run a cell; return its value."""
        done = self.shell.run_cell(code, store_history=True)
        done.raise_error()
        return done.result

    def error(self, code: str) -> BaseException:
        """Run a cell, and return the error that ends it."""
        done = self.shell.run_cell(code, store_history=True)
        error = done.error_in_exec or done.error_before_exec
        assert error is not None
        return error

    def values(self, *names: str) -> dict[str, Any]:
        """Return the values of names, waited for."""
        self.cells.pending.settle(names)
        return {name: self.shell.user_ns[name] for name in names if name in self.shell.user_ns}


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    """Return an empty notebook with task cells; its tasks run in this process."""
    with suppress(Exception):  # what failed in other tests is theirs
        ef.barrier()
    shell = InteractiveShell.instance()
    try:
        yield Notebook(shell)
    finally:
        extension.unload()
        InteractiveShell.clear_instance()


class Kernel:
    """A Jupyter kernel, and what it answers to cells."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.heard: list[Any] = []
        self._manager = manager
        self._client = client

    def interrupt(self) -> None:
        """Interrupt the cell that runs."""
        self._manager.interrupt_kernel()

    def send(self, code: str, *, cell: str = "cell", **metadata: Any) -> str:
        """Send a cell as a live front end does, or, with an empty id, as others do."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        sent = {"cellId": cell, **metadata} if cell else {}
        message = self._client.session.msg("execute_request", content, metadata=sent)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def run(self, code: str, *, cell: str = "cell", **metadata: Any) -> str:
        """Run a cell; return the id of the request."""
        request = self.send(code, cell=cell, **metadata)
        self.hear(
            lambda message: (
                message["msg_type"] == "status"
                and message["content"]["execution_state"] == "idle"
                and message["parent_header"].get("msg_id") == request
            )
        )
        return request

    def hear(self, wanted: Callable[[Any], bool]) -> Any:
        """Listen until a message of this kind comes, if none has come."""
        for message in self.heard:
            if wanted(message):
                return message
        while True:
            message = self.hear_more()
            if wanted(message):
                return message

    def hear_more(self) -> Any:
        """Listen until a message comes, and return it."""
        message = self._client.get_iopub_msg(timeout=60)
        self.heard.append(message)
        return message

    def reply(self, request: str) -> str:
        """Return how the kernel replied to a request: ``ok`` or ``error``."""
        while True:
            message = self._client.get_shell_msg(timeout=60)
            if message["parent_header"].get("msg_id") == request:
                return str(message["content"]["status"])

    def of(self, request: str, kind: str) -> list[Any]:
        """Return what a cell has published so far of this kind."""
        return [
            message["content"]
            for message in self.heard
            if message["msg_type"] == kind and message["parent_header"].get("msg_id") == request
        ]

    def text(self, request: str) -> str:
        """Return all text that a cell has shown so far."""
        shown = [content["text"] for content in self.of(request, "stream")]
        for kind in ("display_data", "update_display_data", "execute_result"):
            shown += [content["data"].get("text/plain", "") for content in self.of(request, kind)]
        return "\n".join(shown)


@pytest.fixture(scope="module")
def _started(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    home = tmp_path_factory.mktemp("kernel")
    environment = {**os.environ, "HOME": str(home), "IPYTHONDIR": str(home / "ipython")}
    manager, client = start_new_kernel(kernel_name="python3", env=environment, cwd=str(home))
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)


@pytest.fixture
def kernel(_started: tuple[KernelManager, BlockingKernelClient]) -> Kernel:
    """Return a kernel that all tests of a module share, with task cells."""
    found = Kernel(*_started)
    found.run("%load_ext eflows_nb")
    return found
