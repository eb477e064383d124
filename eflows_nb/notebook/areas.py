"""The output areas of cells, and what tasks show there: in order, and not faster than a page takes it."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections import OrderedDict
from typing import Any

from eflows_nb.engine.output import MORE
from eflows_nb.engine.outputs import Clear, Display, Error, Output, OutputQueue, Room, Text
from eflows_nb.notebook.progress import BATCH

__all__ = ["TEXT", "OutputArea", "area_named", "area_of", "flush"]

TEXT = 32 << 20
"""Characters of text that a cell shows of its tasks."""

_AREAS = 1000
_PERIOD = 0.1
_RATE = 700_000  # below what a Jupyter server lets through: a megabyte a second of text
_BURST = 1_500_000
_MESSAGE = 4_000  # what a message costs besides its text
_DISPLAYED = 4  # text is dearer for a page than as much of an image

logger = logging.getLogger(__name__)


class OutputArea:
    """Where an execution of a cell shows things, also when the cell has long ended.

    Parameters
    ----------
    kernel
        The Jupyter kernel.
    parent
        The request that the kernel runs the cell for.
    """

    def __init__(self, kernel: Any, parent: Any) -> None:
        self.name = uuid.uuid4().hex
        """Finds it in this process."""
        self.kernel = kernel
        self.paced = "cellId" in (parent or {}).get("metadata", {}) and not os.environ.get(BATCH)
        """Whether a page shows it, which takes only so much a second; others would wait for it in vain."""
        self.queue = OutputQueue()
        self.next = 0.0
        """When something may be sent again."""
        self.stays: Display | None = None
        """What stays when its task clears it; None where nothing can be cleared."""
        self._parent = parent
        self._room = Room()
        self._text = 0
        self._told: set[str] = set()
        self._clears = False

    def put(self, output: Output) -> None:
        """Show what a task has shown, as far as there is room."""
        with _outbox.lock:
            if type(output) is Clear:
                if self.stays is not None:
                    self._room.clear()
                    self._clears = True
                    if not output.wait:
                        self._clear()
                        _outbox.post(self)
                return
            refused = self._refused(output)
            if refused:
                if refused in self._told:
                    return
                self._told.add(refused)
                output = Text(2, refused)
            if self._clears:
                self._clear()
            self.queue.put(output)
            _outbox.post(self)

    def show(self, output: Display | Error) -> None:
        """Show what is there in any case."""
        with _outbox.lock:
            self.queue.put(output)
            _outbox.post(self)

    def _clear(self) -> None:
        self._clears = False
        if self.stays is not None:
            self.queue.put(Clear(wait=True))
            self.queue.put(self.stays)

    def _refused(self, output: Output) -> str:
        """Return why something is not shown, empty when it is."""
        if type(output) is Text:
            self._text += len(output.text)
            return f"\n[A cell shows {TEXT >> 20} MiB of text of its tasks; the rest is not shown.]\n" * (
                self._text > TEXT
            )
        if type(output) is Display and not self._room.takes(output):
            return f"\n[More outputs are not shown. {MORE}]\n"
        return ""

    def send(self, output: Output) -> int:
        """Send an output; return what it costs."""
        content: dict[str, Any]
        if type(output) is Text:
            name = "stdout" if output.stream == 1 else "stderr"
            self._send("stream", {"name": name, "text": output.text}, f"stream.{name}")
            return _MESSAGE + len(output.text)
        if type(output) is Clear:
            self._send("clear_output", {"wait": output.wait})
        elif type(output) is Error:
            content = {"ename": output.kind, "evalue": output.text, "traceback": list(output.lines)}
            self._send("error", content)
        elif type(output) is Display:
            transient = {"display_id": output.place} if output.place else {}
            content = {"data": output.data, "metadata": output.metadata, "transient": transient}
            self._send("display_data" if output.new else "update_display_data", content)
            return _MESSAGE + output.size // _DISPLAYED
        return _MESSAGE

    def _send(self, kind: str, content: dict[str, Any], ident: str = "") -> None:
        try:
            self.kernel.session.send(
                self.kernel.iopub_socket, kind, content, parent=self._parent, ident=(ident or kind).encode()
            )
        except Exception:
            logger.exception("Something that a task has shown could not be sent.")


def area_of(kernel: Any, parent: Any) -> OutputArea:
    """Return the output area of the cell that a request executes; for the same request it is the same one."""
    message = str((parent or {}).get("header", {}).get("msg_id", ""))
    with _outbox.lock:
        area = _areas.get(message)
        if area is None or area.kernel is not kernel:
            area = _areas[message] = OutputArea(kernel, parent)
            _names[area.name] = area
            while len(_areas) > _AREAS:
                _, old = _areas.popitem(last=False)
                del _names[old.name]
        return area


def area_named(name: str) -> OutputArea | None:
    """Return the output area of this name; None when it is not of this process."""
    return _names.get(name)


def flush() -> None:
    """Send what waits for the next moment only; a page gets the rest as fast as it takes it."""
    with _outbox.lock:
        _outbox.send_all(now=True)


class _Outbox:
    """Sends what output areas hold, each ten times a second at most, and together not too much."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._waiting: dict[OutputArea, None] = {}
        self._thread: threading.Thread | None = None
        self._allowed = float(_BURST)
        self._counted = 0.0

    def post(self, area: OutputArea) -> None:
        """Send what an area holds, now or later."""
        if time.monotonic() >= area.next and area not in self._waiting:
            self._send(area)
        if area.queue:
            self._waiting[area] = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="eflows-outputs", daemon=True)
                self._thread.start()

    def send_all(self, *, now: bool = False) -> None:
        """Send what is due, of all areas in turn."""
        for area in list(self._waiting):
            if now or time.monotonic() >= area.next:
                del self._waiting[area]
                self._send(area)
                if area.queue:
                    self._waiting[area] = None

    def _send(self, area: OutputArea) -> None:
        while area.queue and (not area.paced or self._may_send()):
            cost = area.send(area.queue.pop())
            self._allowed -= cost * area.paced
        area.next = time.monotonic() + _PERIOD

    def _may_send(self) -> bool:
        now = time.monotonic()
        self._allowed = min(_BURST, self._allowed + (now - self._counted) * _RATE)
        self._counted = now
        return self._allowed > 0

    def _run(self) -> None:
        while True:
            time.sleep(_PERIOD)
            with self.lock:
                self.send_all()
                if not self._waiting:
                    self._thread = None
                    return


_outbox = _Outbox()
_areas: OrderedDict[str, OutputArea] = OrderedDict()
_names: dict[str, OutputArea] = {}
