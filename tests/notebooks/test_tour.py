"""The tour in every client: the same results as task cells, by itself and as an ordinary notebook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from eflows_nb.notebook.cells.conversion import to_function, to_metadata
from eflows_nb.workflows.run import run

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "00-tour.ipynb"
ANSWER = "The still pond is calm after 88 steps, the lively one after 110.\n"
SHORT = {"seconds": 0.1}

pytestmark = [pytest.mark.notebooks, pytest.mark.engines]


def executed(notebook: Any, folder: Path, environment: dict[str, str] | None = None) -> Any:
    """Run a notebook with nbclient alone, its simulations shortened."""
    cells = nbformat.from_dict(notebook)
    for cell in cells.cells:
        cell.source = "".join(cell.source).replace("seconds: float = 3.0", "seconds: float = 0.1")
    client = NotebookClient(cells, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, **(environment or {})})
    return cells


def text(cell: Any) -> str:
    """Return what a cell has shown as text."""
    shown = ["".join(output.get("text", "")) for output in cell["outputs"]]
    return "".join([*shown, *("".join(o.get("data", {}).get("text/plain", "")) for o in cell["outputs"])])


def code_cells(notebook: Any) -> list[Any]:
    """Return the code cells."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_eflows_run_submits_the_graph(tmp_path: Path) -> None:
    """Its four task cells end with what they print, show and compute in their own cells."""
    done = run(NOTEBOOK, parameters=SHORT, output=tmp_path / "out.ipynb", cwd=tmp_path)

    assert done.failure is None, str(done.failure)
    made = json.loads((tmp_path / "out.ipynb").read_text())
    cells = code_cells(made)
    assert text(cells[-1]) == ANSWER
    tasks = [cell for cell in cells if "✓ Task cell" in text(cell)]
    assert len(tasks) == 4
    assert "height after 300 steps: 0.1130" in text(tasks[0])
    assert any("image/png" in output.get("data", {}) for output in tasks[3]["outputs"])


def test_plain_papermill_gives_the_same(tmp_path: Path) -> None:
    """Its client sends no metadata and ends the kernel at once: each task cell waits for its own task."""
    target = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", str(NOTEBOOK), str(target), "-p", "seconds", "0.1"]

    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    assert text(code_cells(json.loads(target.read_text()))[-1]) == ANSWER


def test_nbclient_gives_the_same(tmp_path: Path) -> None:
    """As papermill does."""
    made = executed(json.loads(NOTEBOOK.read_text()), tmp_path)

    assert text(code_cells(made)[-1]) == ANSWER


def test_its_metadata_form_runs_where_the_package_is_absent(tmp_path: Path) -> None:
    """Without any import of ours it is an ordinary notebook, from the first cell to the last."""
    marked = to_metadata(json.loads(NOTEBOOK.read_text()))
    assert not any("eflows" in "".join(cell["source"]) for cell in code_cells(marked))
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'eflows_nb':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
    )
    marked["cells"].append(nbformat.v4.new_code_cell("import eflows_nb"))

    with pytest.raises(Exception, match="ModuleNotFoundError"):
        executed(marked, tmp_path, {"PYTHONPATH": str(tmp_path)})
    made = executed({**marked, "cells": marked["cells"][:-1]}, tmp_path, {"PYTHONPATH": str(tmp_path)})

    assert text(code_cells(made)[-1]) == ANSWER


def test_its_metadata_form_submits_the_graph(tmp_path: Path) -> None:
    """``eflows run`` sends the metadata of cells, and loads what makes tasks of them."""
    path = tmp_path / "marked.ipynb"
    path.write_text(json.dumps(to_metadata(json.loads(NOTEBOOK.read_text()))))

    done = run(path, parameters=SHORT, engines=2, output=tmp_path / "out.ipynb", cwd=tmp_path)

    assert done.failure is None, str(done.failure)
    cells = code_cells(json.loads((tmp_path / "out.ipynb").read_text()))
    assert text(cells[-1]) == ANSWER
    assert len([cell for cell in cells if "✓ Task cell" in text(cell)]) == 4


def test_its_function_form_gives_the_same(tmp_path: Path) -> None:
    """Task functions in the place of task cells."""
    notebook = json.loads(NOTEBOOK.read_text())

    made = executed(to_function(notebook), tmp_path)

    assert text(code_cells(made)[-1]) == ANSWER
    assert len(re.findall("@ef.task", "".join("".join(cell["source"]) for cell in code_cells(made)))) == 4
