"""``@mpmd_mpi``: several programs under one runner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eflows_nb.errors import TaskDefinitionError
from eflows_nb.pycompss.api.decorators import on_task, warn_of_unknown
from eflows_nb.pycompss.api.programs import appended
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Launcher, Program

__all__ = ["mpmd_mpi"]


@on_task
def mpmd_mpi(
    task: LayerTask,
    *,
    runner: str = "mpirun",
    programs: Sequence[Mapping[str, Any]] = (),
    working_dir: str | None = None,
    fail_by_exit_value: Any = True,
    processes_per_node: Any = 1,
) -> None:
    """Run `programs`, each with ``binary``, ``args`` and ``processes``, by `runner`.

    Raises
    ------
    TaskDefinitionError
        When a program is not named.
    """
    if not programs or any("binary" not in one for one in programs):
        raise TaskDefinitionError(f"@mpmd_mpi of '{task.name}' needs programs=[dict(binary=…), …].")
    for one in programs:
        warn_of_unknown(task, "mpmd_mpi, in programs,", one, {"binary", "args", "params", "processes"})
    first, *others = (
        Program(
            binary=one["binary"],
            args=one.get("args", one.get("params", "")),
            launcher=Launcher(runner=runner, processes=one.get("processes", 1)),
        )
        for one in programs
    )
    task.program = replace(
        first,
        beside=tuple(others),
        working_dir=working_dir,
        fail_by_exit_value=fail_by_exit_value in (True, "true", "True"),
        appended=appended(task),
        channels={name: declared.channel for name, declared in task.declared.items() if declared.channel},
    )


MPMDMPI = MpmdMPI = mpmd_mpi
