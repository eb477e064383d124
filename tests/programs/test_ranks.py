"""Programs and functions in several processes."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef

pytestmark = pytest.mark.usefixtures("cluster")

MPI = pytest.mark.skipif(
    shutil.which("mpiexec", path=f"{os.environ.get('PATH')}{os.pathsep}{Path(sys.executable).parent}") is None
    or importlib.util.find_spec("mpi4py") is None,
    reason="mpiexec and mpi4py are not installed",
)


@MPI
def test_a_function_runs_in_several_processes() -> None:
    """Its result is a list by rank; what it writes is what rank 0 has made of it."""

    @ef.mpi(processes="count", layouts={"parts": ef.Layout()})
    @ef.task(totals=ef.INOUT)
    def reduce(parts: Any, totals: list[int], count: int) -> tuple[int, Any]:
        from mpi4py import MPI

        totals.append(MPI.COMM_WORLD.allreduce(parts))
        return MPI.COMM_WORLD.rank, parts

    totals: list[int] = []

    assert ef.wait_on(reduce([3, 4], totals, 2)) == [(0, 3), (1, 4)]
    assert ef.wait_on(totals) == [7]


@MPI
def test_programs_run_in_several_processes(tmp_path: Path) -> None:
    """One program, or several that are started together."""

    @ef.mpi(program="echo", args="{{word}}", processes=2)
    @ef.task(out=ef.FILE_OUT_STDOUT)
    def echo(word: str, out: Path) -> None: ...

    @ef.mpmd_mpi(ef.Program(program="echo", args="{{a}}", processes=2), ef.Program(program="echo", args="b"))
    @ef.task(out=ef.FILE_OUT_STDOUT)
    def both(a: str, out: Path) -> None: ...

    echo("x", tmp_path / "one")
    both("a", tmp_path / "two")

    assert ef.wait_on_file(tmp_path / "one").read_text().split() == ["x", "x"]
    assert sorted(ef.wait_on_file(tmp_path / "two").read_text().split()) == ["a", "a", "b"]


def test_the_runner_is_told_what_to_start(tmp_path: Path) -> None:
    """Flags, processes for each core, and the program; here it is ``echo``, which takes the first ``-n``."""

    @ef.mpi(runner="echo", program="ocean", args="{{x}}", processes=2, flags="--quiet", per_core=True)
    @ef.task(told=ef.FILE_OUT_STDOUT)
    def start(x: int, told: Path) -> None: ...

    start(7, tmp_path / "told")

    assert ef.wait_on_file(tmp_path / "told").read_text().split() == ["--quiet", "-n", "2", "ocean", "7"]


def test_a_task_is_told_of_its_node() -> None:
    """By the variables that programs for several nodes look at; there is one node."""
    with pytest.warns(ef.ScarceResourceWarning, match="'nodes' gets one node: a task runs on one host"):

        @ef.multinode(nodes=4)
        @ef.task
        def nodes() -> str:
            return os.environ["COMPSS_NUM_NODES"]

    assert ef.wait_on(nodes()) == "1"
