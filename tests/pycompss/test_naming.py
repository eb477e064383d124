"""The name ``pycompss``, the command line, and what is refused."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pycompss.api import parameter
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

import eflows_nb.pycompss
from eflows_nb.pycompss import naming
from eflows_nb.pycompss.refusal import UnsupportedError

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRAM = """
import sys
from pycompss.api.task import task
from pycompss.api.api import compss_wait_on
import beside

class Point:
    def __init__(self, x):
        self.x = x
    @task()
    def move(self, by):
        self.x += by

@task(returns=1)
def double(x):
    return beside.times(x, 2)

if __name__ == "__main__":
    point = Point(1)
    point.move(2)
    print(sys.argv[1:], compss_wait_on(double(4)), compss_wait_on(point).x, compss_wait_on(beside.square(3)))
"""

BESIDE = """
from pycompss.api.task import task

def times(x, y):
    return x * y

@task(returns=1)
def square(x):
    return times(x, x)
"""


def test_a_module_has_two_names_and_is_one() -> None:
    """Else a class would be two."""
    import pycompss.api.exceptions

    import eflows_nb.pycompss.api.exceptions

    assert pycompss.api.exceptions is eflows_nb.pycompss.api.exceptions
    assert naming.is_active()


@pytest.mark.parametrize("name", ["ompss", "opencl", "decaf", "julia", "compss"])
def test_what_is_not_supported_says_so_when_it_runs(name: str) -> None:
    """By one sentence that points to the documentation; what else the program does runs."""
    decorator = getattr(importlib.import_module(f"pycompss.api.{name}"), name)

    @decorator(binary="date", kernel="date", df_script="a.py", script="a.jl", app_name="a.py")
    @task(returns=1, on_failure="FAIL")
    def work() -> Any: ...

    with pytest.raises(UnsupportedError, match=rf"@{name} of 'work' cannot run here: .*docs/pycompss\.md"):
        compss_wait_on(work())


def test_a_module_that_is_not_here_says_whose_name_it_is() -> None:
    """Whoever imports it may not know that this is not the real package."""
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'pycompss\.storage': eflows-nb stands"):
        importlib.import_module("pycompss.storage")
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec("from pycompss.api.api import nothing")
    with pytest.raises(ImportError, match="cannot import name 'storage'"):
        exec("from pycompss.api import storage")


def test_a_program_may_run_without_tasks() -> None:
    """By the words of `pycompss.api.dummy`, with the arguments that the others have."""
    from pycompss.api.dummy import api as dummy
    from pycompss.api.dummy.constraint import constraint as no_constraint
    from pycompss.api.dummy.task import task as no_task

    @no_constraint(computing_units="${UNSET}")
    @no_task(x=parameter.INOUT, returns=1)
    def add(x: list[int]) -> Any:
        x.append(1)
        return len(x)

    @no_task
    def one() -> Any:
        return 1

    with dummy.TaskGroup("group"):
        assert dummy.compss_wait_on(add([1]), one()) == [2, 1]


def test_the_real_package_comes_first(tmp_path: Path) -> None:
    """Where it is installed the name is its own."""
    (tmp_path / "pycompss").mkdir()
    (tmp_path / "pycompss" / "__init__.py").write_text("REAL = True")
    code = "import eflows_nb.pycompss as p; p.activate(); import pycompss; assert pycompss.REAL"
    root = Path(eflows_nb.__file__).parents[1]

    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": f"{root}:{tmp_path}"}, timeout=60
    )


@pytest.mark.parametrize("engines", [0, pytest.param(1, marks=pytest.mark.engines)])
def test_a_program_runs_from_the_command_line(run_program: Run, tmp_path: Path, engines: int) -> None:
    """With its arguments, its own classes, and modules beside it."""
    (tmp_path / "beside.py").write_text(BESIDE)

    done = run_program(PROGRAM, "-n", "3", engines=engines)

    assert done.stderr == ""
    assert done.stdout == "['-n', '3'] 8 3 9\n"
    assert done.returncode == 0


def test_a_failed_task_that_nobody_waits_for_fails_the_program(run_program: Run) -> None:
    """With its own traceback."""
    done = run_program(
        "from pycompss.api.task import task\n"
        "@task(on_failure='FAIL')\n"
        "def fail():\n"
        "    raise ValueError('no luck')\n"
        "fail()\n"
    )

    assert done.returncode == 1
    assert "ValueError: no luck" in done.stderr


@pytest.mark.engines
def test_a_program_may_have_a_time_limit(run_program: Run) -> None:
    """Its tasks are cancelled then, their results are None, and it goes on."""
    done = run_program(
        "import time\n"
        "from pycompss.api.api import compss_wait_on\n"
        "from pycompss.api.task import task\n"
        "@task(returns=1)\n"
        "def endless():\n"
        "    while True:\n"
        "        time.sleep(0.01)\n"
        "print(compss_wait_on([endless() for _ in range(3)]))\n",
        engines=1,
        options=["--wall-clock-limit", "0.5"],
    )

    assert done.stdout == "[None, None, None]\n"
    assert done.returncode == 0


def test_a_program_that_is_not_there_is_told() -> None:
    """In a sentence."""
    command = [sys.executable, "-m", "eflows_nb", "pycompss", "nowhere.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "The program 'nowhere.py' cannot be read" in done.stderr
