"""``@multinode``: a task on several nodes; here the only one."""

from __future__ import annotations

import os
import warnings
from typing import Any

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.constraints import ConstraintWarning
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.wraps import Nodes

__all__ = ["multinode"]


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
    task.outer.append(Nodes())


Multinode = MultiNode = multinode
