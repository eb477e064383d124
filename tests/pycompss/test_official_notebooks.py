"""PyCOMPSs' tutorial notebooks, unmodified, where the environment says where they are.

``EFLOWS_SUITES`` holds a checkout of github.com/bsc-wdc/notebooks as ``notebooks``. The extension is loaded
by the configuration of IPython, as somebody would do it who has many such notebooks. What they print is
compared with what PyCOMPSs' documentation shows of them (github.com/bsc-wdc/compss-doc, commit 2bcf71b).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
SUITES = os.environ.get("EFLOWS_SUITES")
FOLDER = Path(SUITES or "/nonexistent") / "notebooks"


_AREAS = (4500, 2500, 1000, 600)
_WORDS = (227, 233, 207, 201, 198, 236, 232, 251, 197, 232)

SHOWN: dict[str, Sequence[float]] = {
    "syntax/1_Basic.ipynb": (4, 8, 40),
    "syntax/2_Synchronization.ipynb": (41, 4, 4, 8, 41),
    "syntax/3.0_Defining_classes_and_objects.ipynb": (4500, 2500, 1000, 125000, 290, 200, 2250),
    "syntax/3.1_Defining_classes_and_objects-with-reduce.ipynb": (*_AREAS, 1000, 125000, 3060),
    "syntax/3.2_Defining_classes_and_objects-with-collections.ipynb": (
        *(*_AREAS, 1000, 125000, 3060, 3060, 133600),
        *(18000, 10000, 4000, 2400, 500000),
    ),
    "syntax/3.3_Defining_classes_and_objects-with-fault-tolerance.ipynb": (193.33333333333334, 200, 440),
    "syntax/5_UsingConstraints.ipynb": (361, 380, 137180),
    "syntax/6_Polymorphism.ipynb": (100,),
    "hands-on/11_Wordcount_Solution.ipynb": (*_WORDS, 35409),
    "hands-on/11_Wordcount_Solution-with-reduce.ipynb": (*_WORDS, 35409),
    "hands-on/11_Wordcount_Solution_one_loop.ipynb": (*_WORDS, 35409),
    "hands-on/12_Integral_PI_iterative.ipynb": (3.141592653598127, 8.333778112046275e-12),
    "hands-on/12_Integral_PI_reduction.ipynb": (3.141592653598127, 8.333778112046275e-12),
}
"""Numbers in the documentation, in order; what is random or a time is left out, and so is plain text."""

LINES = {"syntax/4.2_Files.ipynb": (2, 3), "syntax/7_Binary.ipynb": (2, 1)}
"""How many lines the last cells print that print something, where the documentation shows text."""


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
    printed = [text for cell in notebook.cells if (text := _printed(cell))]
    print("\n".join(printed)[-3000:])
    numbers = iter([float(one) for one in re.findall(_NUMBER, "\n".join(printed))])
    missing = [one for one in SHOWN.get(name, ()) if not any(one == pytest.approx(two) for two in numbers)]
    assert missing == []
    lines = LINES.get(name, ())
    assert [len(text.splitlines()) for text in printed[len(printed) - len(lines) :]] == [*lines]


_NUMBER = r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?"


def _printed(cell: Any) -> str:
    """Return what a cell shows, without warnings."""
    return "".join(
        "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
        for output in cell.get("outputs", [])
        if output.get("name") != "stderr"
    ).strip()
