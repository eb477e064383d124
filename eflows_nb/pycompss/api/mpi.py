"""``@mpi``: a task that is an MPI program on this machine, or a Python function in several processes."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task, require, warn_of_unknown
from eflows_nb.pycompss.api.programs import set_processes, set_program
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.layouts import Layout
from eflows_nb.pycompss.programs import Launcher

__all__ = ["mpi"]

_LAYOUT = "_layout"


@on_task
def mpi(
    task: LayerTask, *, processes: Any = 1, flags: str = "", scale_by_cu: bool = False, **given: Any
) -> None:
    """Run a program by its ``runner`` in so many `processes`, for each core with `scale_by_cu`.

    Without ``binary`` it is the Python function that runs in all of them, and the result is a list of what
    each returns. ``<parameter>_layout`` deals out the items of a collection to them.
    """
    require(task, "mpi", "runner", given)
    runner = given.pop("runner")
    for word in ("computing_nodes", "computingNodes"):
        processes = given.pop(word, processes) if processes == 1 else processes
    given.pop("processes_per_node", None)  # there is one node
    launcher = Launcher(runner=runner, processes=processes, flags=flags, a_unit=bool(scale_by_cu))
    if "binary" in given:
        set_program(task, "mpi", given, launcher)
        return
    others = [word for word in given if not word.endswith(_LAYOUT)]
    warn_of_unknown(task, "mpi", others, {"working_dir", "workingDir", "fail_by_exit_value", "args"})
    layouts = {word: value for word, value in given.items() if word.endswith(_LAYOUT)}
    set_processes(
        task, launcher, {word.removesuffix(_LAYOUT): Layout.of(word, one) for word, one in layouts.items()}
    )


Mpi = MPI = mpi
