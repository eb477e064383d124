"""A Jupyter server with our extension."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest


class Server:
    """Asks a running Jupyter server, with its token or without."""

    def __init__(self, running: Any) -> None:
        self.running = running

    def ask(self, method: str, path: str, *, token: bool = True, body: Any = None) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        request = urllib.request.Request(
            f"{self.running.url}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.running.token}"} if token else {},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            error.read()
            return error.code, None

    def text(self, path: str) -> str:
        """Return the text of an answer."""
        request = urllib.request.Request(
            f"{self.running.url}/{path}", headers={"Authorization": f"token {self.running.token}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text: bytes = answer.read()
        return text.decode()


@pytest.fixture(scope="session")
def server(start_jupyter: Callable[..., Any]) -> Server:
    """Give a server whose settings have nothing but our extension."""
    return Server(start_jupyter("jupyter_server"))
