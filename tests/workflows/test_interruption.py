"""Signals to a headless run: it ends soon, keeps what was executed, and leaves no process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

WriteNotebook = Callable[..., Path]

_REPORT = "import os\nwith open(os.environ['STARTED'], 'w') as pipe:\n    pipe.write('running')\n"
_SLEEPS = f"{_REPORT}import time\ntime.sleep(120)"
_STUBBORN = f"""{_REPORT}import time
while True:
    try:
        time.sleep(120)
    except KeyboardInterrupt:
        print('no', flush=True)
        with open(os.environ['STARTED'], 'w') as pipe:
            pipe.write('interrupted')"""


class _Live:
    """A run in a process of its own, whose cells report through a named pipe."""

    def __init__(self, notebook: Path) -> None:
        self.mark = uuid.uuid4().hex
        self._pipe = notebook.parent / "started"
        os.mkfifo(self._pipe)
        environment = {**os.environ, "STARTED": str(self._pipe), "EFLOWS_TEST_MARK": self.mark}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "eflows_nb", "run", str(notebook), "--output", "out.ipynb"],
            cwd=notebook.parent,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            # A test run in the background ignores SIGINT, and would pass that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self._output = notebook.parent / "out.ipynb"

    def report(self) -> str:
        """Wait for a cell to report."""
        return self._pipe.read_text()

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and what was written to standard error."""
        _, written = self.process.communicate(timeout=60)
        return self.process.returncode, written

    def cells(self) -> list[dict[str, Any]]:
        cells: list[dict[str, Any]] = json.loads(self._output.read_text())["cells"]
        return cells

    def left(self) -> list[psutil.Process]:
        """Return the processes of this run that are still there."""
        return [process for process in psutil.process_iter() if self.mark in _marks(process)]


def _marks(process: psutil.Process) -> str:
    try:
        return str(process.environ().get("EFLOWS_TEST_MARK", ""))
    except (psutil.Error, OSError):
        return ""


@pytest.mark.notebooks
@pytest.mark.parametrize("received", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_running_cell(write_notebook: WriteNotebook, received: signal.Signals) -> None:
    """The executed notebook is kept up to the KeyboardInterrupt, and nothing runs on."""
    live = _Live(write_notebook("print('before')", _SLEEPS, "open('never', 'w')"))
    live.report()

    live.process.send_signal(received)
    code, written = live.end()

    assert code == 128 + received
    assert written.splitlines()[-1] == (
        f"eflows: error: The run was ended by {received.name}. What was executed is in 'out.ipynb'."
    )
    assert "Traceback" not in written
    before, interrupted, never = live.cells()
    assert before["outputs"][0]["text"] == ["before\n"]
    assert interrupted["outputs"][0]["ename"] == "KeyboardInterrupt"
    assert never["execution_count"] is None
    assert live.left() == []


@pytest.mark.notebooks
def test_a_second_signal_kills_a_cell_that_goes_on(write_notebook: WriteNotebook) -> None:
    """Nobody has to look for the kernel's process number."""
    live = _Live(write_notebook(_STUBBORN))
    live.report()

    live.process.send_signal(signal.SIGINT)
    assert live.report() == "interrupted"
    live.process.send_signal(signal.SIGINT)
    code, _ = live.end()

    assert code == 130
    (cell,) = live.cells()
    assert cell["outputs"][0]["text"] == ["no\n"]
    assert cell["outputs"][1]["evalue"] == "The Jupyter kernel did not end on SIGINT and was killed."
    assert live.left() == []


@pytest.mark.notebooks
def test_the_kernel_ends_with_a_killed_run(write_notebook: WriteNotebook) -> None:
    """Even ``kill -9`` of the command leaves no kernel."""
    live = _Live(write_notebook(_SLEEPS))
    live.report()
    kernels = live.process.pid and psutil.Process(live.process.pid).children(recursive=True)

    live.process.kill()
    live.end()

    _, alive = psutil.wait_procs(kernels, timeout=30)
    assert alive == []
