"""The inspector tells what a task read, made and wrote, and leads to the line of its error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

MARK = "<img src=x onerror='window.eflowsHacked = true'>"
START = "import eflows_nb as ef, numpy as np, pathlib, time\n_ = ef.start(engines=1)"
TASKS = f"""@ef.task
def load(size, name="{MARK}"):
    print("loading", name)
    return np.arange(size, dtype=float)
@ef.task
def mean(field, weight=2.5):
    return float(field.mean() * weight)
@ef.task(retries=1)
def fails(value, limit):
    print("tried with", value)
    if value > limit:
        raise ValueError("{MARK} is too much")
field = load(200_000)
result = mean(field)
bad = fails(result, 3)
ef.as_completed([bad])
try:
    ef.wait_on(bad)
except ValueError:
    pass"""
BUSY = """@ef.task
def talks():
    print("line one", flush=True)
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
future = talks()
while not pathlib.Path("seen").exists():
    time.sleep(0.02)"""


AXE = Path(__file__).parents[2] / "extension" / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async () => (await axe.run({include: ['.eflows-Run']})).violations
  .filter(({impact}) => impact === 'serious' || impact === 'critical')
  .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 160)}`))"""
KERNEL_OF_NOTEBOOK = """() => [...window.jupyterapp.shell.widgets('main')]
  .find(widget => widget.sessionContext).sessionContext.session.kernel.status"""

LINE_IS_SHOWN = """text => {
  const { activeCell } = window.jupyterapp.shell.currentWidget.content;
  const editor = activeCell?.editor;
  return editor?.hasFocus() && editor.getLine(editor.getCursorPosition().line).includes(text);
}"""


def open_view(lab: Any) -> Any:
    """Open the run view of the current notebook by its toolbar and return it."""
    lab.page.get_by_test_id("eflows-open-run-view").click()
    view = lab.page.locator(".eflows-Run")
    view.wait_for(state="visible")
    return view


def select(view: Any, name: str) -> None:
    """Select the first task of a name by the search of the view."""
    view.get_by_test_id("eflows-find").fill(name)
    view.get_by_test_id("eflows-find").press("Enter")
    expect(view.get_by_test_id("eflows-task-name")).to_contain_text(name)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_values_tries_log_and_the_line_of_the_error(lab: Any, theme: str) -> None:
    """All of it is text; in both themes axe-core finds nothing serious; the line is one key away."""
    lab.open(lab.write("inspector.ipynb", START, TASKS))
    lab.command("apputils:change-theme", theme=theme)
    light = "true" if theme.endswith("Light") else "false"
    expect(lab.page.locator(f"body[data-jp-theme-light='{light}']")).to_be_attached()
    assert lab.run_all() == []
    view = open_view(lab)
    expect(view.get_by_test_id("eflows-run-failed")).to_have_text("1")
    lab.command("application:toggle-left-area")
    select(view, "load")
    inputs, outputs = view.get_by_test_id("eflows-inputs"), view.get_by_test_id("eflows-outputs")
    expect(inputs).to_contain_text("size")
    expect(inputs).to_contain_text("200000")
    expect(outputs).to_contain_text("numpy.ndarray, 200000 float64, 1.53 MiB on engine 0")
    expect(view.get_by_test_id("eflows-log")).to_contain_text(f"loading {MARK}")
    lab.picture(f"inspector-{theme.split()[-1].lower()}")
    select(view, "mean")
    expect(inputs.get_by_role("button", name="#1")).to_be_visible()
    expect(outputs).to_contain_text("float")
    inputs.get_by_role("button", name="#1").press("Enter")
    expect(view.get_by_test_id("eflows-task-name")).to_contain_text("load")
    view.get_by_test_id("eflows-next-error").click()
    expect(view.get_by_test_id("eflows-tries")).to_contain_text("is too much")
    expect(view.get_by_test_id("eflows-tries").get_by_role("listitem")).to_have_count(2)
    expect(inputs).to_contain_text("limit")
    expect(view.get_by_test_id("eflows-log")).to_contain_text("tried with")
    lab.picture(f"inspector-failed-{theme.split()[-1].lower()}")
    if AXE.exists():
        lab.page.evaluate(AXE.read_text())
        assert lab.page.evaluate(VIOLATIONS) == []
    assert view.locator("img, script").count() == 0
    assert lab.page.evaluate("() => window.eflowsHacked") is None
    view.get_by_test_id("eflows-go-to-line").press("Enter")
    lab.page.wait_for_function(LINE_IS_SHOWN, arg="raise ValueError")


def test_the_log_of_a_task_is_told_while_a_cell_computes(lab: Any) -> None:
    """The kernel answers on the control channel."""
    lab.open(lab.write("talks.ipynb", START, BUSY, "ef.wait_on(future)"))
    view = open_view(lab)
    lab.begin_run_all()
    expect(view.get_by_test_id("eflows-run-running")).to_have_text("1")
    select(view, "talks")
    expect(view.get_by_test_id("eflows-log")).to_contain_text("line one")
    expect(view.get_by_test_id("eflows-outputs")).to_contain_text("not there yet")
    expect(view.get_by_test_id("eflows-inputs")).to_contain_text("without arguments")
    assert lab.page.evaluate(KERNEL_OF_NOTEBOOK) == "busy"
    root: Path = lab.server.root
    (root / "go").touch()
    (root / "seen").touch()
    lab.page.evaluate("() => window.eflowsRun")
    expect(view.get_by_test_id("eflows-outputs")).to_contain_text("NoneType")
