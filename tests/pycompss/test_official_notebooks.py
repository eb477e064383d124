"""PyCOMPSs' tutorial notebooks, unmodified, where the environment says where they are.

``EFLOWS_SUITES`` holds a checkout of github.com/bsc-wdc/notebooks as ``notebooks``. The extension is loaded
by the configuration of IPython, as somebody would do it who has many such notebooks.
"""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
SUITES = os.environ.get("EFLOWS_SUITES")
FOLDER = Path(SUITES or "/nonexistent") / "notebooks"


def _notebooks() -> list[str]:
    found = [*FOLDER.glob("syntax/*.ipynb"), *FOLDER.glob("hands-on/*.ipynb")]
    return sorted(str(path.relative_to(FOLDER)) for path in found) or ["none"]


@pytest.mark.engines
@pytest.mark.skipif(SUITES is None, reason="EFLOWS_SUITES does not say where PyCOMPSs' notebooks are")
@pytest.mark.parametrize("name", _notebooks())
def test_a_tutorial_notebook_runs_unmodified(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its first cell to its last."""
    profile = tmp_path / "profile_default"
    profile.mkdir()
    (profile / "ipython_config.py").write_text(
        "get_config().InteractiveShellApp.extensions = ['eflows_nb.pycompss']\n"
    )
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("ComputingUnits", "1")
    notebook = nbformat.read(FOLDER / name, as_version=4)

    folder = {"metadata": {"path": str((FOLDER / name).parent)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=folder).execute()

    nbformat.write(notebook, tmp_path / "executed.ipynb")
    text = [
        "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]
    print("\n".join(text)[-3000:])
