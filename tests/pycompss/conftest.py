"""Programs in the words of PyCOMPSs; tests marked `engines` run on real ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from eflows_nb.pycompss import activate

activate()
pytest.register_assert_rewrite("tests.pycompss.checks")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run_program(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program by ``eflows pycompss`` in a folder of its own."""

    def run(
        source: str, *args: str, engines: int = 0, options: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        (tmp_path / "program.py").write_text(source)
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        command = [
            sys.executable,
            "-m",
            "eflows_nb",
            "pycompss",
            "--engines",
            str(engines),
            *options,
            "program.py",
            *args,
        ]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
