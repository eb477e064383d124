"""Calls in processes of their own, such as those of MPI: what they are told, and what they answer."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eflows_nb.engine import callee, failure
from eflows_nb.engine.packing import load

__all__ = [
    "ProgramFailedError",
    "answers",
    "command",
    "find_program",
    "flags_of",
    "has_mpi4py",
    "run_command",
    "write_call",
]


class ProgramFailedError(RuntimeError):
    """A program that ended with an exit code other than 0."""


def write_call(
    folder: Path, call: bytes, *, paths: Iterable[str], size: int = 0, written: Iterable[str] = ()
) -> None:
    """Write what processes need to make a call, and the program that makes it.

    Parameters
    ----------
    folder
        Where all of them find it.
    call
        The pickle of a function, a list of its arguments, and a dict of those that have names.
    paths
        Folders from which they import modules.
    size
        How many processes of MPI there are; 0 for one without MPI.
    written
        Names of the arguments that the function changes.
    """
    told = {
        "python": list(sys.version_info[:2]),
        "size": size,
        "written": list(written),
        "paths": list(paths),
    }
    (folder / "told.json").write_text(json.dumps(told))
    shutil.copy(callee.__file__, folder / "callee.py")
    (folder / "call").write_bytes(call)


def command(folder: Path, python: str = sys.executable) -> list[str]:
    """Return the command line by which a process makes the call that is in a folder."""
    return [python, "-u", str(folder / "callee.py"), str(folder)]


def find_program(name: str) -> str | None:
    """Return the path of a program, None when there is none.

    Those of this environment of Python are found, too: its folder need not be in PATH.
    """
    paths = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    return shutil.which(name, path=paths)


def flags_of(runner: str) -> list[str]:
    """Return the options that a program needs to start MPI processes wherever it is."""
    return ["--allow-run-as-root", "--oversubscribe"] if _is_open_mpi(runner) else []


def has_mpi4py() -> bool:
    """Return whether Python functions can use MPI here."""
    return importlib.util.find_spec("mpi4py") is not None


def run_command(
    words: list[str], folder: str, streams: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> int:
    """Run a command line in a folder until it ends, and return its exit code.

    Parameters
    ----------
    streams
        ``stdin``, ``stdout`` and ``stderr``, those that are not the engine's own.
    environment
        Its environment variables; None for those of this process.

    Raises
    ------
    ProgramFailedError
        When it cannot be started.
    """
    try:
        process = subprocess.Popen(words, cwd=folder, env=environment, **streams)
    except OSError as error:
        raise ProgramFailedError(f"'{words[0]}' cannot be started in {folder}: {error}.") from error
    try:
        return process.wait()
    except BaseException:
        process.kill()  # the task is cancelled or out of time: so is the program
        process.wait()
        raise


def answers(folder: Path, size: int, ending: str) -> list[tuple[Any, dict[str, Any]]]:
    """Return what each process has returned and changed.

    Parameters
    ----------
    folder
        Where the call was written.
    size
        How many processes there were.
    ending
        How they ended, for an error.

    Raises
    ------
    ProgramFailedError
        When one has left nothing, or an exception that cannot come here.
    Exception
        What the function has raised in one of them, with its own traceback.
    """
    __tracebackhide__ = True
    ranks = range(size)
    left = {rank: path.read_bytes() for rank in ranks if (path := folder / f"result-{rank}").exists()}
    found = {rank: load(data) for rank, data in left.items()}
    for rank, (kind, *rest) in found.items():
        if kind == "failed":
            _raise(f"In process {rank} of {size}", *rest)
    for rank in ranks:
        if rank not in found:
            raise ProgramFailedError(f"{ending}, and process {rank} of {size} has left no result.")
    return [(result, changed) for _, result, changed in found.values()]


def _raise(place: str, data: bytes, text: str, lines: Iterable[tuple[str, str, int, int]]) -> None:
    __tracebackhide__ = True
    try:
        error = load(data)
    except Exception as reason:
        raise ProgramFailedError(f"{place}:\n{text}") from reason
    error.add_note(f"{place}.")
    raise error.with_traceback(failure.traceback_of(failure.FrameLine(*line) for line in lines))


def _is_open_mpi(runner: str) -> bool:
    try:
        told = subprocess.run([runner, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "Open MPI" in told.stdout
