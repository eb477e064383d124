"""What holds for every notebook of the project."""

import json
from pathlib import Path

import pytest

from eflows_nb.workflows.parameters import Signature
from eflows_nb.workflows.source import Notebook

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LONGEST_CELL = 15

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path) -> list[dict]:
    """Return the cells of a notebook, the source of each as one text."""
    found = json.loads(path.read_text())["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in found]


def test_it_opens_with_a_title_and_what_it_is_for(path: Path):
    """The first cell holds a title and at least a sentence."""
    first = cells(path)[0]

    assert first["cell_type"] == "markdown"
    assert first["source"].startswith("# ")
    assert len(first["source"].splitlines()) > 2


def test_its_cells_fit_the_eye(path: Path):
    """No code cell is longer than 15 lines; the parameters cell has one line a parameter."""
    long = [
        cell["id"]
        for cell in cells(path)
        if cell["cell_type"] == "code"
        and "parameters" not in cell["metadata"].get("tags", [])
        and len(cell["source"].splitlines()) > LONGEST_CELL
    ]

    assert long == []


def test_its_parameters_are_typed_and_commented(path: Path):
    """Every parameter has an annotation, a default and a comment, on one line."""
    notebook = Notebook.read(path)
    parameters = Signature.of(notebook).parameters
    assert parameters

    lines = next(cell for cell in cells(path) if "parameters" in cell["metadata"].get("tags", []))["source"]
    assert len(lines.splitlines()) == len(parameters)
    assert [
        p.name for p in parameters if p.default is None or not p.description or p.annotation == "Any"
    ] == []
    assert all(": " in line.split("=")[0] for line in lines.splitlines())


def test_it_runs_in_the_ordinary_python_kernel(path: Path):
    """Its kernel is python3, which every installation has."""
    assert json.loads(path.read_text())["metadata"]["kernelspec"]["name"] == "python3"
