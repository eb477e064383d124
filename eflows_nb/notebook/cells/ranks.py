"""Runs a cell on the ranks of MPI: each runs all of its code, and the first one answers."""

from __future__ import annotations

import builtins
import os
import pickle
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import cloudpickle

from eflows_nb.engine.processes import (
    answers,
    command,
    find_program,
    flags_of,
    has_mpi4py,
    run_command,
    write_call,
)
from eflows_nb.engine.threads import LIMITS
from eflows_nb.errors import CellError
from eflows_nb.notebook.cells.program import Program
from eflows_nb.notebook.cells.shipping import Shipment, Unsendable, arriving_in
from eflows_nb.notebook.cells.wrapping import Wrapped

if TYPE_CHECKING:
    from eflows_nb.notebook.cells.body import CellBody

__all__ = ["run_on_ranks"]

_RUNNERS = ("mpiexec", "mpirun")


def run_on_ranks(body: CellBody, program: Program, names: dict[str, Any]) -> Any:
    """Run a cell on MPI ranks of this host; return what the first one showed, and its outputs after that.

    Parameters
    ----------
    names
        What the cell reads.

    Raises
    ------
    CellError
        When this host has not enough cores for them, or no MPI.
    Exception
        What the cell raises on one of them.
    """
    __tracebackhide__ = True
    runner = _runner(program)
    given = {name: value for name, value in names.items() if not name.startswith("__")}
    with TemporaryDirectory(prefix="eflows-") as name:
        folder = Path(name)
        packed = Shipment(names, whole=True).packed(given)
        write_call(
            folder,
            cloudpickle.dumps((_run_rank, [body, program, packed], {}), 5),
            paths=sys.path,
            size=program.ranks,
        )
        words = [runner, *flags_of(runner), "-n", str(program.ranks), *command(folder)]
        limits = dict.fromkeys(LIMITS, str(program.cores))
        code = run_command(
            words, str(Path.cwd()), {"stdin": subprocess.DEVNULL}, environment={**os.environ, **limits}
        )
        told = answers(folder, program.ranks, f"'{shlex.join(words)}' ended with exit code {code}")
    shown, outputs = told[0][0]
    with arriving_in(names):
        values = [Wrapped(data) if later else pickle.loads(data) for later, data in outputs]
    return (shown, *values) if values else shown


def _runner(program: Program) -> str:
    """Return the program that starts MPI processes."""
    option = f"%%task --mpi {program.ranks}"
    there = len(os.sched_getaffinity(0))
    wanted = program.ranks * program.cores
    if wanted > there:
        each = f" of {program.cores} cores each" if program.cores > 1 else ""
        raise CellError(
            f"'{option}' asks for {program.ranks} processes{each}, and the host {os.uname().nodename!r} has "
            f"{there} cores: processes of MPI that share a core wait for each other by computing. Ask for "
            "fewer, or start the engines on a larger host."
        )
    if not has_mpi4py():
        raise CellError(
            f"'{option}' needs mpi4py where the engines run, and it is not there: pip install mpi4py."
        )
    found = next((path for name in _RUNNERS if (path := find_program(name))), None)
    if found is None:
        raise CellError(
            f"'{option}' is started by mpiexec, and this host has none: install an MPI library where the "
            "engines run (pip install mpich, or on Debian apt install openmpi-bin)."
        )
    return found


def _run_rank(body: CellBody, program: Program, packed: bytes) -> Any:
    """Run the cell in the process of one rank; return the answer of the first."""
    __tracebackhide__ = True
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    quiet = Config()
    quiet.HistoryManager.enabled = False
    InteractiveShell.instance(config=quiet)  # it is what collects and formats what the cell displays
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
    with arriving_in(names):
        names.update(pickle.loads(packed))
    first = import_module("mpi4py.MPI").COMM_WORLD.rank == 0
    shown, *outputs = body.run(program, names)
    if not first:
        return None
    return shown, [(isinstance(one, (Unsendable, Wrapped)), cloudpickle.dumps(one, 5)) for one in outputs]
