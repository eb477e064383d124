"""The task runtimes that are compared: what each needs, and the driver that speaks to it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import cast

from comparison.systems.driver import Driver

__all__ = ["OURS", "SYSTEMS", "System", "driver"]

OURS = "eflows-nb"


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """One task runtime.

    Parameters
    ----------
    name
        How people call it.
    distribution
        Its name on the package index, for its version; None for the standard library.
    module
        The module beside this one that holds its `Driver`.
    requirements
        What its own environment needs, with versions; empty for what shares the environment of this project.
    data_flow
        Whether a task may read another task's result without a detour through the client.
    """

    name: str
    distribution: str | None
    module: str
    requirements: tuple[str, ...] = ()
    data_flow: bool = True

    @property
    def slug(self) -> str:
        """The name as a folder."""
        return self.name.lower().replace(" ", "-")


SYSTEMS = {
    system.name: system
    for system in (
        System(name=OURS, distribution="eflows-nb", module="eflows"),
        System(
            name="Dask",
            distribution="distributed",
            module="dask_cluster",
            requirements=("distributed==2026.8.0",),
        ),
        System(name="Ray", distribution="ray", module="ray_core", requirements=("ray==2.60.0",)),
        System(name="Parsl", distribution="parsl", module="parsl_htex", requirements=("parsl==2026.10.26",)),
        System(
            name="executorlib",
            distribution="executorlib",
            module="executorlib_node",
            requirements=("executorlib==1.11.0",),
        ),
        System(name="ipyparallel", distribution="ipyparallel", module="ipyparallel_view", data_flow=False),
        System(name="process pool", distribution=None, module="process_pool", data_flow=False),
    )
}


def driver(name: str, workers: int) -> Driver:
    """Return the driver of a system, which imports the system and does not start it."""
    module = import_module(f"comparison.systems.{SYSTEMS[name].module}")
    return cast("Driver", module.connect(workers))
