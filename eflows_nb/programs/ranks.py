"""Programs and functions in several processes, and what a task is told of its nodes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.programs.decorating import Decorator, given, require_alone, require_program
from eflows_nb.programs.function import ProgramTask, above_task, require_names
from eflows_nb.pycompss.api import programs
from eflows_nb.pycompss.layouts import Layout
from eflows_nb.pycompss.programs import Launcher
from eflows_nb.pycompss.wraps import Nodes
from eflows_nb.tasks.resources import ScarceResourceWarning

__all__ = ["Program", "mpi", "mpmd_mpi", "multinode"]


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


def mpi(
    *,
    processes: int | str,
    runner: str = "mpiexec",
    program: str | Path | None = None,
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
    if program is not None:
        require_program("mpi", program)

    def change(task: ProgramTask) -> None:
        require_alone(task, "mpi")
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
            require_names(task, "mpi", (str(program), args, str(working_dir)))
            programs.set_program(task, "mpi", given(program, args, working_dir, check), launcher)
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
    if not members or not all(isinstance(one, Program) for one in members):
        raise TaskDefinitionError(
            f"@ef.mpmd_mpi{members!r:.60} needs programs, such as ef.Program(program='ocean', processes=4)."
        )

    def change(task: ProgramTask) -> None:
        require_alone(task, "mpmd_mpi")
        texts = [text for one in members for text in (one.program, one.args)]
        require_names(task, "mpmd_mpi", (*texts, str(working_dir)))
        said = [{"binary": one.program, "args": one.args, "processes": one.processes} for one in members]
        folder = None if working_dir is None else str(working_dir)
        programs.set_programs(task, runner, said, working_dir=folder, fail_by_exit_value=check)

    return above_task("mpmd_mpi", change)


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
