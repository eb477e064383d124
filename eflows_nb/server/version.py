"""Which eflows-nb a server runs."""

from __future__ import annotations

from importlib.metadata import version
from typing import TypedDict

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler

__all__ = ["VersionHandler", "VersionModel"]


class VersionModel(TypedDict):
    """The answer: the version of the package."""

    version: str


class VersionHandler(APIHandler):
    """``GET eflows/version``."""

    auth_resource = "eflows"

    @tornado.web.authenticated
    @authorized
    def get(self) -> None:
        """Answer with the version of the installed package."""
        self.finish(VersionModel(version=version("eflows-nb")))
