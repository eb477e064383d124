"""Engines are started, scaled and stopped from the panel."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

TASK = """import eflows_nb as ef, pathlib, time
@ef.task
def f(x):
    return x
_ = ef.wait_on(f(1))"""
BUSY = "while not pathlib.Path('{name}').exists(): time.sleep(0.01)"
LASTING = """@ef.task
def last():
    while True: time.sleep(0.1)
future = last()"""


def test_engines_start_scale_and_stop_from_the_panel(lab: Any) -> None:
    """Without a line in the notebook; their use of the machine is shown."""
    lab.open(lab.write("idle.ipynb", "1"))
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-launcher").locator("option").first).to_have_text("This machine")
    panel.get_by_test_id("eflows-number").fill("0")
    expect(panel.get_by_role("alert")).to_contain_text("Give a whole number of engines")
    expect(panel.get_by_test_id("eflows-start")).to_be_disabled()
    panel.get_by_test_id("eflows-number").fill("1")
    expect(panel.get_by_test_id("eflows-share")).to_contain_text("Each has")
    lab.picture("engines-start")
    panel.get_by_test_id("eflows-start").click()
    expect(panel.get_by_test_id("eflows-engine")).to_have_count(1)
    expect(panel.get_by_test_id("eflows-state")).to_have_text("Ready")
    expect(panel.get_by_test_id("eflows-memory")).to_contain_text("MiB")
    expect(panel.get_by_test_id("eflows-cpu")).to_contain_text("%")

    panel.get_by_test_id("eflows-number").fill("2")
    panel.get_by_test_id("eflows-number").press("Enter")
    expect(panel.get_by_test_id("eflows-engine")).to_have_count(2)
    expect(panel.get_by_test_id("eflows-state")).to_have_text("Ready")
    expect(panel.get_by_test_id("eflows-cluster-use")).to_contain_text("2 engines · ")
    lab.picture("engines-scaled")
    panel.get_by_test_id("eflows-number").fill("1")
    panel.get_by_test_id("eflows-scale").click()
    expect(panel.get_by_test_id("eflows-engine")).to_have_count(1)

    panel.get_by_test_id("eflows-stop").click()
    expect(panel.get_by_text("No engines: tasks run in the kernel")).to_be_visible()
    expect(panel.get_by_test_id("eflows-no-clusters")).to_be_visible()
    expect(panel.get_by_test_id("eflows-start")).to_be_enabled()


def test_engines_come_and_go_while_a_cell_runs(lab: Any) -> None:
    """A session hears it during a cell; tasks that have not ended are asked about."""
    lab.open(lab.write("busy-engines.ipynb", TASK, LASTING, BUSY.format(name="go-on")))
    panel = lab.show_panel()
    lab.command("notebook:run-cell")
    expect(panel.get_by_test_id("eflows-done")).to_have_text("1")
    panel.get_by_test_id("eflows-number").fill("1")
    panel.get_by_test_id("eflows-start").click()
    expect(panel.get_by_test_id("eflows-engine")).to_have_count(1)
    lab.begin_run_all()
    expect(panel.get_by_test_id("eflows-running")).to_have_text("1")
    expect(lab.page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "busy")

    panel.get_by_test_id("eflows-stop").click()
    dialog = lab.page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("1 task has not ended")
    lab.picture("engines-stop")
    dialog.get_by_role("button", name="Stop when they have ended").click()
    expect(panel.get_by_test_id("eflows-pending")).to_contain_text("when their tasks have ended")
    panel.get_by_test_id("eflows-stop").click()
    dialog.get_by_role("button", name="Cancel tasks and stop").click()
    expect(panel.get_by_test_id("eflows-cancelled")).to_have_text("1")
    expect(panel.get_by_test_id("eflows-start")).to_be_enabled()
    assert lab.kernel_status() == "busy"
    (lab.server.root / "go-on").touch()
    assert lab.end_run_all() == []


def test_a_kernel_without_a_session_is_honest_about_waiting(lab: Any) -> None:
    """It cannot hear anything during a cell; what was wanted happens after it."""
    lab.open(lab.write("deaf.ipynb", "import pathlib, time\n" + BUSY.format(name="go-deaf")))
    panel = lab.show_panel()
    lab.begin_run_all()
    expect(lab.page.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "busy")
    panel.get_by_test_id("eflows-number").fill("1")
    panel.get_by_test_id("eflows-start").click()
    expect(panel.get_by_test_id("eflows-pending")).to_contain_text("A cell is running")
    lab.picture("engines-wait")
    (lab.server.root / "go-deaf").touch()
    expect(panel.get_by_test_id("eflows-engine")).to_have_count(1)
    assert lab.end_run_all() == []


def test_a_kernel_without_the_package_says_what_to_do(lab: Any) -> None:
    """The reason is shown as text."""
    lab.open(lab.write("bare.ipynb", "import sys\nsys.modules['eflows_nb'] = None"))
    panel = lab.show_panel()
    assert lab.run_all() == []
    panel.get_by_test_id("eflows-start").click()
    expect(panel.get_by_test_id("eflows-refusal")).to_contain_text("has no eflows_nb. Install it")


def test_engines_are_started_on_hosts_that_are_named(lab: Any) -> None:
    """The form asks for them, and does nothing without; what SSH says is shown."""
    body = {
        "clusters": [],
        "launchers": [
            {"name": "local", "hosts": False, "cores": 2, "memory": 1 << 33, "gpus": 0},
            {"name": "hosts", "hosts": True, "cores": 0, "memory": 0, "gpus": 0},
        ],
        "host": "here",
        "now": 0,
    }
    # Whether this machine has ssh or not.
    lab.page.route("**/eflows/clusters*", lambda route: route.fulfill(json=body))
    lab.open(lab.write("hosts.ipynb", "1"))
    panel = lab.show_panel()
    panel.get_by_test_id("eflows-launcher").select_option("hosts")
    expect(panel.get_by_test_id("eflows-start")).to_be_disabled()
    panel.get_by_test_id("eflows-hosts").fill("localhost")
    panel.get_by_test_id("eflows-number").fill("1")
    lab.picture("engines-hosts")
    panel.get_by_test_id("eflows-start").click()
    expect(panel.get_by_test_id("eflows-engine")).to_have_count(1)
    expect(panel.get_by_test_id("eflows-engines")).to_have_text("1 of 1 engines (hosts)")
