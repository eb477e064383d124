"""``@mpi``: a task that is an MPI program on this machine, or a Python function in several processes."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task, require
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
    processes = given.pop("computing_nodes", processes) if processes == 1 else processes
    launcher = Launcher(runner=runner, processes=processes, flags=flags, a_unit=bool(scale_by_cu))
    if "binary" in given:
        set_program(task, given, launcher)
        return
    layouts = {word: value for word, value in given.items() if word.endswith(_LAYOUT)}
    set_processes(
        task, launcher, {word.removesuffix(_LAYOUT): Layout.of(word, one) for word, one in layouts.items()}
    )


Mpi = MPI = mpi
