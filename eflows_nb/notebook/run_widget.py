"""A run as a widget, and as a picture where nothing can run: what is common to live and past runs."""

from __future__ import annotations

import secrets
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from eflows_nb.errors import EflowsError
from eflows_nb.notebook import picture
from eflows_nb.notebook.front_end import shows_widgets
from eflows_nb.notebook.outline import Outline

__all__ = ["RunWidget"]

_WIDGET = "application/vnd.jupyter.widget-view+json"
_VIEW = "application/vnd.eflows.view+json"
_STATIC = Path(__file__).parents[1] / "static"


class RunWidget(anywidget.AnyWidget):
    """The tasks of a run as graph, timeline and table, in every front end that shows widgets.

    Beside the widget stand the same tasks by function as a picture and as text, for pages without a kernel.
    Where nobody looks (a headless run) it is those two alone.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    picture = traitlets.Unicode(read_only=True).tag(sync=True)
    """The run by function as SVG, as it was when it was drawn last."""
    past = traitlets.Bool(read_only=True).tag(sync=True)
    """Whether the run is over: nothing can be asked of it but its journal."""
    height = traitlets.Int().tag(sync=True)
    """In pixels."""

    def __init__(self, *, height: int, past: bool) -> None:
        self._display_id = f"eflows-{secrets.token_hex(8)}"
        self._text = ""
        self.set_trait("past", past)
        super().__init__(height=height)
        self.on_msg(lambda _widget, content, _buffers: self._hear(content))

    @traitlets.default("_esm")
    def _default_esm(self) -> str:
        return _built("run-view.js")

    @traitlets.default("_css")
    def _default_css(self) -> str:
        return _built("run-view.css")

    def open(self) -> None:
        """Let front ends know the widget, if there is one that a person looks at."""
        if self.comm is None and shows_widgets():
            from eflows_nb.notebook.widget_comm import be_heard  # ipykernel is there then

            super().open()
            be_heard(self)

    def _hear(self, request: Any) -> None:
        """Hear what a page asks for; it comes from outside and may be anything."""
        raise NotImplementedError

    def _outline(self) -> Outline:
        """Return the tasks as they are."""
        raise NotImplementedError

    def _draw(self) -> bool:
        """Draw the picture; return whether it is another one than before."""
        outline = self._outline()
        drawn = picture.svg(outline)
        if drawn == self.picture:
            return False
        self._text = picture.text(outline)
        self.set_trait("picture", drawn)
        return True

    def _bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        data: dict[str, Any] = {}
        metadata: dict[str, Any] = {}
        if self.comm is not None:
            data, metadata = super()._repr_mimebundle_() or ({}, {})
            # Our extension shows this one: the widget, or the picture where the widget is no more.
            data[_VIEW] = data[_WIDGET]
        return {**data, "image/svg+xml": self.picture, "text/plain": self._text}, metadata

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        self._draw()
        return self._bundle()

    def _ipython_display_(self) -> None:
        self._draw()
        self._show(update=False)

    def _show(self, *, update: bool) -> None:
        """Show the widget, or let what is shown of it already have the picture of now."""
        data, metadata = self._bundle()
        display: Any = import_module("IPython.display").display
        display(data, metadata=metadata, raw=True, display_id=self._display_id, update=update)

    def __repr__(self) -> str:
        return f"<view of {picture.headline(self._outline())}>"


@cache
def _built(name: str) -> str:
    """Return a file of the front end."""
    try:
        return (_STATIC / name).read_text(encoding="utf-8")
    except FileNotFoundError as missing:
        raise EflowsError(
            f"The run view cannot be shown as a widget: {missing.filename} was not built. "
            "Run `just front` in this checkout, or install a release of eflows-nb."
        ) from missing
