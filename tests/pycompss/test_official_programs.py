"""PyCOMPSs' own test programs, unmodified, where the environment says where they are.

``EFLOWS_SUITES`` holds a checkout of github.com/bsc-wdc/compss, or its ``tests/sources/local/python``.
A program runs as often as its ``execution`` script says, with the arguments and the time limit from
there; what comes before the last run may fail on purpose. It passes when it ends with exit code 0 and prints
neither ERROR nor FAIL, which is what the ``result`` script beside most of them looks for.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITES = os.environ.get("EFLOWS_SUITES")
FOLDER = Path(SUITES or "/nonexistent") / "tests/sources/local/python"

REFUSED = {
    "1_decorator_compss": "a COMPSs run inside a task",
    "1_decorator_decaf": "@decaf",
    "1_decorator_julia": "@julia",
    "1_decorator_ompss": "@ompss",
    "1_decorator_opencl": "@opencl",
}
"""Programs that test only what is not supported, and what that is."""


def _programs() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("*/execution")) or ["none"]


def _script(folder: Path) -> str:
    text = (folder / "execution").read_text()
    names = re.findall(r"app_name=\"*([\w.]+\.py)", text)
    return next(name for name in [*names, ""] if (folder / "src" / name).exists())


@pytest.mark.engines
@pytest.mark.skipif(SUITES is None, reason="EFLOWS_SUITES does not say where PyCOMPSs' test programs are")
@pytest.mark.parametrize("name", _programs())
def test_an_official_program_runs_unmodified(name: str, tmp_path: Path) -> None:
    """On two engines, from a copy of its folder."""
    if name in REFUSED:
        pytest.skip(f"{REFUSED[name]} is not supported")
    folder = tmp_path / name
    shutil.copytree(FOLDER / name, folder)
    if (folder / "storage").exists():
        Path("/tmp/PSCO", platform.node()).mkdir(parents=True, exist_ok=True)  # as its scripts do
    for program in folder.rglob("*.sh"):
        program.chmod(0o755)
    script = f"src/{_script(folder)}"
    text = (folder / "execution").read_text()
    given = re.findall(r"^\s+\"[^\n]*/src/\$\{app_name\}\"([^>]*)>", text, re.MULTILINE)
    runs = [shlex.split(one.replace("\\\n", " ")) for one in given] or [[]]
    runs = [args for args, after in zip(runs, [*runs[1:], None], strict=True) if args != after]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "PATH_BINARY": str(folder / "scripts"),
        "PWD": str(folder),
    }
    for exporting in (text, *(path.read_text() for path in folder.glob("*.sh"))):
        environment |= dict(re.findall(r"export (\w+)=\"?([^\s\"$]*)\"?\s", exporting))
    for variable in ("CUS", "CN"):
        environment.setdefault(variable, "1")
    command = [sys.executable, "-m", "eflows_nb", "pycompss", "--engines", "2"]
    for path in ("src", "src/modules"):
        command += ["--pythonpath", str(folder / path)]

    limit = re.search(r"--wall_clock_limit=(\d+)", text)
    command += ["--wall-clock-limit", limit[1]] if limit else []

    for args in runs:
        done = subprocess.run(
            [*command, script, *args],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=int(os.environ.get("EFLOWS_SUITES_SECONDS", "240")),
            check=False,
        )

    print(done.stdout[-3000:], done.stderr[-6000:], sep="\n----\n")
    assert done.returncode == 0
    assert not re.search(r"ERROR|FAIL", done.stdout + done.stderr)
