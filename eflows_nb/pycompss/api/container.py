"""``@container``: the program or the function of a task runs in a container."""

from __future__ import annotations

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.api.programs import set_container
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Container as _Container

__all__ = ["container"]


@on_task
def container(task: LayerTask, *, engine: str, image: str, options: str = "") -> None:
    """Run the program or the function by `engine` (DOCKER, SINGULARITY, APPTAINER, UDOCKER) in `image`."""
    set_container(task, _Container(engine=engine, image=image, options=options))


Container = container
