"""Python functions in processes of their own: under ``@mpi``, and in a ``@container``.

Where there is no MPI library, a runner and a communicator stand in for it that start the same processes. A
container engine that only notes what it was asked for runs its command here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycompss.api.api import compss_wait_on, compss_wait_on_file
from pycompss.api.binary import binary
from pycompss.api.constraint import constraint
from pycompss.api.container import container
from pycompss.api.mpi import mpi
from pycompss.api.parameter import (
    COLLECTION_FILE_IN,
    COLLECTION_IN,
    FILE_INOUT,
    IN,
    INOUT,
    block_count,
    block_length,
    stride,
)
from pycompss.api.software import software
from pycompss.api.task import task

import eflows_nb as ef
from eflows_nb.engine.processes import ProgramFailedError
from eflows_nb.pycompss.constraints import ConstraintWarning
from eflows_nb.pycompss.layouts import Layout
from eflows_nb.pycompss.refusal import UnsupportedError

RUNNER = """#!{python}
import os, subprocess, sys
words = sys.argv[1:]
if words == ["--version"]:
    sys.exit("a stand-in")
number = int(words[words.index("-n") + 1])
command = words[words.index("-n") + 2:]
ranks = [
    subprocess.Popen(command, env={{**os.environ, "STAND_IN_RANK": str(rank), "STAND_IN_SIZE": str(number)}})
    for rank in range(number)
]
while ranks:
    pid, status = os.wait()
    ranks = [rank for rank in ranks if rank.pid != pid]
    if status:
        for rank in ranks:
            rank.kill()
        sys.exit(1)
"""

COMMUNICATOR = """
import os
class COMM_WORLD:
    rank = int(os.environ.get("STAND_IN_RANK", "0"))
    size = int(os.environ.get("STAND_IN_SIZE", "1"))
    def Abort(code):
        os._exit(code)
"""

ENGINE = """#!{python}
import os, sys
words = sys.argv[1:]
with open({note!r}, "w") as note:
    note.write("\\n".join(words))
image = words.index("image.sif")
os.chdir(words[words.index("--pwd") + 1])
os.execvp({python!r}, [{python!r}, "-I", *words[image + 2:]])
"""

REAL = shutil.which("mpiexec") is not None and importlib.util.find_spec("mpi4py") is not None


@pytest.fixture(
    params=[
        "stand-in",
        pytest.param(
            "real", marks=pytest.mark.skipif(not REAL, reason="mpiexec and mpi4py are not installed")
        ),
    ]
)
def runner(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a program that starts processes."""
    if request.param == "real":
        return "mpiexec"
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "mpi-of-tests"
    program.write_text(RUNNER.format(python=sys.executable))
    program.chmod(0o755)
    (tmp_path / "modules" / "mpi4py").mkdir(parents=True)
    (tmp_path / "modules" / "mpi4py" / "__init__.py").touch()
    (tmp_path / "modules" / "mpi4py" / "MPI.py").write_text(COMMUNICATOR)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.syspath_prepend(tmp_path / "modules")
    paths = [str(tmp_path / "modules"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths).rstrip(os.pathsep))
    return "mpi-of-tests"


def _functions() -> tuple[Callable[[], int], Callable[[Any], Any]]:
    """Return functions that go by value: the processes then do not import this file, with all of pytest."""

    def rank() -> int:
        from mpi4py import MPI

        return int(MPI.COMM_WORLD.rank)

    def rank_and(value: Any) -> Any:
        return rank(), value

    return rank, rank_and


_rank, _rank_and = _functions()


# Under MPI -------------------------------------------------------------------------------------------------


def test_the_result_is_a_list_by_rank(runner: str) -> None:
    """In one future, or a future each."""
    both = mpi(runner=runner, processes=2)(task(returns=list)(_rank_and))
    apart = mpi(runner=runner, processes="2", processes_per_node="2")(task(returns=2)(_rank_and))
    one = mpi(runner=runner)(task(returns=1)(_rank_and))

    assert compss_wait_on(both("a")) == [(0, "a"), (1, "a")]
    first, second = apart("b")
    assert compss_wait_on([second, first]) == [(1, "b"), (0, "b")]
    assert compss_wait_on(one("c")) == (0, "c")


def test_the_number_of_processes_may_depend_on_the_call(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a parameter, or a variable of the environment."""
    monkeypatch.setenv("PROCESSES_OF_MINE", "2")

    def rank(n: int) -> int:
        return _rank()

    by_parameter = mpi(runner=runner, processes="n")(task(returns=list)(rank))
    by_variable = mpi(runner=runner, processes="${PROCESSES_OF_MINE}")(task(returns=list)(rank))

    assert compss_wait_on(by_parameter(2)) == compss_wait_on(by_variable(0)) == [0, 1]


def test_more_processes_than_cores_are_started(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With scale_by_cu as many as were asked for, since a program counts on their results."""
    monkeypatch.setattr("eflows_nb.pycompss.constraints.usable_cores", lambda: 1)
    wide = constraint(computing_units=2)(
        mpi(runner=runner, processes=1, scale_by_cu=True)(task(returns=2)(_rank_and))
    )

    with pytest.warns(ConstraintWarning, match="computing_units=2 of 'rank_and' cannot be met"):
        assert compss_wait_on(wide(1)) == [(0, 1), (1, 1)]


def test_a_collection_is_dealt_out(runner: str) -> None:
    """In blocks; what has no layout comes to all, and results of tasks are waited for."""

    def total(data: Any, factors: Any, plus: int) -> Any:
        return sum(data) * factors[_rank()] + plus

    one = task(returns=1)(abs)
    total_of = mpi(runner=runner, processes=2, data_layout={block_count: 2, block_length: 2, stride: 2})(
        task(data=COLLECTION_IN, factors=COLLECTION_IN, returns=2)(total)
    )

    assert compss_wait_on(total_of([one(-1), one(-2), one(-3), one(-4)], [1, 10], plus=5)) == [8, 75]


def test_what_the_first_process_has_changed_counts(runner: str) -> None:
    """Of arguments and of the object of a method."""

    class Model:
        def __init__(self) -> None:
            self.state = [0]

        @mpi(runner=runner, processes=2)
        @task(returns=list, x=INOUT)
        def step(self, x: Any, *more: int, by: int = 1) -> int:
            self.state.append(by + _rank())
            x += by + sum(more)
            return by

    model, x = Model(), np.zeros(2)

    assert compss_wait_on(model.step(x, 10, 20, by=5)) == [5, 5]
    assert compss_wait_on(x).tolist() == [35, 35]
    assert compss_wait_on(model).state == [0, 5]
    model.step(x, by=6)  # the class is as it was before: this is a task, too
    assert model.state == [0]
    assert compss_wait_on(model).state == [0, 5, 6]


def test_an_exception_of_one_process_ends_all(runner: str) -> None:
    """It is raised with the rank and its own traceback; nobody waits for the others."""

    def fail(folder: str) -> int:
        if _rank() == 1:
            raise ValueError("no luck")
        while True:
            pass

    failing = mpi(runner=runner, processes=2)(task(returns=list, on_failure="FAIL")(fail))

    with pytest.raises(ValueError, match="no luck") as told:
        compss_wait_on(failing(""))
    notes = "\n".join(told.value.__notes__)
    assert "In process 1 of 2." in notes
    assert 'in fail\n    raise ValueError("no luck")' in "".join(traceback.format_exception(told.value))


def test_a_process_that_leaves_nothing_is_told(runner: str) -> None:
    """With the command line; a result that cannot be sent, too."""

    def leave() -> None:
        os._exit(3)

    def lock() -> Any:
        return threading.Lock()

    for function, text in ((leave, r"process 0 of 1 has left no result"), (lock, "cannot be sent back")):
        failing = mpi(runner=runner)(task(returns=1, on_failure="FAIL")(function))
        with pytest.raises(ProgramFailedError, match=text):
            compss_wait_on(failing())


@pytest.mark.engines
def test_processes_are_started_by_engines(runner: str) -> None:
    """Where the task runs."""
    both = mpi(runner=runner, processes=2)(task(returns=list)(_rank_and))
    with ef.start(engines=1):
        assert compss_wait_on(both(os.getpid())) == [(0, os.getpid()), (1, os.getpid())]


def test_what_mpi_lacks_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The runner, or the library for Python."""
    task_of = task(returns=list, on_failure="FAIL")
    with pytest.raises(UnsupportedError, match=r"by 'mpi-of-nobody', and this machine has none\. Install an"):
        compss_wait_on(mpi(runner="mpi-of-nobody", processes=2)(task_of(_rank_and))(1))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UnsupportedError, match="needs mpi4py where the engines run, and it is not there"):
        compss_wait_on(mpi(runner="true", processes=2)(task_of(_rank_and))(1))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"x_layout": 3}, r"@mpi\(x_layout=3\) is no layout\. Give a dictionary such as"),
        ({"x_layout": {"blocks": 3}}, "is no layout"),
        ({"x_layout": {stride: 2}}, "does not say how many blocks: give block_count"),
        ({"z_layout": {}}, r"@mpi\(z_layout=…\): 'both' has no parameter 'z'; it has: x, y"),
        ({"y_layout": {}}, "'both' writes 'y', of which each process has a part only"),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused(given: dict[str, Any], text: str) -> None:
    """Where the function is defined."""

    def both(x: Any, y: Any) -> None: ...

    with pytest.raises(ef.TaskDefinitionError, match=text):
        mpi(runner="mpirun", **given)(task(x=IN, y=INOUT)(both))


@pytest.mark.parametrize(
    ("layout", "parts"),
    [
        (Layout(), ["a", "b"]),
        (Layout(block_count=2, block_length=3, stride=2), [["a", "b", "c"], ["c", "d", "e"]]),
        (Layout(block_count=5), [["a", "c", "e"], ["b", "d"]]),
        (Layout(block_count=3, block_length=2, stride=2), [["a", "b", "e"], ["c", "d"]]),
        (Layout(block_count=1), ["a", []]),
    ],
)
def test_blocks_are_dealt_out_in_turn(layout: Layout, parts: list[Any]) -> None:
    """A block begins every stride; one item alone comes without a list around it."""
    assert [layout.part("abcde", rank, 2) for rank in range(2)] == parts


# In a container --------------------------------------------------------------------------------------------


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a container engine; return the file in which it notes the words of its command line."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "apptainer"
    note = tmp_path / "note"
    program.write_text(ENGINE.format(python=sys.executable, note=str(note)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return note


def _inside(x: list[int], path: str) -> Any:
    x.append(1)
    with Path(path).open("a") as file:
        file.write("inside")
    return sorted({"eflows_nb", "cloudpickle"} & set(sys.modules)), os.getpid()


def test_a_function_runs_in_a_container(engine: Path, tmp_path: Path) -> None:
    """With the files and folders that it needs, and nothing of this package."""
    (tmp_path / "data").mkdir()
    path, x = str(tmp_path / "data" / "f"), [0]
    inside = container(engine="SINGULARITY", image="image.sif", options="--nv")(
        task(x=INOUT, path=FILE_INOUT, returns=1)(_inside)
    )

    modules, process = compss_wait_on(inside(x, path))
    compss_wait_on_file(path)

    assert modules == ["cloudpickle"]
    assert process != os.getpid()
    assert compss_wait_on(x) == [0, 1]
    assert Path(path).read_text() == "inside"
    words = engine.read_text().split("\n")
    bound = [words[place + 1] for place, word in enumerate(words) if word == "--bind"]
    assert {str(Path.cwd()), str(tmp_path / "data")} <= set(bound)
    assert words[words.index("image.sif") - 1] == "--nv"
    assert words[words.index("image.sif") + 1] == "python3"


def test_a_program_in_a_container_has_its_files(engine: Path, tmp_path: Path) -> None:
    """Those in lists, too; what is no path into a folder is left alone."""

    @container(engine="APPTAINER", image="image.sif")
    @binary(binary="python3", args='-c \'open("{{path}}", "w").close()\'')
    @task(path=FILE_INOUT, others=COLLECTION_FILE_IN)
    def touch(path: str, others: list[str], text: str = "/no/where") -> None: ...

    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    touch(str(tmp_path / "one" / "f"), [str(tmp_path / "two" / "g")])
    compss_wait_on_file(str(tmp_path / "one" / "f"))

    assert (tmp_path / "one" / "f").exists()
    words = engine.read_text().split("\n")
    bound = [words[place + 1] for place, word in enumerate(words) if word == "--bind"]
    assert bound == [str(Path.cwd()), str(tmp_path / "one"), str(tmp_path / "two")]


def test_a_file_describes_the_container_of_a_function(
    engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By @software; its options may name variables."""
    monkeypatch.setenv("OPTIONS_OF_MINE", "--nv --quiet")
    told = {"engine": "SINGULARITY", "image": "image.sif", "options": "$OPTIONS_OF_MINE ${OPTIONS_OF_NOBODY}"}
    config = {"execution": {"type": "task"}, "container": told, "parameters": {"returns": 1}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    inside = software(config_file=str(tmp_path / "config.json"))(_three)

    assert compss_wait_on(inside()) == 3
    words = engine.read_text().split("\n")
    assert words[words.index("image.sif") - 2 : words.index("image.sif")] == ["--nv", "--quiet"]


def _three() -> int:
    return 3


def test_an_exception_in_a_container_is_that_of_the_task(engine: Path) -> None:
    """With its own traceback."""

    def fail() -> None:
        raise ValueError("no luck")

    with pytest.raises(ValueError, match="no luck") as told:
        compss_wait_on(
            container(engine="APPTAINER", image="image.sif")(task(returns=1, on_failure="FAIL")(fail))()
        )
    assert "In process 0 of 1." in told.value.__notes__[0]


def test_another_version_of_python_in_the_image_is_told(
    engine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code of a function is that of one version."""
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    inside = container(engine="APPTAINER", image="image.sif")(task(returns=1, on_failure="FAIL")(_rank))

    with pytest.raises(RuntimeError, match=r"The function comes from Python 3\.99, and this is Python 3\."):
        compss_wait_on(inside())


def test_a_container_engine_that_is_missing_is_told() -> None:
    """For a function as for a program."""
    inside = container(engine="nobodys-engine", image="x")(task(returns=1, on_failure="FAIL")(_rank))

    with pytest.raises(
        UnsupportedError, match=r"has no nobodys-engine\. Install it, or leave @container out"
    ):
        compss_wait_on(inside())
