"""A real kernel whose cells are run one by one, as a front end does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel


class FrontEnd:
    """Sends cells to a kernel, and hears what it publishes."""

    def __init__(self, client: BlockingKernelClient, folder: Path) -> None:
        self.folder = folder
        self.heard: list[Any] = []
        self._client = client

    def send(self, code: str, *, cell: str = "") -> str:
        """Send a cell; return the id of the request. Live front ends send the id of the cell too."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        message = self._client.session.msg(
            "execute_request", content, metadata={"cellId": cell} if cell else {}
        )
        self._client.shell_channel.send(message)
        request: str = message["header"]["msg_id"]
        return request

    def ask_meanwhile(self, kind: str) -> str:
        """Ask something on the control channel, which is answered while a cell runs; return its id."""
        message = self._client.session.msg(kind, {})
        self._client.control_channel.send(message)
        request: str = message["header"]["msg_id"]
        return request

    def hear(self, wanted: Callable[[Any], bool]) -> Any:
        """Listen until a message of this kind comes, and return it."""
        while True:
            message = self._client.get_iopub_msg(timeout=60)
            self.heard.append(message)
            if wanted(message):
                return message

    def wait_for_end(self, request: str) -> None:
        """Listen until a cell has run."""
        self.hear(
            lambda message: (
                message["msg_type"] == "status"
                and message["content"]["execution_state"] == "idle"
                and message["parent_header"]["msg_id"] == request
            )
        )

    def run(self, code: str, *, cell: str = "") -> str:
        """Run a cell to its end; return the id of the request."""
        request = self.send(code, cell=cell)
        self.wait_for_end(request)
        errors = [m["content"]["evalue"] for m in self.heard if m["msg_type"] == "error"]
        assert not errors
        return request

    def text(self, request: str, stream: str = "stdout") -> str:
        """Return what a cell has shown so far."""
        return "".join(
            message["content"]["text"]
            for message in self.heard
            if message["msg_type"] == "stream"
            and message["content"]["name"] == stream
            and message["parent_header"]["msg_id"] == request
        )

    def widgets(self, request: str) -> int:
        """Return how many widgets a cell has shown so far."""
        return sum(
            "application/vnd.jupyter.widget-view+json" in message["content"]["data"]
            for message in self.heard
            if message["msg_type"] == "display_data" and message["parent_header"]["msg_id"] == request
        )


@pytest.fixture(scope="module")
def _kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BlockingKernelClient, Path]]:
    home = tmp_path_factory.mktemp("kernel")
    environment = {**os.environ, "HOME": str(home), "IPYTHONDIR": str(home / "ipython")}
    manager, client = start_new_kernel(kernel_name="python3", env=environment, cwd=str(home))
    try:
        yield client, home
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)


@pytest.fixture
def front_end(_kernel: tuple[BlockingKernelClient, Path]) -> FrontEnd:
    """Give a front end of a kernel that all tests of a module share."""
    return FrontEnd(*_kernel)
