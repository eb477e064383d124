"""The main job in a real browser: the tsunami notebook, with Run All."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines, pytest.mark.notebooks]

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "10-urgent-tsunami.ipynb"
SMALL = {"resolution_arcmin": 30.0, "hours": 0.5, "members": 5}
FIGURES = {"source.png", "max_elevation.png", "arrival_time.png", "exceedance.png", "gauges.png"}


@pytest.fixture
def small(lab: Any) -> Path:
    """Write the notebook with small parameters into the folder of the server."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (parameters,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    parameters.source += "".join(f"\n{name} = {value!r}" for name, value in SMALL.items())
    path: Path = lab.server.root / "tsunami.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.mark.timeout(600)
def test_run_all_ends_without_an_error(lab: Any, small: Path) -> None:
    """The panel shows the engines and counts the tasks while it runs; the figures are there at the end."""
    lab.open(small)
    panel = lab.show_panel()
    lab.begin_run_all()
    expect(panel.get_by_test_id("eflows-engine").first).to_be_visible(timeout=60_000)
    expect(panel.get_by_test_id("eflows-running")).not_to_have_text("0", timeout=60_000)
    lab.picture("tsunami-running")

    assert lab.end_run_all() == []

    expect(panel.get_by_test_id("eflows-state")).to_have_text("Ready")
    expect(panel.get_by_test_id("eflows-running")).to_have_text("0")
    expect(panel.get_by_test_id("eflows-failed")).to_have_text("0")
    assert {path.name for path in (lab.server.root / "tsunami").glob("*.png")} == FIGURES
    lab.page.locator(".jp-OutputArea-output img").last.scroll_into_view_if_needed()
    lab.picture("tsunami-done")
