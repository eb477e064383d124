"""What is wrong about a decorator is said at once, in one sentence."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.pycompss.refusal import UnsupportedError


def take(x: Any, y: Any = 1) -> Any:
    """Return what it is given."""
    return x, y


def test_a_decorator_stands_above_a_task_function() -> None:
    """Neither above a plain function nor below ``@ef.task``, which would be above one."""
    with pytest.raises(
        ef.TaskDefinitionError,
        match=re.escape("@ef.binary stands above @ef.task, and 'take' is no task function. Put @ef.task(…)"),
    ):
        ef.binary("sort")(take)
    with pytest.raises(ef.TaskDefinitionError, match="@staticmethod and @classmethod come above both"):
        ef.reduction()(staticmethod(ef.task(take)))


@pytest.mark.parametrize(
    ("decorate", "message"),
    [
        (lambda task: ef.binary("a")(ef.binary("b")(task)), "@ef.binary stands twice above 'take'"),
        (
            lambda task: ef.binary(task),
            "@ef.binary is given <task function take(x: 'Any', y: 'Any' = 1) -> 'Any'>, which is no program.",
        ),
        (lambda task: ef.epilog(task), "which is no program. Name one, such as @ef.epilog('sort')."),
        (lambda task: ef.mpmd_mpi(task), "needs programs, such as ef.Program("),
        (
            lambda task: ef.http("GET", "http://x")(ef.mpi(processes=2)(task)),
            "'take' is given by @ef.mpi already, and cannot be given by @ef.http too. Leave one of them out",
        ),
        (
            lambda task: ef.binary("sort", args="{{z}}")(task),
            "@ef.binary of 'take' names {{z}}, and there is no such parameter; it has: x, y.",
        ),
        (
            lambda task: ef.http("GET", "http://x/{{z}}")(task),
            "@ef.http of 'take' names {{z}}, and there is no such parameter; it has: x, y.",
        ),
        (lambda task: ef.prolog("{{z}}")(task), "@ef.prolog of 'take' names {{z}}"),
        (lambda task: ef.epilog("a", working_dir="{{z}}")(task), "@ef.epilog of 'take' names {{z}}"),
        (lambda task: ef.mpi(processes=0)(task), "@ef.mpi(processes=0) of 'take' is no number of processes."),
        (
            lambda task: ef.mpi(processes=2, args="x")(task),
            "@ef.mpi of 'take' has args or working_dir, and no program that they are of. Give program=…",
        ),
        (
            lambda task: ef.mpi(processes=2, program="a", layouts={"x": ef.Layout()})(task),
            "@ef.mpi(layouts=…) of 'take' deals out arguments of a function, and a program takes its place.",
        ),
        (
            lambda task: ef.mpi(processes=2, layouts={"z": ef.Layout()})(task),
            "'take' has no parameter 'z'; it has: x, y.",
        ),
        (lambda task: ef.mpmd_mpi()(task), "@ef.mpmd_mpi() needs programs, such as ef.Program("),
        (
            lambda task: ef.container("docker", image="a")(ef.http("GET", "http://x")(task)),
            "'take' asks a web service, which runs in no container. Leave @ef.container out.",
        ),
        (lambda task: ef.constraint()(task), "@ef.constraint of 'take' says nothing. Give cores=…"),
        (
            lambda task: ef.constraint(cores=[2])(task),  # type: ignore[arg-type]
            "@ef.constraint(cores=[2]) of 'take' is neither a number nor an expression, such as '2 * n'.",
        ),
        (
            lambda task: ef.defaults(returns=0)(task),
            "@ef.defaults of 'take' is for failures that are ignored. Give @ef.task(on_failure='ignore')",
        ),
        (
            lambda task: ef.defaults(values={"x": 0})(ef.task(on_failure="ignore")(take)),
            "@ef.defaults(values={'x': …}) of 'take': it writes no parameter of that name.",
        ),
        (
            lambda task: ef.reduction(chunk_size=1)(task),
            "@ef.reduction(chunk_size=1) of 'take' is no number of items. Give 2 or more.",
        ),
        (
            lambda task: ef.reduction()(task),
            "@ef.reduction of 'take' needs a parameter that is a collection",
        ),
        (
            lambda task: ef.transform("z", sorted)(task),
            "@ef.transform('z', …) of 'take': there is no such parameter; it has: x, y.",
        ),
        (
            lambda task: ef.transform("x", sorted)(ef.transform("x", sorted)(task)),
            "@ef.transform('x', …) stands twice above 'take'.",
        ),
        (
            lambda task: ef.transform("x", lambda value: value, to="f")(task),
            "@ef.transform('x', …, to='f'): '<lambda>' has no second parameter",
        ),
        (
            lambda task: ef.implement(take)(task),  # type: ignore[arg-type]
            "@ef.implement(take) of 'take' names no task function.",
        ),
        (
            lambda task: ef.implement(ef.task(lambda a: a))(task),
            "takes (x, y), and '<lambda>' takes (a). Give both the same parameters.",
        ),
    ],
)
def test_a_mistake_is_told_where_it_is_made(decorate: Callable[[Any], Any], message: str) -> None:
    """With the name of the task function, and the way out."""
    with pytest.raises(ef.TaskDefinitionError, match=re.escape(message)):
        decorate(ef.task(take))


def test_a_reduction_gives_one_value() -> None:
    """The results of its tasks are items of others."""
    task = ef.task(x=ef.COLLECTION_IN, returns=2)(take)

    with pytest.raises(ef.TaskDefinitionError, match="reduces to one value, and the function has returns=2"):
        ef.reduction()(task)


@pytest.mark.parametrize(
    ("cores", "message"),
    [
        ("${EFLOWS_TEST_UNSET}", "refers to the environment variable EFLOWS_TEST_UNSET, which is not set."),
        ("z + 1", "The constraint cores='z + 1' of 'take' has no value: name 'z' is not defined."),
        ("x - 1", "The constraint cores='x - 1' of 'take' is 0 for this call."),
    ],
)
def test_a_demand_without_a_value_is_told_at_the_call(cores: str, message: str) -> None:
    """With the expression."""
    task = ef.constraint(cores=cores)(ef.task(take))

    with pytest.raises(ef.TaskDefinitionError, match=re.escape(message)):
        task(1)


def test_a_stream_parameter_takes_streams() -> None:
    """Anything else is told at the call."""
    task = ef.task(x=ef.STREAM_OUT)(take)

    with pytest.raises(ef.TaskDefinitionError, match=r"'x' of 'take' is STREAM_OUT, and 3 is no stream."):
        task(3)


@pytest.mark.parametrize(
    ("direction", "word"),
    [(ef.FILE_OUT_STDOUT, "STDOUT"), (ef.prefix("-x"), r"the prefix '-x'")],
)
def test_what_only_a_program_has_is_refused_elsewhere(direction: ef.Parameter, word: str) -> None:
    """In a plain task function, and in one that asks a service."""
    plain = ef.task(x=direction)(take)

    for task in (plain, ef.http("GET", "http://x")(plain)):
        with pytest.raises(
            ef.TaskDefinitionError,
            match=f"'x' of 'take' has {word}, which only a program has. Put @ef.binary",
        ):
            task("f")


def test_a_prefix_is_a_text() -> None:
    """Of something that is a direction."""
    with pytest.raises(ef.TaskDefinitionError, match=r"prefix\(3\) is no text"):
        ef.prefix(3)  # type: ignore[arg-type]
    with pytest.raises(ef.TaskDefinitionError, match="'IN' is not a direction"):
        ef.prefix("--x=", "IN")  # type: ignore[arg-type]


def test_what_a_machine_lacks_is_named(tmp_path: Path) -> None:
    """A runner of MPI, an engine of containers, a program, each with the way out."""
    ef.stop()
    runner = ef.mpi(runner="no-such-runner", program="a", processes=2)(ef.task(take))
    engine = ef.container("no-such-engine", image="a.sif")(ef.task(take))
    program = ef.binary("no-such-program", args="")(ef.task(take))

    with pytest.raises(UnsupportedError, match=r"'no-such-runner', and this machine has none\."):
        ef.wait_on(runner(1))
    with pytest.raises(UnsupportedError, match="in a container of no-such-engine, and this machine has no"):
        ef.wait_on(engine(1))
    with pytest.raises(RuntimeError, match="'no-such-program' cannot be started in"):
        ef.wait_on(program(1))


def test_a_container_is_told_where_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the folders of files; here ``apptainer`` is a program that shows what it was asked for."""
    ef.stop()
    (tmp_path / "apptainer").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "apptainer").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    @ef.binary("gmt", args="grdinfo {{grid}}", working_dir=tmp_path)
    @ef.container("apptainer", image="gmt.sif", options="--nv")
    @ef.task(grid=ef.FILE_IN, told=ef.FILE_OUT_STDOUT)
    def describe(grid: Path, told: Path) -> None: ...

    (tmp_path / "grid").touch()
    describe(tmp_path / "grid", tmp_path / "told")

    words = ef.wait_on_file(tmp_path / "told").read_text().split()
    assert words[:3] == ["exec", "--bind", str(tmp_path)]
    assert words[-5:] == ["--nv", "gmt.sif", "gmt", "grdinfo", str(tmp_path / "grid")]


def test_the_package_stays_light_and_leaves_the_name_of_pycompss() -> None:
    """Programs are imported when they are used, and then ``import pycompss`` finds nothing new."""
    code = (
        "import sys, importlib.util, eflows_nb as ef\n"
        "rooms = ('eflows_nb.programs', 'eflows_nb.pycompss')\n"
        "assert not any(name.startswith(rooms) for name in sys.modules)\n"
        "before = importlib.util.find_spec('pycompss')\n"
        "task = ef.binary('true')(ef.task(lambda: None))\n"
        "assert ef.wait_on(task()) == 0\n"
        "ef.reduction, ef.ObjectStream, ef.http, ef.mpi\n"
        "assert importlib.util.find_spec('pycompss') == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
