"""What is around the notebook: launcher card, status bar, settings, commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TASKS = """import eflows_nb as ef
@ef.task
def f(x):
    return 1 / x
_ = ef.wait_on([f(1), f(2)])
_ = f(0)"""
COMMANDS = [
    "Show the eFlows Panel",
    "Open the Run View",
    "Start eFlows Engines",
    "Make a Task Function…",
    "New eFlows Notebook",
    "eFlows Settings",
]


@pytest.mark.engines
def test_the_card_in_the_launcher_makes_a_notebook_that_runs(lab: Any) -> None:
    """On engines, with a parameters cell, and to its end."""
    lab.open()
    lab.command("launcher:create")
    card = lab.page.locator(".jp-LauncherCard[data-category='eFlows']")
    expect(card).to_contain_text("eFlows Notebook")
    lab.picture("launcher")
    card.click()
    lab.wait_for_kernel()
    made = sorted(Path(lab.server.root).glob("Untitled*.ipynb"))[-1]
    tags = [cell["metadata"].get("tags") for cell in json.loads(made.read_text())["cells"]]
    assert ["parameters"] in tags
    assert lab.run_all() == []
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-done")).to_have_text("9")
    lab.picture("first-notebook")


def test_the_command_makes_its_notebook_where_the_file_browser_is(lab: Any) -> None:
    """And not in the root of the server."""
    (lab.server.root / "sub" / "folder").mkdir(parents=True)
    lab.open()
    lab.command("filebrowser:go-to-path", path="sub/folder", dontShowBrowser=True)
    lab.command("eflows-nb:new-notebook", isPalette=True)
    lab.wait_for_kernel()
    assert [path.name for path in (lab.server.root / "sub" / "folder").glob("*.ipynb")] == ["Untitled.ipynb"]


def test_without_a_notebook_the_panel_says_what_the_run_view_is(lab: Any) -> None:
    """There is no button that would do nothing."""
    lab.open()
    panel = lab.show_panel()
    expect(panel).to_contain_text("Open a notebook to see its tasks as a graph")
    expect(panel.get_by_test_id("eflows-open-run")).to_have_count(0)
    lab.picture("panel-no-notebook")
    lab.command("docmanager:open", path=lab.write("first.ipynb", "1").name)
    panel.get_by_test_id("eflows-open-run").click()
    expect(lab.page.locator(".eflows-Run")).to_be_visible()


def test_the_status_bar_counts_the_tasks_of_the_notebook_in_front(lab: Any) -> None:
    """A click opens the run view; the settings can switch it off."""
    lab.write("bare-status.ipynb", "1")
    lab.open(lab.write("status.ipynb", TASKS))
    item = lab.page.get_by_test_id("eflows-status")
    expect(item).to_have_count(0)
    assert lab.run_all() == []
    expect(item).to_have_text("2 of 3 tasks done · 1 failed")
    lab.picture("status-bar")
    lab.command("docmanager:open", path="bare-status.ipynb")
    lab.wait_for_kernel()
    expect(item).to_be_hidden()
    lab.command("docmanager:open", path="status.ipynb")
    item.click()
    expect(lab.page.locator(".eflows-Run").get_by_test_id("eflows-run-failed")).to_have_text("1")

    lab.command("eflows-nb:open-settings")
    editor = lab.page.locator(".jp-SettingsPanel")
    expect(editor).to_contain_text("How many engines the panel proposes")
    lab.picture("settings")
    editor.get_by_label("Status bar").uncheck()
    expect(item).to_be_hidden()
    editor.get_by_label("Status bar").check()
    expect(item).to_be_visible()


@pytest.fixture
def have_set(lab: Any) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Set something as the settings editor does, for pages that are loaded from then on."""

    def save(values: dict[str, Any]) -> None:
        lab.page.evaluate(
            "text => window.jupyterapp.serviceManager.settings.save('eflows-nb:settings', text)",
            json.dumps(values),
        )

    yield save
    save({})


def test_settings_change_what_the_panel_proposes(
    lab: Any, have_set: Callable[[dict[str, Any]], None]
) -> None:
    """The number of engines, for one."""
    lab.open(lab.write("proposal.ipynb", "1"))
    have_set({"engines": 7})
    lab.reload()
    expect(lab.show_panel().get_by_test_id("eflows-number")).to_have_value("7")


def test_strips_and_the_first_sight_of_a_run_are_set(
    lab: Any, have_set: Callable[[dict[str, Any]], None]
) -> None:
    """A run view shows the table first, and strips go and come at once."""
    lab.open(lab.write("sight.ipynb", TASKS))
    have_set({"runView": "table"})
    lab.open(lab.server.root / "sight.ipynb")
    assert lab.run_all() == []
    lab.command("eflows-nb:open-run-view", path="sight.ipynb")
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_role("grid")).to_be_visible()
    expect(view.locator("canvas").first).to_be_hidden()
    strip = lab.page.locator(".eflows-Strip")
    expect(strip).to_be_visible()
    lab.command("eflows-nb:open-settings")
    setting = lab.page.locator(".jp-SettingsPanel").get_by_label("Strips at cells")
    setting.uncheck()
    expect(lab.page.locator("body[data-eflows-strips='hidden']")).to_be_attached()
    expect(strip).to_be_hidden()
    setting.check()
    expect(strip).to_be_visible()


def test_everything_is_in_the_command_palette(lab: Any) -> None:
    """Under one heading."""
    lab.open(lab.write("palette.ipynb", "1"))
    lab.page.keyboard.press("Control+Shift+C")
    lab.page.keyboard.type("eFlows")
    palette = lab.page.locator(".lm-CommandPalette")
    for command in COMMANDS:
        expect(palette).to_contain_text(command)
    lab.picture("palette")


def test_keys_open_panel_and_run_view(lab: Any) -> None:
    """They can be changed in the settings, and clash with none of JupyterLab's."""
    lab.open(lab.write("shortcuts.ipynb", "1"))
    lab.page.locator(".jp-Notebook .jp-Cell .jp-InputPrompt").first.click()
    lab.page.keyboard.press("Alt+Shift+E")
    expect(lab.page.locator("#eflows-nb-panel")).to_be_visible()
    lab.page.locator(".jp-Notebook .jp-Cell .jp-InputPrompt").first.click()
    lab.page.keyboard.press("Alt+Shift+R")
    expect(lab.page.locator(".eflows-Run")).to_be_visible()
