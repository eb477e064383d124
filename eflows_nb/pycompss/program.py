"""A PyCOMPSs program from the command line: ``eflows pycompss script.py``."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from eflows_nb.errors import EflowsError
from eflows_nb.pycompss.naming import activate
from eflows_nb.runtime import session

__all__ = ["run"]


def run(
    script: str,
    args: Sequence[str],
    *,
    engines: int | None,
    paths: Sequence[str] = (),
    limit: float | None = None,
    checkpoint: str | None = None,
) -> None:
    """Run a script as Python does, with tasks on engines, and wait for them all.

    Parameters
    ----------
    script
        The file.
    args
        What it finds in ``sys.argv`` after its name.
    engines
        How many; None for one a core, 0 for none: tasks then run in this process.
    paths
        Folders in which modules are found besides that of the script.
    limit
        Seconds after which all tasks are cancelled; None for never.
    checkpoint
        Folder of results, in which those of earlier runs are found again; None for none.

    Raises
    ------
    EflowsError
        When the file cannot be read, or a checkpoint is asked for without engines.
    Exception
        Whatever the script raises, or a task that nobody has waited for.
    """
    path = Path(script)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise EflowsError(f"The program '{script}' cannot be read: {error}.") from error
    activate()
    folders = [str(path.absolute().parent), *(str(Path(one).absolute()) for one in paths)]
    sys.path[:0] = folders
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*folders, *([before] if before else [])])
    sys.argv = [script, *args]
    main = types.ModuleType("__main__")
    main.__file__ = str(path)
    vars(main)["sys"] = sys  # COMPSs runs a program in a namespace of its own, and programs count on that
    sys.modules["__main__"] = main
    current = session.current()
    if engines != 0:
        current.start(engines, checkpoint=checkpoint)
    elif checkpoint is not None:
        raise EflowsError(
            f"--checkpoint {checkpoint} needs engines: results are kept by them. Leave --engines 0 out."
        )
    if limit is not None:
        from eflows_nb.pycompss.api.api import compss_set_wall_clock

        compss_set_wall_clock(limit)
    try:
        try:
            exec(compile(source, str(path), "exec"), vars(main))
        except SystemExit as leave:
            if leave.code:
                raise
        current.barrier()
    except BaseException:
        current.cancel_all()
        with suppress(Exception):  # what a task raised comes after what the program raised
            current.stop()
        raise
    current.stop()
