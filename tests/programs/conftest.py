"""Decorators above task functions, where tasks run at the call, and on a real engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import eflows_nb as ef


@pytest.fixture(scope="module", params=["inline", pytest.param("engine", marks=pytest.mark.engines)])
def cluster(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the tests of a module without engines, then with one."""
    ef.stop()
    if request.param == "engine":
        ef.start(engines=1)
    yield request.param
    ef.stop()


@pytest.fixture
def service() -> Iterator[str]:
    """Serve what was asked for and sent, as JSON; below ``/text`` as plain text. Return the address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            plain = self.path.startswith("/text")
            self._say(self.path.encode() if plain else b'{"path": "%s"}' % self.path.encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._say(b'{"sent": %s, "of": {"size": %d}}' % (body, len(body)))

        def _say(self, text: bytes) -> None:
            self.send_response(404 if self.path == "/nowhere" else 200)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
