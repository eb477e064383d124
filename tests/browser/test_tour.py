"""The tour, unchanged, in the browser: the same in JupyterLab and in Notebook 7."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from eflows_nb.runtime.journal import replay
from eflows_nb.tasks.state import TaskState

TOUR = Path(__file__).parents[2] / "notebooks" / "00-tour.ipynb"
ANSWER = "The still pond is calm after 88 steps, the lively one after 110."
TASKS = ("still pond", "lively pond", "comparison", "figure")

pytestmark = [pytest.mark.browser, pytest.mark.engines, pytest.mark.notebooks]


@pytest.fixture(
    params=[
        ("jupyterlab", "--LabApp.expose_app_in_browser=True", "lab/tree"),
        pytest.param(
            ("notebook", "--JupyterNotebookApp.expose_app_in_browser=True", "notebooks"),
            marks=pytest.mark.skipif(find_spec("notebook") is None, reason="Notebook 7 is not installed"),
        ),
    ],
    ids=["jupyterlab", "notebook7"],
    scope="module",
)
def started(request: pytest.FixtureRequest, start_jupyter: Callable[..., Any]) -> tuple[Any, str]:
    """Return a running application, and under which path it opens notebooks."""
    app, option, path = request.param
    return start_jupyter(app, option), path


@pytest.fixture(scope="module")
def lab_server(started: tuple[Any, str]) -> Any:
    """Give the server of the application."""
    return started[0]


def cells(lab: Any) -> list[Any]:
    """Return the code cells of the current notebook as its model has them."""
    text = lab.page.evaluate(
        "() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.model.toJSON().cells)"
    )
    return [cell for cell in json.loads(text) if cell["cell_type"] == "code"]


def shown(cell: Any) -> str:
    """Return what a cell shows as text."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell["outputs"]]
    return "".join("".join(text) for text in texts)


def newest_journal() -> Path:
    """Return the journal of the last session of the tour that has begun."""

    def header(path: Path) -> dict[str, Any]:
        with path.open() as lines, suppress(ValueError):  # a session that was killed may have written nothing
            return json.loads(lines.readline())  # type: ignore[no-any-return]
        return {}

    journals = {path: header(path) for path in Path(os.environ["EFLOWS_JOURNAL"]).glob("*.jsonl")}
    ours = [path for path, first in journals.items() if TOUR.stem in first.get("notebook", "")]
    return max(ours, key=lambda path: journals[path]["started"])


def journaled_tasks(lab: Any) -> list[Any]:
    """Return the tasks as the journal has them when all are done; it is written twice a second."""
    for _ in range(300):
        tasks = list(replay(newest_journal()).tasks.values())
        if {task.state for task in tasks} == {TaskState.DONE}:
            return tasks
        lab.page.wait_for_timeout(100)
    raise AssertionError(f"The journal does not tell that all are done: {tasks}")


def test_run_all_submits_the_graph_and_a_reload_restores_it(
    lab: Any, started: tuple[Any, str], request: pytest.FixtureRequest
) -> None:
    """Both simulations run at the same time, and each cell has its outputs and its chip."""
    shutil.copy(TOUR, lab.server.root / TOUR.name)
    lab.page.goto(f"{lab.server.url}/{started[1]}/{TOUR.name}?token={lab.server.token}")
    lab.wait_for_lab()
    lab.wait_for_kernel()

    assert lab.run_all() == []

    notebook = lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    chips = notebook.get_by_test_id("eflows-cell-chip")
    expect(notebook.locator(".jp-OutputArea-output", has_text=ANSWER)).to_be_visible()
    for place, task in enumerate(TASKS):
        expect(chips.nth(place)).to_contain_text(f"✓ {task} · Done: 1 task")
    expect(notebook.locator(".jp-OutputArea-output img")).to_have_count(1)
    lab.picture(f"tour-{request.node.callspec.id}")
    still, lively, _, figure, last = cells(lab)[-5:]
    assert "height after 300 steps: 0.1130" in shown(still)
    assert "height after 300 steps: 0.0548" in shown(lively)
    assert shown(last).strip().endswith(ANSWER)  # after what tells that it waited
    assert any("image/png" in output.get("data", {}) for output in figure["outputs"])

    tasks = journaled_tasks(lab)
    assert [task.name for task in tasks] == list(TASKS)
    first, second = tasks[:2]
    assert first.start < second.start + second.seconds
    assert second.start < first.start + first.seconds

    lab.reload()
    for place, task in enumerate(TASKS):
        expect(chips.nth(place)).to_contain_text(f"✓ {task} · Done: 1 task")
    expect(notebook.locator(".jp-OutputArea-output", has_text=ANSWER)).to_be_visible()
    expect(notebook.locator(".jp-OutputArea-output", has_text="0.0548")).to_be_visible()
    expect(notebook.locator(".jp-OutputArea-output img")).to_have_count(1)
    assert lab.errors() == []
    # Notebook 7.6 raises this itself, with and without our extension.
    lab.complaints[:] = [text for text in lab.complaints if "(reading 'schema')" not in text]
