"""PyCOMPSs' own test programs: how one is run here, and what its run leaves to be judged."""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from eflows_nb.runtime.journal import read
from eflows_nb.tasks.events import TasksChanged, TasksSubmitted, WaitStarted
from eflows_nb.tasks.state import TaskState

ROOT = Path(__file__).parents[2]
SHARED = Path("/tmp/sharedDisk")
"""The folder that the programs write to, a constant in them."""
SECONDS = float(os.environ.get("EFLOWS_SUITES_SECONDS", "420"))


@dataclass(frozen=True)
class Ran:
    """A run of a program that has ended.

    Parameters
    ----------
    folder
        Where it ran.
    code
        Its exit code.
    out, err
        What it and its tasks have printed.
    run
        0 for the first run of a program, 1 for its second one.
    """

    folder: Path
    code: int
    out: str
    err: str
    run: int = 0

    @property
    def text(self) -> str:
        """All that was printed."""
        return f"{self.out}\n{self.err}"

    @cached_property
    def tasks(self) -> Tasks:
        """The tasks of this run by its journal."""
        journals = sorted((self.folder / ".eflows").glob("*.jsonl"))
        return Tasks(journals[-1]) if len(journals) > self.run else Tasks(None)


@dataclass
class Tasks:
    """The tasks of a run, in the order of their calls.

    Parameters
    ----------
    journal
        The file that tells of them; None when there was no task.
    """

    journal: Path | None
    names: dict[int, str] = field(default_factory=dict)
    parents: dict[int, tuple[int, ...]] = field(default_factory=dict)
    states: dict[int, TaskState] = field(default_factory=dict)
    engines: set[int] = field(default_factory=set)
    barriers: int = 0

    def __post_init__(self) -> None:
        for event in read(self.journal)[1] if self.journal else ():
            if isinstance(event, TasksSubmitted):
                self.names |= dict(zip(event.tasks, event.names, strict=True))
                self.parents |= dict(zip(event.tasks, event.parents, strict=True))
            elif isinstance(event, TasksChanged):
                self.states |= dict.fromkeys(event.tasks, event.state)
                self.engines.add(event.engine)
            elif isinstance(event, WaitStarted) and not event.tasks:
                self.barriers += 1

    def count(self, *names: str) -> int:
        """Return how many tasks of these functions there were, of all without a name."""
        return sum(not names or name in names for name in self.names.values())

    def ended(self, state: TaskState) -> int:
        """Return how many tasks ended in a state."""
        return Counter(self.states.values())[state]

    def missing_edges(self, edges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return those pairs of which the second task does not wait for the first; they count from 1."""
        numbers = sorted(self.names)
        ancestors: dict[int, set[int]] = {}
        for task in numbers:
            parents = set(self.parents[task])
            ancestors[task] = parents.union(*(ancestors.get(parent, set()) for parent in parents))
        return [
            (first, then) for first, then in edges if numbers[first - 1] not in ancestors[numbers[then - 1]]
        ]


def run_program(source: Path, folder: Path, variables: Mapping[str, str]) -> Ran:
    """Run a program in a copy of its folder as often as its ``execution`` script says; return the last run.

    Arguments, exported variables and the limit of time are those of the script.
    """
    shutil.copytree(source, folder)
    if (folder / "storage").exists():
        Path("/tmp/PSCO", platform.node()).mkdir(parents=True, exist_ok=True)  # as its scripts do
    SHARED.mkdir(exist_ok=True)
    for script in folder.rglob("*.sh"):
        script.chmod(0o755)
    _deploy(folder)
    text = (folder / "execution").read_text()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "PATH_BINARY": str(folder),
        "PWD": str(folder),
        "EFLOWS_JOURNAL": str(folder / ".eflows"),
    }
    for exporting in (text, *(path.read_text() for path in folder.glob("*.sh"))):
        environment |= dict(re.findall(r"export (\w+)=\"?([^\s\"$]*)\"?\s", exporting))
    for variable in ("CUS", "CN"):
        environment.setdefault(variable, "1")
    environment |= variables
    command = [sys.executable, "-m", "eflows_nb", "pycompss", *_options(folder, text)]
    for number, args in enumerate(_runs(text)):
        done = subprocess.run(
            [*command, f"src/{_script(folder, text)}", *args],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        ran = Ran(folder, done.returncode, done.stdout, done.stderr, number)
    return ran


def _deploy(folder: Path) -> None:
    """Put the files beside the program that its ``deploy`` script copies there, and build its extension."""
    for name in re.findall(r"cp \"\$\{source_base_dir\}\"/scripts/(\S+)", (folder / "deploy").read_text()):
        shutil.copy(folder / "scripts" / name, folder)
    for setup in folder.rglob("setup.py"):
        command = [sys.executable, setup.name, "build_ext", "--inplace"]
        subprocess.run(command, cwd=setup.parent, capture_output=True, check=True)


def _script(folder: Path, text: str) -> str:
    names = re.findall(r"app_name=\"*([\w.]+\.py)", text)
    return next(name for name in names if (folder / "src" / name).exists())


def _runs(text: str) -> list[list[str]]:
    """Return the arguments of each run; runs in a row that differ only in options are one."""
    given = re.findall(r"^\s+\"[^\n]*/src/\$\{app_name\}\"([^>]*)>", text, re.MULTILINE)
    runs = [shlex.split(one.replace("\\\n", " ")) for one in given] or [[]]
    return [args for args, after in zip(runs, [*runs[1:], None], strict=True) if args != after]


def _options(folder: Path, text: str) -> list[str]:
    options = ["--engines", "1" if "InitialVMs>1<" in (folder / "project.xml").read_text() else "2"]
    for path in ("src", "src/modules", "src/modules/c_extension"):
        options += ["--pythonpath", str(folder / path)]
    if "--checkpoint_folder=" in text:
        options += ["--checkpoint", str(folder / "checkpoint")]
    limit = re.search(r"--wall_clock_limit=(\d+)", text)
    return [*options, *(["--wall-clock-limit", limit[1]] if limit else [])]
