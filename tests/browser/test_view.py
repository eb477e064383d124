"""The run view as a widget, on pages that have nothing of our extension."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

START = "import eflows_nb as ef, pathlib, time\n_ = ef.start(engines=2)"
PIPELINE = """@ef.task
def load(part):
    time.sleep(0.02)
    return list(range(part))

@ef.task
def hold(values):
    while not pathlib.Path("go").exists():
        time.sleep(0.01)
    return values

@ef.task
def merge(*parts):
    return sum(map(sum, parts))"""
VIEW = "ef.view(height=420)"
PICTURE_IS_NEW = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .flatMap(cell => cell.model.outputs?.toJSON() ?? [])
  .some(output => String(output.data?.['text/plain']).includes('25 done'))"""
RUN = "total = ef.wait_on(merge(*[hold(load(i)) for i in range(12)]))"


@pytest.fixture(autouse=True)
def without_extension(lab_server: Any) -> Iterator[None]:
    """Switch off all that we add to JupyterLab."""
    path = lab_server.home / "config" / "labconfig" / "page_config.json"
    before = path.read_text()
    config = json.loads(before)
    config["disabledExtensions"]["eflows-nb"] = True
    path.write_text(json.dumps(config))
    yield
    path.write_text(before)


def test_the_view_goes_live_while_a_cell_runs(lab: Any) -> None:
    """Tasks are shown when they are submitted, can be selected, and are done in the end."""
    path = lab.write("view.ipynb", START, PIPELINE, VIEW, RUN)
    lab.open(path)
    lab.begin_run_all()
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-running")).to_have_text("2")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("12")
    lab.picture("widget-live")
    view.get_by_test_id("eflows-find").fill("merge")
    view.get_by_test_id("eflows-find").press("Enter")
    expect(view.get_by_test_id("eflows-task-name")).to_contain_text("merge")
    expect(view.get_by_test_id("eflows-task-state")).to_have_text("Waiting")
    (lab.server.root / "go").touch()
    assert lab.end_run_all() == []
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("25")
    expect(view.get_by_test_id("eflows-task-state")).to_have_text("Done")
    lab.picture("widget-done")


CANCEL = """@ef.task
def lasting(x):
    time.sleep(600)
print("computing")
lasting(1)
while not pathlib.Path("go").exists():
    time.sleep(0.01)"""


def test_a_task_is_cancelled_from_the_widget(lab: Any) -> None:
    """JupyterLab brings what a widget says over a subshell, so while a cell runs."""
    lab.open(lab.write("view-cancel.ipynb", START, PIPELINE, VIEW, CANCEL))
    lab.begin_run_all()
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-running")).to_have_text("1")
    view.get_by_test_id("eflows-find").fill("lasting")
    view.get_by_test_id("eflows-find").press("Enter")
    view.get_by_test_id("eflows-cancel").click()
    expect(view.get_by_test_id("eflows-task-state")).to_have_text("Cancelled")
    (lab.server.root / "go").touch()
    assert lab.end_run_all() == []


def test_a_saved_notebook_shows_the_picture(lab: Any) -> None:
    """On a page that runs nothing; it tells how the run ended."""
    path = lab.write("view-saved.ipynb", START, PIPELINE, VIEW, RUN)
    lab.open(path)
    (lab.server.root / "go").touch()
    assert lab.run_all() == []
    expect(lab.page.locator(".eflows-Run").get_by_test_id("eflows-run-done")).to_have_text("25")
    lab.page.wait_for_function(PICTURE_IS_NEW)
    lab.command("docmanager:save")
    lab.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    outputs = [o for cell in nbformat.read(path, as_version=4).cells for o in cell.get("outputs", [])]
    [output] = [output for output in outputs if "image/svg+xml" in output.get("data", {})]
    assert "25 tasks: 25 done" in output["data"]["text/plain"]
    html, _ = HTMLExporter().from_filename(str(path))
    lab.page.set_content(html)
    picture = lab.page.locator("img[src^='data:image/svg+xml']")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 400
    lab.picture("widget-saved")
    lab.open()  # so that there is a page of JupyterLab whose kernels can be ended
