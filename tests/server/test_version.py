"""The server says which eflows-nb it runs."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any


def test_the_version_is_told(server: Any) -> None:
    """It is that of the installed package."""
    assert server.ask("GET", "eflows/version") == (200, {"version": version("eflows-nb")})


def test_a_stranger_is_told_nothing(server: Any) -> None:
    """Every address asks for the server's own authentication."""
    for method, path in (
        ("GET", "eflows/version"),
        ("GET", "eflows/clusters"),
        ("DELETE", "eflows/clusters/eflows-ab12"),
    ):
        assert server.ask(method, path, token=False)[0] == 403
