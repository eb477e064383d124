"""The panel says why tasks wait, as the runtime knows it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

HELD = """import eflows_nb as ef, pathlib, time
_ = ef.start(engines=2)
@ef.task
def hold(x):
    import time
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
    return x
@ef.task
def add(*parts):
    return sum(parts)
total = add(*[hold(i) for i in range(14)])
while not pathlib.Path("seen").exists():
    time.sleep(0.02)"""


def test_the_panel_says_why_tasks_wait(lab: Any) -> None:
    """While a cell computes; in the dark theme too, and no longer than something waits."""
    lab.open(lab.write("waiting.ipynb", HELD, "ef.wait_on(total)"))
    panel = lab.show_panel()
    lab.begin_run_all()
    waiting = panel.get_by_test_id("eflows-backlog")
    expect(waiting).to_have_text("12 tasks are ready: both engines are busy; 1 task waits for other tasks")
    lab.picture("panel-waiting-light")
    lab.command("apputils:change-theme", theme="JupyterLab Dark")
    expect(lab.page.locator("body[data-jp-theme-light='false']")).to_be_attached()
    lab.picture("panel-waiting-dark")
    (lab.server.root / "seen").touch()
    (lab.server.root / "go").touch()
    assert lab.end_run_all() == []
    expect(waiting).to_have_count(0)
