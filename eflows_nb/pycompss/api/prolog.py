"""``@prolog``: a program that runs before a task."""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.api.programs import put_around
from eflows_nb.pycompss.function import LayerTask

__all__ = ["prolog"]


@on_task
def prolog(task: LayerTask, **given: Any) -> None:
    """Run ``binary`` with ``args`` first; with ``fail_by_exit_value=False`` whatever it ends with."""
    put_around(task, given, after=False)


Prolog = prolog
