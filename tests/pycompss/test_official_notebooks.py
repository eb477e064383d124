"""PyCOMPSs' tutorial notebooks, unmodified, where the environment says where they are.

``EFLOWS_SUITES`` holds a checkout of github.com/bsc-wdc/notebooks as ``notebooks``, and may hold the later
edition of them in PyCOMPSs' documentation as ``documentation/syntax`` and ``documentation/hands-on``. The
extension is loaded by the configuration of IPython, as somebody would do it who has many such notebooks. What
they print is compared with what the documentation shows (github.com/bsc-wdc/compss-doc, commit 2bcf71b).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
SUITES = os.environ.get("EFLOWS_SUITES")
FOLDER = Path(SUITES or "/nonexistent")
EDITIONS = [f"{root}/{part}" for root in ("notebooks", "documentation") for part in ("syntax", "hands-on")]
REMOVED = ("notebooks/hands-on/10_Cholesky.ipynb",)

_AREAS = (4500, 2500, 1000, 600)
_SCALED = (18000, 10000, 4000, 2400, 500000)
_WORDS = (227, 233, 207, 201, 198, 236, 232, 251, 197, 232)

SHOWN: dict[str, Sequence[float]] = {
    "Basic": (4, 8, 40),
    "Synchronization": (41, 4, 4, 8, 41),
    "Defining_classes_and_objects": (4500, 2500, 1000, 125000, 290, 200, 2250),
    "Defining_classes_and_objects-with-reduce": (*_AREAS, 1000, 125000, 3060),
    "Defining_classes_and_objects-with-collections": (*_AREAS, 1000, 125000, 3060, 3060, 133600, *_SCALED),
    "Defining_classes_and_objects-with-dictionary": (*_AREAS, 1000, 125000, 3060, 3060, 133600, *_SCALED),
    "Defining_classes_and_objects-with-fault-tolerance": (193.33333333333334, 200, 440),
    "UsingConstraints": (361, 380, 137180),
    "Polymorphism": (100,),
    "Dislib": (500, 500, 100, 100, 1, 3, 2, 3, 20, 100, 61, 780, 500, 122, 4235, 122, 1, 10, 1, 50, 1500, 1),
    "Wordcount_Exercise": (*_WORDS, 35409),
    "Wordcount_Solution": (*_WORDS, 35409),
    "Wordcount_Solution-with-reduce": (*_WORDS, 35409),
    "Wordcount_Solution_one_loop": (*_WORDS, 35409),
    "Integral_PI_iterative": (3.141592653598127, 8.333778112046275e-12),
    "Integral_PI_reduction": (3.141592653598127, 8.333778112046275e-12),
}
"""Numbers in the documentation, in order; what is random or a time is left out, and so is plain text."""

LINES = {"Files": (2, 3), "Binary": (2, 1)}
"""How many lines the last cells print that print something, where the documentation shows text."""


def _notebooks() -> list[str]:
    found = [path for edition in EDITIONS for path in (FOLDER / edition).glob("*.ipynb")]
    return sorted(str(path.relative_to(FOLDER)) for path in found) or ["none"]


@pytest.mark.engines
@pytest.mark.skipif(SUITES is None, reason="EFLOWS_SUITES does not say where PyCOMPSs' notebooks are")
@pytest.mark.parametrize("name", _notebooks())
def test_a_tutorial_notebook_runs_unmodified(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """From its first cell to its last, and shows the numbers of the documentation."""
    request.applymarker(pytest.mark.xfail(name in REMOVED, reason="imports what SciPy has removed"))
    if "Dislib" in name and find_spec("dislib") is None:
        pytest.skip("dislib is not installed here")
    profile = tmp_path / "profile_default"
    profile.mkdir()
    (profile / "ipython_config.py").write_text(
        "get_config().InteractiveShellApp.extensions = ['eflows_nb.pycompss']\n"
    )
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("ComputingUnits", "1")
    notebook = nbformat.read(FOLDER / name, as_version=4)
    for cell in notebook.cells:
        cell.update({"outputs": []} if cell.cell_type == "code" else {})

    folder = {"metadata": {"path": str(FOLDER / "notebooks" / Path(name).parent.name)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=folder).execute()

    printed = [text for cell in notebook.cells if (text := _printed(cell))]
    print("\n".join(printed)[-3000:])
    subject = Path(name).stem.partition("_")[2]
    numbers = iter([float(one) for one in re.findall(_NUMBER, "\n".join(printed))])
    missing = [one for one in SHOWN.get(subject, ()) if not any(one == pytest.approx(two) for two in numbers)]
    assert missing == []
    lines = LINES.get(subject, ())
    assert [len(text.splitlines()) for text in printed[len(printed) - len(lines) :]] == [*lines]


_NUMBER = r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?"


def _printed(cell: Any) -> str:
    """Return what a cell shows, without warnings."""
    return "".join(
        "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
        for output in cell.get("outputs", [])
        if output.get("name") != "stderr"
    ).strip()
