"""Notebooks from one form of task cells to another, for the browser; nothing is read, written or run."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler

from eflows_nb.errors import CellError
from eflows_nb.notebook.cells.conversion import FORMS, convert

__all__ = ["ConvertHandler", "ConvertModel"]


class ConvertModel(TypedDict):
    """The answer: the notebook in the other form."""

    notebook: dict[str, Any]


class ConvertHandler(APIHandler):
    """``POST eflows/convert`` with ``{"notebook": …, "form": "magic" | "metadata" | "function"}``."""

    auth_resource = "eflows"

    @tornado.web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with the notebook in another form; 400 with the reason where that cannot be."""
        asked = self.get_json_body()
        form = asked.get("form") if isinstance(asked, dict) else None
        notebook = asked.get("notebook") if isinstance(asked, dict) else None
        if form not in FORMS or not isinstance(notebook, dict) or not _has_cells(notebook):
            listed = ", ".join(repr(known) for known in FORMS)
            raise tornado.web.HTTPError(400, f"Ask with a 'notebook' of format 4 and a 'form': {listed}.")
        try:
            made = await asyncio.to_thread(convert, notebook, form=form)
        except CellError as error:
            self.set_status(400)
            self.finish({"message": str(error)})
            return
        self.finish(ConvertModel(notebook=made))


def _has_cells(notebook: dict[str, Any]) -> bool:
    cells = notebook.get("cells")
    return isinstance(cells, list) and all(
        isinstance(cell, dict) and "cell_type" in cell and isinstance(cell.get("source"), (str, list))
        for cell in cells
    )
