"""Task cells on MPI ranks, with a real MPI library."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eflows_nb as ef
from eflows_nb.errors import CellError

PATHS = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
REAL = shutil.which("mpiexec", path=PATHS) is not None and importlib.util.find_spec("mpi4py") is not None
CORES = len(os.sched_getaffinity(0))

pytestmark = pytest.mark.skipif(not REAL or CORES < 2, reason="needs mpiexec, mpi4py and two cores")

WORLD = "from mpi4py import MPI\nworld = MPI.COMM_WORLD\n"


def test_each_rank_runs_the_cell_and_the_first_one_answers(notebook: Any) -> None:
    """They speak over COMM_WORLD; outputs, and writes in place, are those of rank 0."""
    notebook.run(
        "import numpy as np\nfield = np.arange(100_000.0)\ndef part(k): return field[k :: size].sum()"
    )
    notebook.run(
        "%%task sums --mpi 2 -o total,seen,square,field\n"
        f"{WORLD}size = world.size\ntotal = world.allreduce(part(world.rank))\n"
        "seen = world.gather(world.rank)\nfield[0] = size\nsquare = lambda x: x * size"
    )

    total, seen = notebook.run("total, seen")
    assert (total, seen) == (np.arange(100_000.0).sum(), [0, 1])
    assert notebook.run("field[0], field[1]") == (2.0, 1.0)
    notebook.run("size = 3")
    assert notebook.run("square(5)") == 15
    assert "world" not in notebook.shell.user_ns


def test_classes_of_the_notebook_come_back_from_ranks(notebook: Any) -> None:
    """What a rank makes of a class is an instance of the notebook's class."""
    notebook.run("class P:\n    def __init__(self, x): self.x = x\np = P(1)")
    notebook.run(f"%%task --mpi 2\n{WORLD}q = P(p.x + world.size)\nr = [q]")

    assert notebook.run("isinstance(q, P), q.x, type(r[0]) is P") == (True, 3, True)


def test_what_the_first_rank_displays_is_shown(notebook: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Its last expression and its figures; what all of them print comes as it is printed."""
    notebook.run(
        f"%%task --mpi 2\n{WORLD}display({{'rank': world.rank}})\nprint('from', world.rank)\nworld.rank"
    )

    shown = capfd.readouterr().out
    assert sorted(line for line in shown.splitlines() if line.startswith("from")) == ["from 0", "from 1"]
    assert "{'rank': 0}" in shown
    assert "{'rank': 1}" not in shown


def test_an_exception_of_any_rank_is_that_of_the_cell(notebook: Any) -> None:
    """With the line of the cell, and the number of the rank; the others are ended."""
    notebook.run(
        f"%%task bad --mpi 2\n{WORLD}x = 1\nif world.rank == 1:\n    x = 1 / 0\nworld.barrier()\nworld.recv()"
    )

    error = notebook.error("x")

    assert isinstance(error, ZeroDivisionError)
    assert "In process 1 of 2." in error.__notes__
    lines = []
    trace = error.__traceback__
    while trace is not None:
        lines.append(trace.tb_lineno)
        trace = trace.tb_next
    assert lines[-1] == 6


def test_a_change_that_nothing_tells_of_is_refused_on_ranks(notebook: Any) -> None:
    """As without MPI."""
    notebook.run("xs = [1]")
    notebook.run("%%task --mpi 2\nxs.append(2)\nn = len(xs)")

    assert "changed its input 'xs' in place" in str(notebook.error("n"))


def test_more_ranks_than_cores_are_refused(notebook: Any) -> None:
    """They would wait for each other by computing."""
    with pytest.warns(ef.ScarceResourceWarning):
        notebook.run(f"%%task --mpi {CORES} --cores 2\nx = 1")
    with pytest.warns(ef.ScarceResourceWarning):
        notebook.run(f"%%task --mpi {CORES + 1}\ny = 1")

    assert f"'%%task --mpi {CORES}' asks for {CORES} processes of 2 cores each" in str(notebook.error("x"))
    assert f"has {CORES} cores" in str(notebook.error("y"))


@pytest.mark.parametrize(
    ("lack", "text"),
    [
        ("has_mpi4py", "needs mpi4py where the engines run"),
        ("find_program", "this host has none: install an MPI"),
    ],
)
def test_what_mpi_lacks_is_told(notebook: Any, monkeypatch: pytest.MonkeyPatch, lack: str, text: str) -> None:
    """mpi4py, or a program that starts processes."""
    monkeypatch.setattr(f"eflows_nb.notebook.cells.ranks.{lack}", lambda *_: None)
    notebook.run("%%task --mpi 2\nx = 1")

    error = notebook.error("x")
    assert isinstance(error, CellError)
    assert text in str(error)


@pytest.mark.engines
def test_ranks_have_the_cores_of_several_engines_and_end_with_their_task(
    notebook: Any, tmp_path: Path
) -> None:
    """Both engines of the host are kept for them, and nothing of them is left when the task is cancelled."""
    with ef.start(engines=2):
        notebook.run(
            f"%%task --mpi 2\n{WORLD}import os\nthreads = world.gather(os.environ['OMP_NUM_THREADS'])"
        )
        assert notebook.run("threads") == ["1", "1"]
        notebook.run(
            f"%%task long --mpi 2\n{WORLD}import os, pathlib, time\n"
            f"pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()\ntime.sleep(600)"
        )
        deadline = time.monotonic() + 60
        while len(pids := [int(path.name) for path in tmp_path.iterdir()]) < 2:
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)

        notebook.run("%eflows cancel long")

        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)


def test_a_mapped_cell_has_ranks_for_each_item(notebook: Any) -> None:
    """In the metadata form too, where the code is a function and its calls."""
    notebook.run("xs = [1, 2]")
    notebook.run("%%task\nk = 10")
    code = (
        "def make_y(x):\n    from mpi4py import MPI\n"
        "    y = MPI.COMM_WORLD.allreduce(x * k)\n    return y\n\n"
        "y = [make_y(x) for x in xs]"
    )
    task = {"map": ["x", "xs"], "mpi": 2}
    meta = {"cellId": "a", "eflows": {"version": 1, "task": task}}

    notebook.shell.run_cell(code, store_history=True, cell_meta=meta).raise_error()

    assert notebook.run("y") == [20, 40]
