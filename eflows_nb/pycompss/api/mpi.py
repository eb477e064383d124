"""``@mpi``: a task that is an MPI program on this machine."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task, require
from eflows_nb.pycompss.api.programs import set_program
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Launcher, Refusal

__all__ = ["mpi"]


@on_task
def mpi(
    task: LayerTask, *, processes: Any = 1, flags: str = "", scale_by_cu: bool = False, **given: Any
) -> None:
    """Run a program by its ``runner`` in so many `processes`, for each core with `scale_by_cu`.

    Without ``binary`` it is a Python function in several processes: that cannot run, and says so when called.
    """
    require(task, "mpi", "runner", given)
    runner = given.pop("runner")
    if "binary" not in given:
        task.program = Refusal(
            f"@mpi of '{task.name}' without binary=…, a Python function in several processes: only programs "
            "can be that here. Put the function into a script and start that with binary='python'."
        )
        return
    processes = given.pop("computing_nodes", processes) if processes == 1 else processes
    set_program(
        task, given, Launcher(runner=runner, processes=processes, flags=flags, a_unit=bool(scale_by_cu))
    )


Mpi = MPI = mpi
