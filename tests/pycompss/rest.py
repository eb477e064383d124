"""The web service that PyCOMPSs' test program for ``@http`` asks; theirs is in Java."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

__all__ = ["serving"]


class _Answers(BaseHTTPRequestHandler):
    """Answers as the service beside the program does."""

    def do_GET(self) -> None:
        """Tell of the last part of the path."""
        _, _, word, *rest = unquote(self.path).rstrip("/").split("/")
        message = rest[0] if rest else ""
        inner = {"depth_1": "one", "message": message}
        self._send(
            {
                "dummy": "it_works",
                "get_length": str(len(message)),
                "print_message": json.dumps(message),
                "produce_format": json.dumps(
                    {"depth_0": "zero", "length": len(message), "child_json": inner}
                ),
            }[word]
        )

    def do_POST(self) -> None:
        """Send back what came."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._send("post_works" if self.path.rstrip("/").endswith("/post") else body)

    def _send(self, text: str) -> None:
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[str]:
    """Give the address of the service, which is on this machine only."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/test"
        server.shutdown()
