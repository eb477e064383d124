"""Keeps what the cells of a notebook have shown, for pages that were not there: after a reload."""

from __future__ import annotations

import copy
import logging
import threading
from typing import Any

from eflows_nb.notebook.cells.ledger import CellLedger
from eflows_nb.notebook.first_cell import has_shown_nothing
from eflows_nb.notebook.messages import VERSION, OutputsMessage

__all__ = ["LIMIT", "KeptOutputs"]

LIMIT = 4 << 20
"""Characters a cell whose outputs are kept; those of one that shows more are not."""

_ALL = 64 << 20
_KINDS = frozenset(
    {"stream", "display_data", "update_display_data", "execute_result", "error", "clear_output"}
)

logger = logging.getLogger(__name__)


class KeptOutputs:
    """The outputs of the last execution of each cell, as its kernel publishes them.

    A front end shows them itself as long as its page lives. What comes later, for a cell whose execution has
    ended perhaps, finds nobody after a reload, and neither does what a page had not saved.

    Parameters
    ----------
    ledger
        What is known of the executions of cells.
    """

    def __init__(self, ledger: CellLedger) -> None:
        self._ledger = ledger
        self._cells: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        parent = ledger.kernel.get_parent("shell") or {}
        now = ledger.execution(parent.get("header", {}).get("msg_id", ""))
        if now is not None and not has_shown_nothing(ledger.kernel):
            self._cells[now.cell] = _Kept(now.message, size=LIMIT + 1)
        session = ledger.kernel.session
        self._send = session.send
        session.send = self._publish

    def written(self, cell: str, message: str) -> int:
        """Return how often the last execution of a cell has changed its outputs."""
        kept = self._cells.get(cell)
        known = kept is not None and kept.message == message and kept.size <= LIMIT
        return kept.written if kept is not None and known else 0

    def message(self, cell: str) -> OutputsMessage | None:
        """Return the outputs of a cell; None where they are not kept."""
        record = self._ledger.records.get(cell)
        if record is None:
            return None
        with self._lock:
            kept = self._cells.get(cell)
            if kept is None or kept.message != record.message:
                kept = _Kept(record.message)
            if kept.size > LIMIT:
                return None
            return OutputsMessage(
                version=VERSION,
                kind="outputs",
                cell=cell,
                message=record.message,
                count=record.count,
                written=kept.written,
                outputs=copy.deepcopy([output for output, _ in kept.outputs]),
            )

    def _publish(self, stream: Any, msg_or_type: Any, *args: Any, **options: Any) -> Any:
        """Send a message of the kernel, as its session does, and keep what it shows."""
        try:
            self._look_at(msg_or_type, *args, **options)
        except Exception:
            logger.debug("an output could not be kept", exc_info=True)
        return self._send(stream, msg_or_type, *args, **options)

    def _look_at(
        self, message: Any, content: Any = None, parent: Any = None, *_: Any, **options: Any
    ) -> None:
        kind = message["header"]["msg_type"] if isinstance(message, dict) else message
        if kind not in _KINDS:
            return
        if isinstance(message, dict):
            content, parent = message["content"], message["parent_header"]
        header = (parent or {}).get("header", parent) or {}
        request = header.get("msg_id", "")
        record = self._ledger.execution(request)
        if record is None:
            return
        with self._lock:
            kept = self._cells.get(record.cell)
            if kept is None or kept.message != request:
                kept = self._cells[record.cell] = _Kept(request)
            if kind == "update_display_data":
                self._update(content)
            else:
                kept.add(kind, content)
            self._make_room()
        self._ledger.told(record)

    def _update(self, content: Any) -> None:
        place = content.get("transient", {}).get("display_id")
        for kept in self._cells.values():
            kept.update(place, content)

    def _make_room(self) -> None:
        """Forget the cells that were first executed, when all together show too much."""
        while sum(kept.size for kept in self._cells.values()) > _ALL and len(self._cells) > 1:
            del self._cells[next(iter(self._cells))]


class _Kept:
    """The outputs of one execution, each with the name under which it can be replaced."""

    def __init__(self, message: str, *, size: int = 0) -> None:
        self.message = message
        self.outputs: list[tuple[dict[str, Any], str]] = []
        self.size = size
        self.written = 0
        self._cleared = False

    def add(self, kind: str, content: Any) -> None:
        self.written += 1
        if kind == "clear_output":
            self._cleared = True
            if content.get("wait"):
                return
        if self._cleared:
            self._cleared = False
            self.outputs.clear()
            self.size = 0
        if kind == "clear_output" or self.size > LIMIT:
            return
        self.size += _size(content)
        if self.size > LIMIT:
            self.outputs.clear()
        elif kind == "stream":
            self._add_text(content["name"], content["text"])
        else:
            place = content.get("transient", {}).get("display_id", "")
            shown = {key: value for key, value in content.items() if key != "transient"}
            self.outputs.append(({"output_type": kind, **shown}, place))

    def update(self, place: str, content: Any) -> None:
        for output, name in self.outputs:
            if name and name == place:
                self.written += 1
                self.size += _size(content) - _size(output)
                output.update(data=content["data"], metadata=content["metadata"])

    def _add_text(self, name: str, text: str) -> None:
        last = self.outputs[-1][0] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.outputs.append(({"output_type": "stream", "name": name, "text": text}, ""))


def _size(content: Any) -> int:
    texts = [content.get("text", ""), *content.get("data", {}).values(), *content.get("traceback", ())]
    return sum(len(text) if isinstance(text, str) else 1000 for text in texts)
