"""``ef.progress()`` is a bar for each task function, live while a cell runs."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

START = "import eflows_nb as ef, pathlib, time\n_ = ef.start(engines=2)"
TASKS = """@ef.task
def load(part):
    return part

@ef.task
def hold(value):
    while not pathlib.Path("bars-go").exists():
        time.sleep(0.01)
    return value

def broken(x):
    return 1 / x
broken.__name__ = broken.__qualname__ = "<img src=x onerror='window.eflowsHacked = true'> $x$"
broken = ef.task(broken)
ef.progress()"""
RUN = """bad = broken(0)
loaded = ef.wait_on([load(i) for i in range(20)])
values = ef.wait_on([hold(value) for value in loaded])
ef.as_completed([bad])"""


def test_bars_move_while_a_cell_runs(lab: Any) -> None:
    """They tell how many tasks have ended and how; a name is text, and no formula."""
    lab.open(lab.write("bars.ipynb", START, TASKS, RUN))
    lab.begin_run_all()
    bars = lab.page.locator(".widget-vbox")
    expect(bars).to_contain_text("20 of 20")
    expect(bars).to_contain_text("0 of 20, 2 running")
    expect(bars).to_contain_text("1 of 1, 1 failed")
    expect(bars).to_contain_text("<img src=x")
    lab.picture("widget-bars")
    (lab.server.root / "bars-go").touch()
    assert lab.end_run_all() == []
    expect(bars.get_by_text("20 of 20")).to_have_count(2)
    assert bars.locator("img, mjx-container").count() == 0
    assert lab.page.evaluate("() => window.eflowsHacked") is None
