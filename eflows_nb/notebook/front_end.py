"""What looks at the kernel of this process."""

from __future__ import annotations

import logging
import sys
from typing import Any

from eflows_nb.notebook.progress import somebody_looks

__all__ = ["kernel_log", "kernel_shell", "shows_widgets"]


def kernel_shell() -> Any:
    """Return the shell of the Jupyter kernel in this process, None outside one."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell if hasattr(shell, "kernel") else None


def kernel_log() -> logging.Logger:
    """Return the log of the kernel, which is the server's; a logger without a handler writes into a cell."""
    shell = kernel_shell()
    log: logging.Logger = logging.getLogger(__name__) if shell is None else shell.kernel.log
    return log


def shows_widgets() -> bool:
    """Return whether widgets are seen: not in a headless run, nor where a kernel is not there."""
    shell = kernel_shell()
    # Colab sends no id of the cell, as other live front ends do.
    return shell is not None and (somebody_looks(shell.kernel) or "google.colab" in sys.modules)
