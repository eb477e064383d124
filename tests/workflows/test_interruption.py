"""Signals to a headless run: it ends soon, keeps what was executed, and leaves no process."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

WriteNotebook = Callable[..., Path]
StartRun = Callable[..., Any]

_REPORT = "import os\nwith open(os.environ['STARTED'], 'w') as pipe:\n    pipe.write('running')\n"
_SLEEPS = f"{_REPORT}import time\ntime.sleep(120)"
_STUBBORN = """import os, time
def report(what):
    with open(os.environ['STARTED'], 'w') as pipe:
        pipe.write(what)
running = False
while True:
    try:
        if not running:
            running = True
            report('running')
        time.sleep(120)
    except KeyboardInterrupt:
        print('no', flush=True)
        report('interrupted')"""


@pytest.mark.notebooks
@pytest.mark.parametrize("received", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_running_cell(
    start_run: StartRun, write_notebook: WriteNotebook, received: signal.Signals
) -> None:
    """The executed notebook is kept up to the KeyboardInterrupt, and nothing runs on."""
    live = start_run(write_notebook("print('before')", _SLEEPS, "open('never', 'w')"))
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
def test_a_second_signal_kills_a_cell_that_goes_on(
    start_run: StartRun, write_notebook: WriteNotebook
) -> None:
    """Nobody has to look for the kernel's process number."""
    live = start_run(write_notebook(_STUBBORN))
    live.report()

    live.process.send_signal(signal.SIGINT)
    assert live.report() == "interrupted"
    live.process.send_signal(signal.SIGINT)
    code, _ = live.end()

    assert code == 130
    (cell,) = live.cells()
    # What it printed just before may have died with it.
    assert cell["outputs"][-1]["evalue"] == "The Jupyter kernel did not end on SIGINT and was killed."
    assert live.left() == []


@pytest.mark.notebooks
def test_the_kernel_ends_with_a_killed_run(start_run: StartRun, write_notebook: WriteNotebook) -> None:
    """Even ``kill -9`` of the command leaves no kernel."""
    live = start_run(write_notebook(_SLEEPS))
    live.report()
    kernels = live.process.pid and psutil.Process(live.process.pid).children(recursive=True)

    live.process.kill()
    live.end()

    _, alive = psutil.wait_procs(kernels, timeout=30)
    assert alive == []
