"""The same extension in Notebook 7, where that is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_spec("notebook") is None, reason="Notebook 7 is not installed"),
]

TASK = "import eflows_nb as ef\n@ef.task\ndef f(x):\n    return x\n_ = ef.wait_on(f(1))"

HOLD = """import pathlib, time
f(2)
while not pathlib.Path("go").exists():
    time.sleep(0.01)"""

DRAW = """%%task draw
import pathlib, time
import matplotlib.pyplot as plt
state = display("begun", display_id=True)
plt.plot([1, 3, 2]); plt.show()
state.update("half")
while not pathlib.Path("go").exists():
    time.sleep(0.01)
state.update("whole")
1 / 0"""


@pytest.fixture(scope="module")
def lab_server(start_jupyter: Callable[..., Any]) -> Any:
    """Give a running Notebook 7 in the place of JupyterLab."""
    return start_jupyter("notebook", "--JupyterNotebookApp.expose_app_in_browser=True")


def test_the_panel_is_there(lab: Any) -> None:
    """It opens in the left side bar and shows the session of the notebook."""
    path = lab.write("seven.ipynb", TASK)
    lab.page.goto(f"{lab.server.url}/notebooks/{path.name}?token={lab.server.token}")
    lab.wait_for_lab()
    lab.wait_for_kernel()
    panel = lab.show_panel()
    assert lab.run_all() == []
    expect(panel.get_by_test_id("eflows-done")).to_have_text("1")
    lab.picture("notebook7")
    # Notebook 7.6 raises this itself, with and without our extension.
    lab.complaints[:] = [text for text in lab.complaints if "(reading 'schema')" not in text]


def test_the_run_is_shown_as_a_widget(lab: Any) -> None:
    """Live while a cell runs, as in any front end that shows widgets."""
    (lab.server.root / "go").unlink(missing_ok=True)
    path = lab.write("seven-view.ipynb", TASK + "\nef.view()", HOLD)
    lab.page.goto(f"{lab.server.url}/notebooks/{path.name}?token={lab.server.token}")
    lab.wait_for_lab()
    lab.wait_for_kernel()
    lab.begin_run_all()
    view = lab.page.locator(".eflows-Widget")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("2")
    (lab.server.root / "go").touch()
    assert lab.end_run_all() == []
    lab.picture("notebook7-widget")
    lab.complaints[:] = [text for text in lab.complaints if "(reading 'schema')" not in text]


@pytest.mark.engines
def test_what_a_task_displays_is_there_while_it_runs(lab: Any) -> None:
    """A figure and what replaces it in its own cell, above the failure of the task."""
    path = lab.write("seven-outputs.ipynb", "%load_ext eflows_nb\n%eflows start 1", DRAW)
    lab.page.goto(f"{lab.server.url}/notebooks/{path.name}?token={lab.server.token}")
    lab.wait_for_lab()
    lab.wait_for_kernel()
    lab.run_all()
    shown = lab.page.locator(".jp-Cell").nth(1).locator(".jp-Cell-outputArea")
    expect(shown.locator("img")).to_have_count(1)
    expect(shown).to_contain_text("half")
    (lab.server.root / "go").touch()
    expect(shown).to_contain_text("most recent call last")
    expect(shown).to_contain_text("whole")
    lab.picture("notebook7-task-outputs")
    lab.complaints[:] = [text for text in lab.complaints if "(reading 'schema')" not in text]
