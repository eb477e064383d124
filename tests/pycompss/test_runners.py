"""What starts the programs of ``@mpi`` and ``@mpmd_mpi``.

Here it is ``echo``, which tells what it was asked for, but for the first ``-n``, which it takes for itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pycompss.api.api import compss_wait_on_file
from pycompss.api.mpi import mpi
from pycompss.api.mpmd_mpi import mpmd_mpi
from pycompss.api.parameter import FILE_OUT_STDOUT
from pycompss.api.task import task

processes = 2


@mpi(runner="echo", binary="program", processes="processes")
@task(told=FILE_OUT_STDOUT)
def start(told: Path) -> None:
    """Start as many processes as a global variable says."""


@mpi(runner="echo", binary="program", processes=2, scale_by_cu=True)
@task(told=FILE_OUT_STDOUT)
def start_for_each_core(told: Path) -> None:
    """Start two processes a core."""


@mpmd_mpi(
    runner="echo",
    programs=[{"binary": "ocean", "processes": 2, "args": "{{x}}"}, {"binary": "ice", "args": "y"}],
)
@task(told=FILE_OUT_STDOUT)
def start_both(x: int, told: Path) -> None:
    """Start two programs."""


def test_a_global_variable_says_how_many_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the value of the moment of the call."""
    start(tmp_path / "first")
    monkeypatch.setattr(f"{__name__}.processes", 4)
    start(tmp_path / "second")

    compss_wait_on_file(tmp_path / "first", tmp_path / "second")
    assert (tmp_path / "first").read_text() == "2 program"
    assert (tmp_path / "second").read_text() == "4 program"


def test_processes_may_be_a_number_for_each_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each core that the task has."""
    monkeypatch.setenv("COMPSS_NUM_THREADS", "3")

    start_for_each_core(tmp_path / "told")

    compss_wait_on_file(tmp_path / "told")
    assert (tmp_path / "told").read_text() == "6 program"


def test_several_programs_start_together(tmp_path: Path) -> None:
    """By one command, as programs that talk to each other need it."""
    start_both(1, tmp_path / "told")

    compss_wait_on_file(tmp_path / "told")
    assert (tmp_path / "told").read_text() == "2 ocean 1 : -n 1 ice y"
