"""Engines have tasks in advance: pages say that each runs one of them, and has the others behind that."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

START = """import eflows_nb as ef, pathlib
from eflows_nb.runtime import queues
queues._PATIENCE = 1e6  # engines do not give back what they were sent
running = ef.start(engines=2)
running._driver.wait(lambda: len(running.snapshot().engines) == 2)
@ef.task
def hold(x):
    import time
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
    return x
number = running._functions.code(hold).number
running._driver.change(lambda scheduler: scheduler.durations.learn(number, [0.001]))"""
FLOOD = "held = ef.map(hold, range(12))"
TOLD = "10 tasks are sent to their engines, behind what runs there"


def test_what_an_engine_has_in_advance_is_not_said_to_run(lab: Any) -> None:
    """In the panel and the status bar, at cells, in the run view, and of one task too."""
    lab.open(lab.write("sent.ipynb", START, FLOOD, "ef.progress()", "held[0], held[-1]"))
    assert lab.run_all() == []
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-running")).to_have_text("2")
    expect(panel.get_by_test_id("eflows-sent")).to_have_text("10")
    expect(panel.get_by_test_id("eflows-backlog")).to_have_text(TOLD)
    expect(lab.page.get_by_test_id("eflows-status")).to_have_text(
        "0 of 12 tasks done · 2 running · 10 sent · 2 engines"
    )
    sent = panel.get_by_test_id("eflows-engine-sent").all_text_contents()
    assert sum(map(int, sent)) == 10

    chips = lab.page.get_by_test_id("eflows-cell-chip")
    expect(chips.nth(0)).to_contain_text("▸ hold · Running: 2 of 12 tasks")
    cells = lab.page.locator(".jp-CodeCell")
    expect(cells.nth(2)).to_contain_text("0 of 12, 2 running, 10 sent")
    expect(cells.nth(3)).to_contain_text("sent to engine")
    lab.picture("sent-panel")

    lab.page.get_by_test_id("eflows-open-run-view").click()
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-running")).to_have_text("2")
    expect(view.get_by_test_id("eflows-run-sent")).to_have_text("10")
    view.get_by_test_id("eflows-find").fill("sent")
    expect(view.get_by_test_id("eflows-found")).to_have_text("10 found")
    view.get_by_test_id("eflows-find").fill("#12")
    view.get_by_test_id("eflows-find").press("Enter")
    expect(view.get_by_test_id("eflows-task-state")).to_have_text("Sent")
    expect(view).to_contain_text(re.compile(r"not yet: its engine has \d tasks? before it"))
    lab.picture("sent-run-view")

    (lab.server.root / "go").touch()
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("12")
    expect(panel.get_by_test_id("eflows-sent")).to_have_text("0")
