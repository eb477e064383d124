"""A function of a file run as a PyCOMPSs program."""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eflows_nb.runtime import session

__all__ = ["launch_pycompss_application"]


def launch_pycompss_application(app: str, func: str | None, *given: Any, **options: Any) -> Any:
    """Return what function `func` of a file or module returns, after all its tasks have ended.

    Parameters
    ----------
    app
        Path of a Python file, or the name of a module.
    func
        Name of the function; None runs the file as a program.
    given
        The arguments of the function: a sequence, and a dictionary of those by name.
    options
        ``args`` and ``kwargs`` likewise; all others are for the COMPSs runtime and have no meaning here.
    """
    args = next((one for one in given if isinstance(one, (list, tuple))), options.get("args", ()))
    kwargs = next((one for one in given if isinstance(one, Mapping)), options.get("kwargs", {}))
    if func is None:
        result: Any = runpy.run_path(app, run_name="__main__")
    else:
        result = getattr(_module(app), func)(*_as_sequence(args), **kwargs)
    session.current().barrier()
    return result


def _as_sequence(args: Any) -> Sequence[Any]:
    return args if isinstance(args, (list, tuple)) else (args,)


def _module(app: str) -> Any:
    path = Path(app)
    if path.suffix != ".py" and not path.exists():
        return importlib.import_module(app)
    folder = str(path.absolute().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(path.stem)
