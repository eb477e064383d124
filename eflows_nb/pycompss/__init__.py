"""Programs for PyCOMPSs, unmodified, on the task graph of this package: no Java, no COMPSs runtime.

Opt-in. `activate`, ``%load_ext eflows_nb.pycompss`` in a notebook, or ``eflows pycompss script.py`` on the
command line make ``import pycompss`` find the modules of this folder, unless the real package is installed.
"""

from __future__ import annotations

from typing import Any

from eflows_nb.pycompss.naming import activate

__all__ = ["activate", "load_ipython_extension"]


def load_ipython_extension(_shell: Any) -> None:
    """Let the notebook import ``pycompss``; IPython calls this for ``%load_ext eflows_nb.pycompss``."""
    activate()
