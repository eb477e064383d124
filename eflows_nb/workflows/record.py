"""The facts of a run that its notebook keeps, under ``metadata.eflows.run``."""

from __future__ import annotations

import importlib.metadata
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from nbformat import NotebookNode

__all__ = ["RunStatus", "recorded"]


class RunStatus(StrEnum):
    """How a run stands, in the words of the eFlows4HPC service."""

    RUNNING = "RUNNING"
    """Its cells are being executed; in a file without a live run: it was killed."""
    SUCCESS = "SUCCESS"
    """All cells and tasks are done."""
    FAILED = "FAILED"
    """A cell failed, or a task that no cell waited for."""
    CANCELLED = "CANCELLED"
    """A signal ended it."""


@contextmanager
def recorded(nb: NotebookNode, engines: int | None) -> Iterator[NotebookNode]:
    """Keep the facts of the run in the notebook, under ``metadata.eflows.run``."""
    started = time.monotonic()
    nb.metadata["eflows"] = {
        **nb.metadata.get("eflows", {}),
        "run": {
            "version": _version(),
            "parameters": _json_safe(nb.metadata.papermill.get("parameters") or {}),
            "engines": engines,
            "start": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": None,
            "status": RunStatus.RUNNING.value,
        },
    }
    record = nb.metadata.eflows.run
    # A front end cannot read a notebook whose JSON holds NaN or Infinity.
    nb.metadata.papermill["parameters"] = record.parameters
    try:
        yield record
    finally:
        record.seconds = round(time.monotonic() - started, 3)
        if record.status == RunStatus.RUNNING:
            failed = any(cell.metadata.papermill.get("exception") for cell in nb.cells)
            record.status = (RunStatus.FAILED if failed else RunStatus.SUCCESS).value


def _json_safe(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json_safe(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_json_safe(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _version() -> str | None:
    try:
        return importlib.metadata.version("eflows-nb")
    except importlib.metadata.PackageNotFoundError:
        return None
