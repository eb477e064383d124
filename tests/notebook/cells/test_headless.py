"""Notebooks with task cells in headless runs of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.workflows.run import run

WriteNotebook = Callable[..., Path]

pytestmark = pytest.mark.notebooks


def text(cell: dict[str, Any]) -> str:
    """Return what a cell has shown as text."""
    parts = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", ())
    ]
    return "".join("".join(part) for part in parts)


def test_a_task_cell_that_fails_is_where_the_run_has_failed(
    write_notebook: WriteNotebook, tmp_path: Path
) -> None:
    """Cells that do not read it have run; its error is in its own cell."""
    notebook = write_notebook("%load_ext eflows_nb", "%%task bad\nx = 1\ny = x / 0", "print('independent')")

    done = run(notebook, output=tmp_path / "out.ipynb", cwd=tmp_path)

    assert done.failure is not None
    assert (done.failure.cell, done.failure.ename) == (2, "ZeroDivisionError")
    cells = json.loads((tmp_path / "out.ipynb").read_text())["cells"]
    assert any("independent" in text(cell) for cell in cells)


def test_a_cell_that_reads_a_failed_one_is_an_error(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    """Nobody is there to read a reason: the run ends."""
    notebook = write_notebook("%load_ext eflows_nb", "%%task bad\ny = 1 / 0", "print(y)", "print('after')")

    done = run(notebook, output=tmp_path / "out.ipynb", cwd=tmp_path)

    assert done.failure is not None
    assert done.failure.cell == 3
    cells = json.loads((tmp_path / "out.ipynb").read_text())["cells"]
    assert "after" not in "".join(text(cell) for cell in cells)


def test_the_saved_notebook_has_what_was_displayed_before_a_failure(
    write_notebook: WriteNotebook, tmp_path: Path
) -> None:
    """In its order, with a figure, and the error below."""
    draw = "import matplotlib.pyplot as plt\nprint('printed')\nplt.plot([1, 2]); plt.show()\ndisplay('shown')"
    notebook = write_notebook("%load_ext eflows_nb", f"%%task bad\n{draw}\n1 / 0")

    done = run(notebook, engines=1, output=tmp_path / "out.ipynb", cwd=tmp_path)

    assert done.failure is not None
    cells = json.loads((tmp_path / "out.ipynb").read_text())["cells"]
    found = next(cell["outputs"] for cell in cells if "bad" in "".join(cell["source"]))
    card, printed, figure, shown, error = found
    assert "Task cell" in "".join(card["data"]["text/plain"])
    assert "".join(printed["text"]) == "printed\n"
    assert "image/png" in figure["data"]
    assert "".join(shown["data"]["text/plain"]) == "'shown'"
    assert error["ename"] == "ZeroDivisionError"


def test_tasks_that_no_cell_reads_are_awaited_with_what_they_show(
    write_notebook: WriteNotebook, tmp_path: Path
) -> None:
    """The last task cell of a notebook has its output, although no cell follows that waits."""
    notebook = write_notebook("%load_ext eflows_nb", "%%task\nimport time\ntime.sleep(0.5)\n'a value'")

    done = run(notebook, engines=1, output=tmp_path / "out.ipynb", cwd=tmp_path)

    assert done.failure is None, str(done.failure)
    last = json.loads((tmp_path / "out.ipynb").read_text())["cells"][-1]
    assert "'a value'" in text(last)
    assert "✓ Task cell" in text(last)
