"""The run view shows the tasks of a notebook, and steers them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

START = "import eflows_nb as ef, pathlib, time\n_ = ef.start(engines=2)"
PIPELINE = """@ef.task
def load(part):
    time.sleep(0.02)
    return list(range(part))

@ef.task
def filter_values(values):
    time.sleep(0.01)
    return values[::2]

@ef.task
def merge(*parts):
    return sum(map(sum, parts))"""
RUN = "total = ef.wait_on(merge(*[filter_values(load(i)) for i in range(12)]))"
MARK = "<img src=x onerror='window.eflowsHacked = true'>"
FAILING = f"""def broken(x):
    raise ValueError("{MARK}")
broken.__name__ = broken.__qualname__ = "{MARK}"
hostile = ef.task(broken)
bad = hostile(1)
after = merge([bad])
ef.as_completed([bad])
try:
    ef.wait_on(bad)
except ValueError:
    pass"""
LAYOUT_IS_SAVED = """async () => (await window.jupyterapp.serviceManager.workspaces.list()).values
  .some(({data}) => JSON.stringify(data['layout-restorer:data'] ?? '').includes('eflows-nb-run:'))"""


def show_notebook(lab: Any) -> None:
    """Bring the notebook to the front: commands and questions are about what is there."""
    lab.page.evaluate(
        """() => {
          const { shell } = window.jupyterapp;
          shell.activateById([...shell.widgets('main')].find(widget => widget.sessionContext).id);
        }"""
    )
    lab.page.wait_for_function("() => window.jupyterapp.shell.currentWidget.sessionContext")


def open_view(lab: Any) -> Any:
    """Open the run view of the current notebook by its toolbar and return it."""
    lab.page.get_by_test_id("eflows-open-run-view").click()
    view = lab.page.locator(".eflows-Run")
    view.wait_for(state="visible")
    return view


def test_a_run_is_shown_as_graph_timeline_and_table(lab: Any) -> None:
    """Tasks that ended before the view was opened are there, and so they are after a reload."""
    lab.open(lab.write("pipeline.ipynb", START, PIPELINE, RUN))
    assert lab.run_all() == []
    view = open_view(lab)
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("25")
    expect(view).to_contain_text("Critical path")
    lab.command("application:toggle-left-area")
    view.get_by_test_id("eflows-critical").click()
    lab.picture("run-view")
    view.get_by_test_id("eflows-critical").click()
    view.get_by_test_id("eflows-view-functions").click()
    lab.picture("run-view-functions")
    view.get_by_test_id("eflows-view-tasks").click()
    view.get_by_test_id("eflows-view-table").click()
    expect(view.get_by_role("grid").get_by_role("row").nth(1)).to_contain_text("load")
    view.get_by_test_id("eflows-find").fill("merge")
    expect(view.get_by_test_id("eflows-found")).to_have_text("1 found")
    expect(view.get_by_role("grid").get_by_role("row")).to_have_count(2)
    view.get_by_test_id("eflows-find").press("Enter")
    expect(view.get_by_test_id("eflows-task-name")).to_contain_text("merge")
    view.get_by_test_id("eflows-critical").click()
    lab.picture("run-view-table")
    lab.page.wait_for_function(LAYOUT_IS_SAVED)
    lab.reload()
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("25")


LASTING = """@ef.task
def lasting(x):
    time.sleep(600)
@ef.task
def after(x):
    return x
_ = after(lasting(1))
print("computing")
while not pathlib.Path("stop").exists():
    sum(range(1000))"""


def test_strips_lead_to_the_tasks_of_their_cells(lab: Any) -> None:
    """Cells tell how far their tasks are without the run view, and their chips open it."""
    lab.open(lab.write("strips.ipynb", START, PIPELINE, RUN, FAILING.replace(MARK, "bad")))
    assert lab.run_all() == []
    strips = lab.page.get_by_test_id("eflows-strip")
    expect(strips).to_have_count(2)
    expect(strips.nth(0)).to_contain_text("Done: 25 tasks")
    expect(strips.nth(1)).to_contain_text("Failed: 1 of 2 tasks")
    strips.nth(1).get_by_test_id("eflows-cell-chip").click()
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-task-name")).to_contain_text("bad")
    lab.picture("cell-strips")
    view.get_by_test_id("eflows-retry").click()
    expect(view.get_by_test_id("eflows-run-failed")).to_have_text("2")
    expect(strips.nth(1)).to_contain_text("Failed: 1 of 2 tasks")


def test_tasks_are_cancelled_while_a_cell_computes(lab: Any) -> None:
    """The kernel answers on the control channel; what reads the task is cancelled too."""
    lab.open(lab.write("cancel.ipynb", START, LASTING))
    view = open_view(lab)
    expect(view).to_contain_text("not called a task function yet")
    lab.begin_run_all()
    expect(view.get_by_test_id("eflows-run-running")).to_have_text("1")
    view.get_by_test_id("eflows-find").fill("lasting")
    view.get_by_test_id("eflows-find").press("Enter")
    expect(view.get_by_test_id("eflows-task-state")).to_have_text("Running")
    lab.picture("run-view-running")
    view.get_by_test_id("eflows-cancel").click()
    expect(view.get_by_test_id("eflows-task-state")).to_have_text("Cancelled")
    expect(view.get_by_test_id("eflows-run-cancelled")).to_have_text("2")
    show_notebook(lab)
    assert lab.kernel_status() == "busy"
    (lab.server.root / "stop").touch()


def test_what_tasks_say_stays_text(lab: Any) -> None:
    """Markup in names, errors and tracebacks is shown, never interpreted, nor is it in what is saved."""
    lab.open(lab.write("hostile-tasks.ipynb", START, PIPELINE, FAILING))
    view = open_view(lab)
    assert lab.run_all() == []
    expect(view.get_by_test_id("eflows-run-failed")).to_have_text("1")
    view.get_by_test_id("eflows-view-table").click()
    view.get_by_test_id("eflows-next-error").click()
    expect(view.get_by_test_id("eflows-task-name")).to_contain_text("<img src=x onerror=")
    expect(view.get_by_test_id("eflows-error")).to_contain_text("ValueError: <img src=x")
    expect(view.get_by_test_id("eflows-traceback")).to_contain_text("in broken")
    expect(view.get_by_role("grid")).to_contain_text("<img src=x onerror=")
    lab.picture("run-view-failed")
    with lab.page.expect_download() as download:
        view.get_by_test_id("eflows-export-svg").click()
    svg = download.value.path().read_text()
    assert "&lt;img" in svg
    assert "<img" not in svg
    with lab.page.expect_download() as download:
        view.get_by_test_id("eflows-export-trace").click()
    slices = [e for e in json.loads(download.value.path().read_text())["traceEvents"] if e["ph"] == "X"]
    assert [event["name"] for event in slices] == [MARK]
    assert view.locator("img, script").count() == 0
    assert lab.page.evaluate("() => window.eflowsHacked") is None


def test_the_view_is_worked_by_keyboard(lab: Any) -> None:
    """Arrow keys go through the graph, the timeline and the table; the cell of a task is one key away."""
    lab.open(lab.write("keyboard.ipynb", START, PIPELINE, RUN))
    assert lab.run_all() == []
    lab.command("eflows-nb:open-run-view")
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("25")
    graph = view.get_by_role("application").first
    expect(graph).to_be_focused()
    lab.page.keyboard.press("ArrowRight")
    expect(view.get_by_test_id("eflows-task-name")).to_contain_text("load")
    lab.page.keyboard.press("ArrowRight")
    expect(view.get_by_test_id("eflows-task-name")).to_contain_text("filter_values")
    lab.page.keyboard.press("ArrowRight")
    expect(view.locator("[aria-live]")).to_have_text("Task 25, merge, Done")
    lab.page.keyboard.press("Tab")
    expect(view.get_by_role("application").nth(1)).to_be_focused()
    lab.page.keyboard.press("ArrowLeft")
    expect(view.get_by_test_id("eflows-task-name")).not_to_contain_text("merge")
    view.get_by_test_id("eflows-view-table").press("Enter")
    view.get_by_role("grid").press("End")
    expect(view.get_by_test_id("eflows-task-name")).to_contain_text("merge")
    view.get_by_test_id("eflows-go-to-cell").press("Enter")
    expect(lab.page.locator(".jp-Notebook .jp-Cell").nth(2)).to_have_class(re.compile("jp-mod-active"))


def test_a_second_page_sees_the_same_run(lab: Any) -> None:
    """Both are told what happens from then on."""
    lab.open(lab.write("twice.ipynb", START, PIPELINE, RUN))
    assert lab.run_all() == []
    view = open_view(lab)
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("25")
    other = lab.page.context.new_page()
    server = lab.server
    other.goto(f"{server.url}/lab/workspaces/second/tree/twice.ipynb?reset&token={server.token}")
    other.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    other.get_by_test_id("eflows-open-run-view").click()
    expect(other.get_by_test_id("eflows-run-done")).to_have_text("25")
    lab.page.bring_to_front()
    show_notebook(lab)
    lab.command("notebook:run-all-cells")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("50")
    expect(other.get_by_test_id("eflows-run-done")).to_have_text("50")
