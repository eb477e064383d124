"""``@binary``: a task that is a program."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.api.programs import set_program
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Container

__all__ = ["binary"]


@on_task
def binary(task: LayerTask, *, engine: str | None = None, image: str | None = None, **given: Any) -> None:
    """Run a program: ``binary``, ``args`` or ``params``, ``working_dir``, ``fail_by_exit_value``."""
    set_program(task, "binary", given)
    if engine is not None and image is not None:
        from eflows_nb.pycompss.api.programs import set_container

        set_container(task, Container(engine=engine, image=image))


Binary = binary
