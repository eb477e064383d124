"""One virtual environment for each system that cannot share that of this project."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from comparison.systems import SYSTEMS, System

__all__ = ["default_folder", "missing", "python", "setup"]


def default_folder() -> Path:
    """Return where environments are kept unless the user says otherwise."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "eflows-peers"


def python(system: System, folder: Path) -> Path:
    """Return the interpreter that runs a system."""
    if not system.requirements:
        return Path(sys.executable)
    return folder / system.slug / "bin" / "python"


def missing(system: System, folder: Path) -> str | None:
    """Return why a system cannot run, None if it can."""
    interpreter = python(system, folder)
    if not interpreter.exists():
        return f"there is no environment at {interpreter.parent.parent}; run with --setup"
    if system.distribution is None:
        return None
    found = subprocess.run(
        [interpreter, "-c", f"import importlib.metadata as m; print(m.version({system.distribution!r}))"],
        capture_output=True,
        text=True,
    )
    return None if found.returncode == 0 else f"{system.distribution} is not installed in its environment"


def setup(folder: Path) -> None:
    """Make the environments that are not there yet; all get the NumPy of this one."""
    for system in SYSTEMS.values():
        if missing(system, folder) is None:
            print(f"{system.name}: there already")
            continue
        if not system.requirements:
            print(f"{system.name}: install this project in the environment of {sys.executable}")
            continue
        place = folder / system.slug
        print(f"{system.name}: {', '.join(system.requirements)} into {place}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        wanted = [*system.requirements, f"numpy=={version('numpy')}"]
        made = subprocess.run([python(system, folder), "-m", "pip", "install", "--quiet", *wanted])
        if made.returncode:
            print(f"{system.name}: pip could not install {', '.join(wanted)}; it will be skipped")
