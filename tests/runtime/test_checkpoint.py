"""A later session computes only what an earlier one has not kept."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import eflows_nb as ef
from eflows_nb.runtime.checkpoint import Checkpoint, NotKeptWarning
from eflows_nb.tasks.task import FunctionCode, Task

pytestmark = pytest.mark.engines

Run = Callable[..., subprocess.CompletedProcess[str]]

PROGRAM = """
import os, signal, sys
import numpy as np
import eflows_nb as ef

SCALE = 2

@ef.task
def make(value):
    print("make", value)
    return np.full(20_000, value)

@ef.task(array=ef.INOUT, returns=2)
def change(array, by):
    print("change", by)
    array += by
    return float(array[0]), float(array.sum())

@ef.task(arrays=ef.COLLECTION_INOUT)
def change_each(arrays, by):
    print("change each", by)
    for array in arrays:
        array += by

class Scale:
    factor = 1

    def of(self, x):
        return self.factor * x

@ef.task
def scaled(x):
    print("scaled", x)
    return Scale().of(x)

@ef.task
def total(number, *arrays):
    print("total", number)
    return SCALE * float(sum(array.sum() for array in arrays))

ef.start(engines=1, checkpoint="results")
mine = np.zeros(10)
made = ef.map(make, [1.0, 2.0])
first, all_of_it = change(mine, 3.0)
last = total(7, *made, mine)
several = [np.zeros(3), np.zeros(3)]
change_each(several, 0.5)
change_each(several, 0.25)
numbers = ef.wait_on([first, all_of_it])
values = [*numbers, ef.wait_on(last), float(ef.wait_on(mine)[0])]
values += [float(array[0]) for array in ef.wait_on(several)] + [ef.wait_on(scaled(1))]
ef.barrier()
print("values", values, flush=True)
print({state.value: number for state, number in ef.summary().tasks.items() if number}, file=sys.stderr)
"""


ALL = [
    "change 3.0", "change each 0.25", "change each 0.5", "make 1.0", "make 2.0", "scaled 1", "total 7"
]  # fmt: skip


def _run(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    (folder / "program.py").write_text(source)
    return subprocess.run(
        [sys.executable, "program.py"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a program in a folder of its own."""
    return partial(_run, tmp_path)


@pytest.fixture(scope="module")
def first_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a session that has kept everything."""
    folder = tmp_path_factory.mktemp("first")
    assert _ran(_run(folder, PROGRAM)) == ALL
    return folder / "results"


@pytest.fixture
def kept(first_session: Path, tmp_path: Path) -> Path:
    """The same results in the folder of the test."""
    return Path(shutil.copytree(first_session, tmp_path / "results"))


def _ran(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what the tasks that ran said; the values must be right."""
    *said, last = ended.stdout.splitlines()
    assert last == "values [3.0, 30.0, 120060.0, 3.0, 0.75, 0.75, 1]", ended
    return sorted(said)


@pytest.mark.usefixtures("kept")
def test_what_was_kept_is_not_computed_again(run: Run) -> None:
    """Results, several results and written arguments are the same as the first time, and no task runs."""
    ended = run(PROGRAM)

    assert _ran(ended) == []
    assert "{'cached': 7}" in ended.stderr


def test_a_client_that_was_killed_goes_on_where_it_was(run: Run) -> None:
    """Whatever was done when it was killed is there for the next one."""
    kill = "ef.barrier()\nprint(flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    killed = run(PROGRAM.replace("last = ", kill + "last = "))

    assert killed.returncode == -signal.SIGKILL
    assert _ran(run(PROGRAM)) == ["change each 0.25", "change each 0.5", "scaled 1", "total 7"]


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied"])
def test_a_damaged_entry_is_told_and_computed_again(run: Run, kept: Path, damage: str) -> None:
    """Nothing wrong is ever taken from a folder."""
    path = max(kept.glob("*/*"), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes({"cut": bytes(content[:-100]), "changed": bytes(content), "emptied": b""}[damage])
    ended = run(PROGRAM)
    [ran] = _ran(ended)

    assert ran in ("make 1.0", "make 2.0")
    assert ended.stderr.count("The task runs again.") == 1
    assert str(path) in ended.stderr


@pytest.mark.usefixtures("kept")
def test_another_code_or_global_is_another_task(run: Run) -> None:
    """What depends on a change is computed, and nothing else."""
    ended = run(PROGRAM.replace("SCALE = 2", "SCALE = 4"))

    assert ended.stdout.splitlines() == ["total 7", "values [3.0, 30.0, 240120.0, 3.0, 0.75, 0.75, 1]"]


@pytest.mark.usefixtures("kept")
def test_another_class_that_a_task_uses_is_another_task(run: Run) -> None:
    """Its methods and plain attributes count."""
    ended = run(PROGRAM.replace("factor = 1", "factor = 5"))

    assert ended.stdout.splitlines() == ["scaled 1", "values [3.0, 30.0, 120060.0, 3.0, 0.75, 0.75, 5]"]


def test_results_are_kept_until_the_stop(run: Run) -> None:
    """Engines that are started anew without a folder compute everything."""
    ended = run("""
import eflows_nb as ef

@ef.task
def seen():
    print("seen", flush=True)
    return 1

for checkpoint in ("results", "results", None, None):
    with ef.start(engines=1, checkpoint=checkpoint):
        ef.wait_on(seen())
""")

    assert ended.stdout.count("seen") == 3, ended.stderr


def test_a_folder_that_cannot_be_is_an_error_at_the_start(run: Run, tmp_path: Path) -> None:
    """It is told before anything is computed."""
    (tmp_path / "results").write_text("a file")
    ended = run(PROGRAM)

    assert ended.returncode == 1
    assert "checkpoint='results' is not a folder that can be written to" in ended.stderr


OF_MODULE = """
import eflows_nb as ef
import helper

@ef.task
def by_function(x):
    print("function")
    return helper.double(x)

@ef.task
def by_argument(scale):
    print("argument")
    return scale.of(1)

@ef.task
def by_neither(x):
    print("neither")
    return x

ef.start(engines=1, checkpoint="results")
print(ef.wait_on([by_neither(1), by_function(1), by_argument(helper.Scale())]), flush=True)
"""
HELPER = """
def double(x):
    return 2 * x

class Scale:
    def of(self, x):
        return double(x)
"""


def test_another_module_of_the_user_is_another_code(run: Run, tmp_path: Path) -> None:
    """Also where a task only gets an object of a class in it."""
    (tmp_path / "helper.py").write_text(HELPER)
    first = run(OF_MODULE)
    (tmp_path / "helper.py").write_text(HELPER.replace("2 *", "200 *"))
    edited = run(OF_MODULE)

    assert sorted(first.stdout.splitlines()) == ["[1, 2, 2]", "argument", "function", "neither"], first.stderr
    assert sorted(edited.stdout.splitlines()) == ["[1, 200, 200]", "argument", "function"], edited.stderr


def test_results_of_what_cannot_be_looked_into_are_not_kept(tmp_path: Path) -> None:
    """That is told once, with the reason and the way out."""
    lock = threading.Lock()
    function = ef.task(lambda: lock)
    task = Task(1, FunctionCode(7, "locked", b""), b"", ())
    checkpoint = Checkpoint(tmp_path)

    with pytest.warns(NotKeptWarning, match="'locked' are not kept.*cannot pickle '_thread.lock'.*argument"):
        assert checkpoint.place(task, function, b"inputs") == ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert checkpoint.place(task, function, b"inputs") == ""
