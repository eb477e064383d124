"""``@mpmd_mpi``: several programs under one runner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.api.programs import set_programs
from eflows_nb.pycompss.function import LayerTask

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
    set_programs(task, runner, programs, working_dir=working_dir, fail_by_exit_value=fail_by_exit_value)


MPMDMPI = MpmdMPI = mpmd_mpi
