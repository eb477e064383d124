"""Lets a new session be seen where it runs."""

from __future__ import annotations

import sys
from typing import Any

from eflows_nb.runtime.session import Session

__all__ = ["watch"]


def watch(session: Session) -> None:
    """Show the output of tasks and the progress of waits; in a kernel, serve the live view too."""
    from eflows_nb.notebook.output import TaskOutputView
    from eflows_nb.notebook.progress import ProgressView

    kernel = _kernel()
    session.observe(TaskOutputView(session, kernel))
    session.observe(ProgressView(kernel))
    if kernel is not None:
        from eflows_nb.notebook import live
        from eflows_nb.notebook.task_detail import details_of

        details_of(session, kernel)
        live.register(session)


def _kernel() -> Any:
    """Return the Jupyter kernel of this process, None outside one."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None)
