"""``@multinode``: a task on several nodes; here the only one."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.constraints import ConstraintWarning
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import THREADS
from eflows_nb.pycompss.wraps import environment

__all__ = ["multinode"]


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Tell the function that it has one node, this one."""

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with the variables of PyCOMPSs set."""
        import functools
        import socket

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            told = {
                "COMPSS_NUM_NODES": "1",
                "COMPSS_HOSTNAMES": socket.gethostname(),
                THREADS: os.environ.get(THREADS, "1"),
            }
            with environment(told):
                return function(*args, **kwargs)

        return run


@on_task
def multinode(task: LayerTask, *, computing_nodes: Any = 1, computingNodes: Any = None) -> None:  # noqa: N803
    """Let the task have this machine as its only node, after a warning when it wants more."""
    wanted = str(computing_nodes if computingNodes is None else computingNodes)
    if os.path.expandvars(wanted) not in ("0", "1"):
        warnings.warn(
            f"@multinode(computing_nodes={wanted}) of '{task.name}' gets one node, this machine.",
            ConstraintWarning,
            stacklevel=3,
        )
    task.outer.append(_Nodes())


Multinode = MultiNode = multinode
