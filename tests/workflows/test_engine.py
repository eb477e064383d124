"""The engine under papermill's own command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

WriteNotebook = Callable[..., Path]

_METADATA = {
    "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"},
    "language_info": {"name": "python"},
}


def _papermill(notebook: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "papermill", str(notebook), "out.ipynb", "--engine", "eflows", *arguments],
        cwd=notebook.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.notebooks
def test_papermill_runs_a_notebook_through_the_engine(write_notebook: WriteNotebook) -> None:
    """``papermill in.ipynb out.ipynb --engine eflows -p n 64`` records the run as `eflows run` does."""
    notebook = write_notebook("print(n)", parameters="n: int = 1", metadata=_METADATA)

    done = _papermill(notebook, "-p", "n", "64")

    assert done.returncode == 0, done.stderr
    executed = json.loads((notebook.parent / "out.ipynb").read_text())
    assert executed["cells"][-1]["outputs"][0]["text"] == ["64\n"]
    assert executed["metadata"]["eflows"]["run"]["parameters"] == {"n": 64}


@pytest.mark.notebooks
def test_papermill_is_refused_parameters_of_the_wrong_type(write_notebook: WriteNotebook) -> None:
    """Where papermill itself would only warn, nothing is started and no file written."""
    notebook = write_notebook("print(n)", parameters="n: int = 1", metadata=_METADATA)

    done = _papermill(notebook, "-p", "n", "2.5", "-p", "m", "1")

    assert done.returncode == 1
    assert "Parameter 'n' got 2.5, but accepts a whole number (int; its default is 1)." in done.stderr
    assert "has no parameter 'm'" in done.stderr
    assert not (notebook.parent / "out.ipynb").exists()
