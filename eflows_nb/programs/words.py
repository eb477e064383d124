"""The decorators that let a task function be a program, or have programs around it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.programs.function import ProgramTask, above_task, require_names
from eflows_nb.pycompss.api import programs
from eflows_nb.pycompss.layouts import Layout
from eflows_nb.pycompss.programs import Container, Launcher
from eflows_nb.pycompss.requests import Request
from eflows_nb.pycompss.wraps import Nodes
from eflows_nb.tasks.resources import ScarceResourceWarning

__all__ = ["Program", "binary", "container", "epilog", "http", "mpi", "mpmd_mpi", "multinode", "prolog"]

_IN_ITS_PLACE = ("binary", "mpi", "mpmd_mpi", "http")
"""The decorators that say what runs in the place of the function: a task has one of them."""

Decorator = Callable[[Any], ProgramTask]


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """One of the programs of `mpmd_mpi`.

    Parameters
    ----------
    program
        Its name or path.
    args
        Its arguments; they may name parameters as ``{{x}}`` and environment variables as ``${X}``.
    processes
        In how many processes it runs: a number, or the name of a parameter that has it.
    """

    program: str
    args: str = ""
    processes: int | str = 1


def binary(
    program: str, *, args: str | None = None, working_dir: str | Path | None = None, check: bool = True
) -> Decorator:
    r"""Let a program run in the place of the function; the result is its exit code.

    It stands above ``@ef.task``. Files that are ``FILE_IN_STDIN``, ``FILE_OUT_STDOUT`` or
    ``FILE_OUT_STDERR`` are its standard input, output and error.

    Parameters
    ----------
    program
        Its name or path.
    args
        Its arguments, divided as by a shell; they may name parameters as ``{{x}}`` and environment variables
        as ``${X}``. None for the values of all parameters, in order.
    working_dir
        Folder where it runs, which is made if it is not there; likewise. None for where the engine runs.
    check
        Whether the task fails with an exit code other than 0.

    Raises
    ------
    TaskDefinitionError
        When it stands above no task function, or twice, or a text names a parameter that does not exist.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.binary("sort", args="-n {{source}}")
    ... @ef.task(source=ef.FILE_IN, target=ef.FILE_OUT_STDOUT)
    ... def sort(source, target): ...
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(f"{folder}/a").write_text("10 9")
    ...     _ = sort(f"{folder}/a", f"{folder}/b")
    ...     ef.wait_on_file(f"{folder}/b").read_text()
    '10 9\n'
    """

    def change(task: ProgramTask) -> None:
        _alone(task, "binary")
        require_names(task, "binary", (program, args, str(working_dir)))
        programs.set_program(task, "binary", _given(program, args, working_dir, check))

    return above_task("binary", change)


def mpi(
    *,
    processes: int | str,
    runner: str = "mpiexec",
    program: str | None = None,
    args: str | None = None,
    working_dir: str | Path | None = None,
    check: bool = True,
    flags: str = "",
    per_core: bool = False,
    layouts: Mapping[str, Layout] | None = None,
) -> Decorator:
    """Let the function, or a program in its place, run in several processes of MPI on one host.

    It stands above ``@ef.task``. Of a function the result is the list of what each process returns, by rank
    (of one process what that returns), and what it writes is what rank 0 has made of it; it needs ``mpi4py``.
    Of a program the result is its exit code.

    Parameters
    ----------
    processes
        How many: a number, or a text that is a parameter's name or has an environment variable in it.
    runner
        What starts them, such as ``"mpiexec"`` or ``"srun"``.
    program, args, working_dir, check
        As of `binary`; without `program` the function runs.
    flags
        Options of the runner.
    per_core
        Whether there are that many processes for each core that the task asks for.
    layouts
        By parameter of the function, which items of the argument each process gets; all get everything else.

    Raises
    ------
    TaskDefinitionError
        When it stands above no task function, or twice; when layouts are of no parameter, or of one that the
        task writes; when what only a program has is given without one, or the other way round.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.mpi(processes=4)
    ... @ef.task
    ... def ranks(x):
    ...     from mpi4py import MPI
    ...     return MPI.COMM_WORLD.rank + x
    """

    def change(task: ProgramTask) -> None:
        _alone(task, "mpi")
        if isinstance(processes, bool) or not isinstance(processes, (int, str)) or processes in (0, ""):
            raise TaskDefinitionError(
                f"@ef.mpi(processes={processes!r}) of '{task.name}' is no number of processes. Give 1 or "
                "more, or the name of a parameter."
            )
        launcher = Launcher(runner=runner, processes=processes, flags=flags, a_unit=per_core)
        if program is not None:
            if layouts:
                raise TaskDefinitionError(
                    f"@ef.mpi(layouts=…) of '{task.name}' deals out arguments of a function, and a program "
                    "takes its place. Leave one of them out."
                )
            require_names(task, "mpi", (program, args, str(working_dir)))
            programs.set_program(task, "mpi", _given(program, args, working_dir, check), launcher)
            return
        if args is not None or working_dir is not None:
            raise TaskDefinitionError(
                f"@ef.mpi of '{task.name}' has args or working_dir, and no program that they are of. Give "
                "program=…, or leave them out for a Python function."
            )
        programs.set_processes(task, launcher, layouts or {})

    return above_task("mpi", change)


def mpmd_mpi(
    *members: Program, runner: str = "mpiexec", working_dir: str | Path | None = None, check: bool = True
) -> Decorator:
    """Let several programs run together, as one program of MPI; the result is the exit code of the runner.

    It stands above ``@ef.task``.

    Parameters
    ----------
    *members
        The programs.
    runner
        What starts them.
    working_dir, check
        As of `binary`.

    Raises
    ------
    TaskDefinitionError
        When no program is given, it stands above no task function, or twice, or a text names a parameter that
        does not exist.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.mpmd_mpi(
    ...     ef.Program(program="ocean", processes=4, args="{{days}}"), ef.Program(program="ice", processes=2)
    ... )
    ... @ef.task
    ... def climate(days): ...
    """

    def change(task: ProgramTask) -> None:
        _alone(task, "mpmd_mpi")
        if not members or not all(isinstance(one, Program) for one in members):
            raise TaskDefinitionError(
                f"@ef.mpmd_mpi of '{task.name}' needs programs, such as "
                "ef.Program(program='ocean', processes=4)."
            )
        texts = [text for one in members for text in (one.program, one.args)]
        require_names(task, "mpmd_mpi", (*texts, str(working_dir)))
        given = [{"binary": one.program, "args": one.args, "processes": one.processes} for one in members]
        folder = None if working_dir is None else str(working_dir)
        programs.set_programs(task, runner, given, working_dir=folder, fail_by_exit_value=check)

    return above_task("mpmd_mpi", change)


def container(engine: str, *, image: str, options: str = "") -> Decorator:
    """Let the program of a task, or its Python function, run in a container.

    It stands above ``@ef.task``, and above or below the decorator that names the program. The folders of
    files among the arguments are there in the container.

    Parameters
    ----------
    engine
        ``"apptainer"``, ``"singularity"``, ``"docker"`` or ``"udocker"``.
    image
        Name of the image, or its file.
    options
        Options of the engine; they may have environment variables in them as ``${X}``.

    Raises
    ------
    TaskDefinitionError
        When it stands above no task function, or twice, or above one that asks a web service.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.container("apptainer", image="gmt.sif")
    ... @ef.binary("gmt", args="grdinfo {{grid}}")
    ... @ef.task(grid=ef.FILE_IN, told=ef.FILE_OUT_STDOUT)
    ... def describe(grid, told): ...
    """

    def change(task: ProgramTask) -> None:
        if isinstance(task.program, Request):
            raise TaskDefinitionError(
                f"'{task.name}' asks a web service, which runs in no container. Leave @ef.container out."
            )
        programs.set_container(task, Container(engine=engine, image=image, options=options))

    return above_task("container", change)


def http(
    method: str,
    url: str,
    *,
    payload: str | None = None,
    payload_type: str = "application/json",
    produces: str | None = None,
    updates: str | None = None,
) -> Decorator:
    """Let a task ask a web service in the place of the function; the result is the answer.

    It stands above ``@ef.task``. An answer of JSON is what that stands for, any other one its text.

    Parameters
    ----------
    method
        ``"GET"``, ``"POST"`` and so on.
    url
        The address; it may name parameters as ``{{x}}`` and environment variables as ``${X}``.
    payload
        What is sent, such as ``'{"id": {{x}}}'``: parameters in it become JSON. None for nothing.
    payload_type
        Its media type.
    produces
        Which parts of the answer are returned, such as ``'{"length": "{{return_0}}"}'``; other names are for
        `updates`. None for all of it.
    updates
        What of an argument that the task writes, a dict, is set to which part, such as
        ``"{{x}}.length = {{length}}"``.

    Raises
    ------
    TaskDefinitionError
        When it stands above no task function, or twice, or a text names a parameter that does not exist.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.http("GET", "https://earthquake.usgs.gov/fdsnws/event/1/count?minmagnitude={{magnitude}}")
    ... @ef.task
    ... def count(magnitude): ...
    """

    def change(task: ProgramTask) -> None:
        _alone(task, "http")
        require_names(task, "http", (url, payload))
        task.program = Request(
            address=url, method=method.upper(), payload=payload, payload_type=payload_type,
            produces=produces, updates=updates,
        )  # fmt: skip

    return above_task("http", change)


def prolog(
    program: str, *, args: str = "", working_dir: str | Path | None = None, check: bool = True
) -> Decorator:
    """Let a program run before the task, on the same engine.

    It stands above ``@ef.task``.

    Parameters
    ----------
    program, args, working_dir
        As of `binary`.
    check
        Whether the task fails, and does not begin, with an exit code other than 0.

    Raises
    ------
    TaskDefinitionError
        When it stands above no task function, or twice, or a text names a parameter that does not exist.

    Examples
    --------
    >>> import eflows_nb as ef, pathlib, tempfile
    >>> @ef.prolog("mkdir", args="-p {{folder}}/made")
    ... @ef.task
    ... def look(folder):
    ...     return [path.name for path in pathlib.Path(folder).iterdir()]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ef.wait_on(look(folder))
    ['made']
    """
    return _around("prolog", program, args, working_dir, check)


def epilog(
    program: str, *, args: str = "", working_dir: str | Path | None = None, check: bool = False
) -> Decorator:
    """Let a program run after the task, on the same engine, when that has not failed.

    It stands above ``@ef.task``.

    Parameters
    ----------
    program, args, working_dir
        As of `binary`.
    check
        Whether the task fails with an exit code other than 0.

    Raises
    ------
    TaskDefinitionError
        When it stands above no task function, or twice, or a text names a parameter that does not exist.

    Examples
    --------
    >>> import eflows_nb as ef, pathlib, tempfile
    >>> @ef.epilog("gzip", args="{{path}}")
    ... @ef.task
    ... def write(path):
    ...     pathlib.Path(path).write_text("long")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = ef.wait_on(write(f"{folder}/a"))
    ...     [path.name for path in pathlib.Path(folder).iterdir()]
    ['a.gz']
    """
    return _around("epilog", program, args, working_dir, check)


def multinode(*, nodes: int | str = 1) -> Decorator:
    """Tell a task of the nodes that it has, by ``COMPSS_NUM_NODES`` and ``COMPSS_HOSTNAMES``: here it is one.

    It stands above ``@ef.task``, for programs that expect these variables.

    Parameters
    ----------
    nodes
        How many it asks for: a number, or ``"${X}"`` for an environment variable. With more than one a
        `ScarceResourceWarning` says that it gets one.

    Raises
    ------
    TaskDefinitionError
        When it stands above no task function, or twice.

    Examples
    --------
    >>> import eflows_nb as ef, os
    >>> @ef.multinode(nodes=1)
    ... @ef.task
    ... def nodes():
    ...     return os.environ["COMPSS_NUM_NODES"]
    >>> ef.wait_on(nodes())
    '1'
    """

    def change(task: ProgramTask) -> None:
        if os.path.expandvars(str(nodes)) not in ("0", "1"):
            warnings.warn(
                f"@ef.multinode(nodes={nodes!r}) of '{task.name}' gets one node: a task runs on one host.",
                ScarceResourceWarning,
                stacklevel=3,
            )
        task.outer.append(Nodes())

    return above_task("multinode", change)


def _around(word: str, program: str, args: str, working_dir: str | Path | None, check: bool) -> Decorator:
    def change(task: ProgramTask) -> None:
        require_names(task, word, (program, args, str(working_dir)))
        given = _given(program, args, working_dir, check)
        programs.put_around(task, given, after=word == "epilog")

    return above_task(word, change)


def _given(program: str, args: str | None, working_dir: str | Path | None, check: bool) -> dict[str, Any]:
    given: dict[str, Any] = {"binary": program, "fail_by_exit_value": check}
    if args is not None:
        given["args"] = args
    if working_dir is not None:
        given["working_dir"] = str(working_dir)
    return given


def _alone(task: ProgramTask, word: str) -> None:
    """Complain of a second decorator that says what runs in the place of the function."""
    for other in _IN_ITS_PLACE:
        if other in task.words and other != word:
            raise TaskDefinitionError(
                f"'{task.name}' is given by @ef.{other} already, and cannot be given by @ef.{word} too. "
                "Leave one of them out."
            )
