"""What tests of headless runs share."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest


class _Live:
    """A run in a process of its own, whose cells report through the named pipe ``$STARTED``."""

    def __init__(self, notebook: Path, *arguments: str) -> None:
        self.mark = uuid.uuid4().hex
        self._pipe = notebook.parent / "started"
        os.mkfifo(self._pipe)
        environment = {**os.environ, "STARTED": str(self._pipe), "EFLOWS_TEST_MARK": self.mark}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "eflows_nb", "run", str(notebook), "--output", "out.ipynb", *arguments],
            cwd=notebook.parent,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            # A test run in the background ignores SIGINT, and would pass that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self._output = notebook.parent / "out.ipynb"

    def report(self) -> str:
        """Wait for a cell to report, and to close the pipe: the next report is another one."""
        descriptor = os.open(self._pipe, os.O_RDONLY | os.O_NONBLOCK)
        told = b""
        try:
            while True:
                assert select.select([descriptor], [], [], 60)[0], "no cell reported within a minute"
                more = os.read(descriptor, 100)
                if not more:
                    return told.decode()
                told += more
        finally:
            os.close(descriptor)

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and what was written to standard error."""
        _, written = self.process.communicate(timeout=60)
        return self.process.returncode, written

    def cells(self) -> list[dict[str, Any]]:
        """Return the cells of the executed notebook."""
        cells: list[dict[str, Any]] = json.loads(self._output.read_text())["cells"]
        return cells

    def left(self) -> list[psutil.Process]:
        """Return the processes of this run that are there ten seconds later."""
        own = [process for process in psutil.process_iter() if self.mark in _marks(process)]
        return list(psutil.wait_procs(own, timeout=10)[1])


def _marks(process: psutil.Process) -> str:
    try:
        return str(process.environ().get("EFLOWS_TEST_MARK", ""))
    except (psutil.Error, OSError):
        return ""


@pytest.fixture
def start_run() -> Iterator[Callable[..., _Live]]:
    """Start a run in a process of its own; it is killed with the test."""
    started: list[_Live] = []

    def start(notebook: Path, *arguments: str) -> _Live:
        started.append(_Live(notebook, *arguments))
        return started[-1]

    yield start
    for live in started:
        live.process.kill()
        live.process.wait()
