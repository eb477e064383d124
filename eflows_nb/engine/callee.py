"""One call of a function in a process of its own: ``callee.py FOLDER``.

It stands for itself, so that it also runs in a container that has nothing of this package: besides Python
it needs cloudpickle, and mpi4py where there are several processes. `eflows_nb.engine.processes` writes the
folder and reads it.
"""

from __future__ import annotations

import json
import pickle
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any


def main(folder: Path) -> None:
    """Make the call that is in a folder, and leave the result there."""
    told = json.loads((folder / "told.json").read_text())
    sys.path[:0] = [path for path in told["paths"] if path not in sys.path]
    rank, world = 0, None  # the only process, unless MPI says more
    try:
        if told["size"]:
            world = import_module("mpi4py.MPI").COMM_WORLD
            rank = world.rank
            if world.size != told["size"]:
                raise RuntimeError(
                    f"Of {told['size']} MPI processes each sees {world.size}: what has started them "
                    "belongs to another MPI library than the one that mpi4py uses. Put the program of that "
                    "library first in PATH, or install mpi4py for this one."
                )
        if list(sys.version_info[:2]) != told["python"]:
            here, there = (".".join(map(str, one)) for one in (sys.version_info[:2], told["python"]))
            raise RuntimeError(f"The function comes from Python {there}, and this is Python {here}.")
        answer: tuple[Any, ...] = ("done", *_call(folder, rank, told["written"]))
    except BaseException as error:  # noqa: BLE001 - whatever it is, whoever waits is told
        answer = ("failed", _pickled(error), traceback.format_exc(), _lines(error))
    path = folder / f"result-{rank}"
    path.with_suffix(".part").write_bytes(_answer(answer))
    path.with_suffix(".part").rename(path)
    if answer[0] == "failed" and world is not None:
        world.Abort(1)  # others may wait for this process for ever


def _call(folder: Path, rank: int, written: list[str]) -> tuple[Any, dict[str, Any]]:
    """Return what the function returns, and the arguments that it has changed."""
    function, args, kwargs = pickle.loads((folder / "call").read_bytes())
    own = folder / f"own-{rank}"
    if own.exists():
        for place, value in pickle.loads(own.read_bytes()):
            if isinstance(place, int):
                args[place] = value
            else:
                kwargs[place] = value
    result = function(*args, **kwargs)
    if rank or not written:
        return result, {}
    names = pickle.loads((folder / "places").read_bytes())
    return result, {name: args[at] if isinstance(at, int) else kwargs[at] for name, at in names.items()}


def _answer(answer: tuple[Any, ...]) -> bytes:
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(answer, 5))
    except Exception as error:  # noqa: BLE001 - anything may happen in the user's own __reduce__
        return pickle.dumps(("failed", b"", f"The result cannot be sent back: {error}", ()), 5)


def _lines(error: BaseException) -> tuple[tuple[str, str, int, int], ...]:
    """Return what is known of each line of the traceback, without those that lead to the function."""
    found: list[tuple[str, str, int, int]] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        own = code.co_filename == __file__ or trace.tb_frame.f_locals.get("__tracebackhide__")
        if found or not own:
            found.append((code.co_filename, code.co_name, code.co_firstlineno, trace.tb_lineno))
        trace = trace.tb_next
    return tuple(found)


def _pickled(error: BaseException) -> bytes:
    try:
        import cloudpickle

        return bytes(cloudpickle.dumps(error, 5))
    except Exception:  # noqa: BLE001 - then its text has to do
        return b""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
