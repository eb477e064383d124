"""What tasks display comes to their cells while they run, outlives a reload, and does not stop the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

START = """%load_ext eflows_nb
%eflows start 2
import pathlib, time
import matplotlib.pyplot as plt
from IPython.display import HTML
plt.rcParams.update({"figure.figsize": (4, 2), "figure.facecolor": "lightyellow"})
members = [1, 2]"""
LASTING = """%%task wave
print("step 1")
display(HTML("<h3 class='title'>Height at the coast</h3>"))
bar = display("0 %", display_id=True)
plt.plot([0, 3, 1, 2]); plt.ylabel("height in m"); plt.show()
bar.update("50 %")
print("step 2")
while not pathlib.Path("go").exists():
    time.sleep(0.01)
bar.update("100 %")
height = 1 / 0"""
MAPPED = "%%task each --map member in members\nprint('member', member)\nplt.plot([member, 2]);"
FLOOD = """%%task flood
for number in range(10_000):
    display(HTML(f"<b>{number}</b>"))
print("all displayed")"""
UPDATES = """%%task updates
handle = display("begin", display_id=True)
for number in range(20_000):
    handle.update(f"update {number}")
print("all updated")"""
WATCH_FRAMES = """() => {
  window.eflowsGaps = [];
  let last = performance.now();
  const frame = now => { window.eflowsGaps.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""


def outputs(lab: Any, place: int) -> Any:
    """Return the output area of a cell."""
    cells = lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell")
    return cells.nth(place).locator(".jp-Cell-outputArea")


def kinds(path: Path, place: int) -> list[str]:
    """Return what stands in a cell of a saved notebook, in order."""
    found = json.loads(path.read_text())["cells"][place]["outputs"]
    return [
        next((mime for mime in ("image/png", "text/html") if mime in output.get("data", {})), "")
        or output.get("ename")
        or "".join(output.get("text") or output["data"]["text/plain"]).strip()
        for output in found
    ]


def test_a_figure_is_there_while_its_task_runs_and_after_a_reload(lab: Any) -> None:
    """With what was printed around it; a failure comes below, and the saved notebook has all of it."""
    path = lab.write("outputs.ipynb", START, LASTING, MAPPED)
    lab.open(path)
    lab.run_all()
    shown = outputs(lab, 1)
    expect(shown).to_contain_text("step 2")
    expect(shown.locator("h3.title")).to_have_text("Height at the coast")
    expect(shown.locator("img")).to_have_count(1)
    expect(shown).to_contain_text("50 %")
    expect(outputs(lab, 2).locator("img")).to_have_count(2)
    lab.picture("task-outputs-running")

    lab.reload()
    lab.wait_for_kernel()
    expect(shown.locator("img")).to_have_count(1)
    expect(shown).to_contain_text("50 %")
    (lab.server.root / "go").touch()
    expect(shown).to_contain_text("most recent call last")
    expect(shown).to_contain_text("100 %")
    lab.picture("task-outputs")
    lab.command("docmanager:save")

    saved = kinds(path, 1)
    assert saved == [
        "text/html",
        "step 1",
        "text/html",
        "'100 %'",
        "image/png",
        "step 2",
        "ZeroDivisionError",
    ]
    assert kinds(path, 2)[0] == "text/html"


def test_ten_thousand_displays_leave_the_page_alive(lab: Any, record_property: Any) -> None:
    """As many are shown as a cell may show, with a sentence; of updates the last one counts."""
    lab.open(lab.write("displays.ipynb", START, FLOOD, UPDATES))
    lab.page.evaluate(WATCH_FRAMES)
    assert lab.run_all() == []
    lab.page.get_by_test_id("eflows-open-run-view").click()
    expect(lab.page.locator(".eflows-Run")).to_be_visible()
    lab.page.evaluate("() => window.jupyterapp.shell.widgets('main').next().value.activate()")
    expect(outputs(lab, 2)).to_contain_text("update 19999")
    expect(outputs(lab, 2)).to_contain_text("all updated")
    lab.page.wait_for_function(
        """() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.outputs.toJSON()
          .some(output => String(output.text).includes('all displayed'))"""
    )
    count = lab.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.outputs.length"
    )
    gap = float(lab.page.evaluate("() => Math.max(...window.eflowsGaps)")) / 1000
    lab.picture("task-outputs-flood")
    record_property("longest gap in seconds", round(gap, 3))
    print(f"the page drew nothing for {gap:.3f} s at most while tasks displayed 10,000 and updated 20,000")

    assert 500 < count < 510
