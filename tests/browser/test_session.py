"""The panel shows the session of the current notebook."""

from __future__ import annotations

import os
import re
import signal
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

START = "import eflows_nb as ef\n_ = ef.start(engines=2)"
BUSY = """import pathlib, time
@ef.task
def f(x):
    return x
_ = [f(i) for i in range(30)]
print("in the cell")
while not pathlib.Path("go").exists():
    time.sleep(0.01)"""
HOSTILE = """from types import SimpleNamespace
from eflows_nb.clusters.cluster import ClusterState
from eflows_nb.notebook import live
from eflows_nb.runtime.snapshot import EngineSnapshot, SessionSnapshot
from eflows_nb.tasks.state import TaskState

MARK = "<img src=x onerror='window.eflowsHacked = true'><script>window.eflowsHacked = true</script>"
shot = SessionSnapshot(
    cluster=MARK, state=ClusterState.BROKEN, reason=f"all engines are gone: {MARK}", requested=1,
    engines=(EngineSnapshot(engine=0, host=MARK, pid=1, running=0, finished=0),),
    tasks=dict.fromkeys(TaskState, 0), waiting=MARK,
)
live.register(SimpleNamespace(origin=1, snapshot=lambda: shot, observe=lambda observer: None))"""


def test_the_empty_panel_teaches_the_first_step(lab: Any) -> None:
    """Without a notebook it says what to do; with one it offers the cell that starts engines."""
    lab.open()
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-empty")).to_contain_text("Open a notebook")
    lab.open(lab.write("empty.ipynb", "1"))
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-empty")).to_contain_text("empty.ipynb has not started any engines")
    lab.picture("panel-empty")
    panel.get_by_test_id("eflows-insert").click()
    expect(lab.page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(2)
    expect(lab.page.locator(".jp-Notebook .jp-CodeCell").nth(1)).to_contain_text("ef.start(engines=2)")


@pytest.mark.engines
def test_engines_and_tasks_are_shown_while_a_cell_runs(lab: Any) -> None:
    """Counts change during a cell, survive a reload during it, and the kernel is never shown as idle."""
    lab.open(lab.write("busy.ipynb", START, BUSY))
    panel = lab.show_panel()
    lab.begin_run_all()
    expect(panel.get_by_test_id("eflows-state")).to_have_text("Ready")
    expect(panel.get_by_test_id("eflows-engine")).to_have_count(2)
    expect(panel.get_by_test_id("eflows-engines")).to_have_text("2 of 2 engines (local)")
    expect(panel.get_by_test_id("eflows-done")).to_have_text("30")
    expect(lab.page.locator(".jp-OutputArea-output")).to_have_text("in the cell\n")
    expect(lab.page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "busy")
    assert lab.kernel_status() == "busy"
    lab.picture("panel-live")

    lab.reload()
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-done")).to_have_text("30")
    expect(panel.get_by_test_id("eflows-engine")).to_have_count(2)
    (lab.server.root / "go").touch()


@pytest.mark.engines
def test_the_panel_follows_the_notebook_in_front(lab: Any) -> None:
    """Each notebook has its own session, and a restarted kernel has none."""
    lab.write("one.ipynb", "import eflows_nb as ef\n@ef.task\ndef f(x):\n    return x\n_ = ef.wait_on(f(1))")
    lab.open(lab.write("two.ipynb", "2"))
    panel = lab.show_panel()
    lab.command("docmanager:open", path="one.ipynb")
    lab.wait_for_kernel()
    assert lab.run_all() == []
    expect(panel.get_by_test_id("eflows-done")).to_have_text("1")
    lab.command("docmanager:open", path="two.ipynb")
    expect(panel.get_by_test_id("eflows-empty")).to_contain_text("two.ipynb has not started")
    lab.command("docmanager:open", path="one.ipynb")
    expect(panel.get_by_test_id("eflows-done")).to_have_text("1")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(panel.get_by_test_id("eflows-empty")).to_contain_text("one.ipynb has not started")
    lab.wait_for_kernel()
    assert lab.run_all() == []
    expect(panel.get_by_test_id("eflows-done")).to_have_text("1")


def test_a_kernel_that_died_has_no_session(lab: Any) -> None:
    """Neither one that was killed, and starts anew, nor one that was shut down."""
    task = "import eflows_nb as ef\n@ef.task\ndef f(x):\n    return x\n_ = ef.wait_on(f(1))"
    lab.open(lab.write("dead.ipynb", task, "import os\nprint(os.getpid())"))
    panel = lab.show_panel()
    assert lab.run_all() == []
    expect(panel.get_by_test_id("eflows-done")).to_have_text("1")
    os.kill(int(lab.page.locator(".jp-OutputArea-output").inner_text()), signal.SIGKILL)
    expect(panel.get_by_test_id("eflows-empty")).to_contain_text(
        "has not started any engines", timeout=30_000
    )
    lab.page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
    lab.wait_for_kernel()
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    expect(panel.get_by_test_id("eflows-empty")).to_contain_text("dead.ipynb has no kernel")


def test_text_from_the_kernel_stays_text(lab: Any) -> None:
    """Names and reasons with markup are shown, never interpreted."""
    lab.open(lab.write("hostile.ipynb", HOSTILE))
    panel = lab.show_panel()
    assert lab.run_all() == []
    expect(panel.get_by_test_id("eflows-state")).to_have_text("Broken")
    expect(panel.get_by_test_id("eflows-reason")).to_contain_text("<img src=x onerror=")
    assert panel.locator("img, script").count() == 0
    assert lab.page.evaluate("() => window.eflowsHacked") is None
    lab.picture("panel-broken")


@pytest.mark.engines
def test_the_dark_theme_suits_the_panel(lab: Any) -> None:
    """Its colours come from the theme."""
    lab.open(lab.write("dark.ipynb", START, BUSY.split("print")[0] + "ef.barrier()"))
    panel = lab.show_panel()
    lab.command("apputils:change-theme", theme="JupyterLab Dark")
    expect(lab.page.locator("body[data-jp-theme-light='false']")).to_be_attached()
    assert lab.run_all() == []
    expect(panel.get_by_test_id("eflows-done")).to_have_text("30")
    expect(panel.get_by_test_id("eflows-cluster")).to_contain_text("dark.ipynb")
    lab.picture("panel-dark")
    light = re.compile(r"rgba?\(2\d\d, 2\d\d, 2\d\d")
    expect(panel.get_by_test_id("eflows-state")).to_have_css("color", light)
