"""Engines are killed and frozen under a random graph of 2,000 tasks, and nothing is lost."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.engines

SEEDS = range(int(os.environ.get("EFLOWS_CHAOS_SEEDS", "3")))
"""Graphs, and moments at which engines are struck; the environment may ask for more of them."""

TASKS = 2_000
LIMIT_SECONDS = 240
_MARK = "EFLOWS_CHAOS"


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder whose path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as path:
        yield Path(path)


def _run(seed: int, folder: Path, mark: str) -> dict[str, Any]:
    """Run the program with all its traces in a folder; return what it tells."""
    (folder / "tmp").mkdir()
    environment = {
        **os.environ,
        "TMPDIR": str(folder / "tmp"),
        "IPYTHONDIR": str(folder / "ipython"),
        "EFLOWS_JOURNAL": str(folder / "journal"),
        _MARK: mark,
    }
    program = Path(__file__).with_name("chaos.py")
    with subprocess.Popen(
        [sys.executable, str(program), str(seed), str(TASKS)],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # with where each thread hangs
            out, err = process.communicate()
    assert (process.returncode, err) == (0, ""), f"seed {seed}: {err}"
    told: dict[str, Any] = json.loads(out)
    return told


def _processes(mark: str) -> list[str]:
    """Return the command lines of the processes that bear this mark in their environment."""
    return [
        " ".join(process.info["cmdline"] or ())
        for process in psutil.process_iter(["cmdline", "environ"])
        if (process.info["environ"] or {}).get(_MARK) == mark
    ]


@pytest.mark.timeout(LIMIT_SECONDS + 30)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_when_engines_are_killed_and_frozen(seed: int) -> None:
    """Results are those of a plain run, the journal leads to the session's state, and nothing is left."""
    mark = secrets.token_hex(8)
    with _folder() as folder:
        told = _run(seed, folder, mark)
        left = [
            *(str(path.relative_to(folder)) for path in (folder / "tmp").rglob("*")),
            *(str(path) for path in Path("/dev/shm").glob(f"eflows-{told['session']}*")),
            *(str(path) for path in (folder / "ipython").rglob(f"*{told['session']}*")),
        ]

    assert told["wrong"] == 0, told
    assert told["states"] == {"done": TASKS}, told
    assert told["replayed"] == ["", ""], told
    assert len(told["struck"]) == 2, told
    assert told["runs"] == TASKS + told["lost"], told
    assert left == [], told
    assert _processes(mark) == [], told
