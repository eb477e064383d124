"""Past runs are listed in the panel, and a click replays them, also from hidden folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

EXAMPLE = Path(__file__).parents[1] / "protocol" / "journal.jsonl"
CELL = """import os
os.environ.pop("EFLOWS_JOURNAL", None)
import eflows_nb as ef
@ef.task
def f(x):
    return x
_ = ef.wait_on([f(i) for i in range(7)])"""
LAYOUT_IS_SAVED = """() => {
  window.eflowsLook ??= window.jupyterapp.serviceManager.workspaces.list().then(({ values }) => {
    const layouts = values.map(({ data }) => JSON.stringify(data['layout-restorer:data'] ?? ''));
    window.eflowsSaved = layouts.some(layout => layout.includes('eflows-nb-past:'));
    window.eflowsLook = undefined;
  });
  return window.eflowsSaved;
}"""
HOSTILE = "<img src=x onerror='window.eflowsHacked = true'>.ipynb"


@pytest.fixture
def journals(lab: Any) -> Path:
    """Give the hidden folder for journals."""
    folder: Path = lab.server.root / ".eflows"
    folder.mkdir()
    return folder


def test_a_run_is_listed_and_replayed_from_its_hidden_folder(lab: Any, journals: Path) -> None:
    """While its kernel lives it goes on; then it can be deleted, after a question."""
    lab.open(lab.write("lived.ipynb", CELL))
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-no-runs")).to_contain_text("No run yet")
    assert lab.run_all() == []
    panel.get_by_role("button", name="Look for runs again").click()
    run = panel.get_by_test_id("eflows-past-run")
    expect(run).to_contain_text("lived.ipynb")
    expect(run).to_contain_text("goes on · 7 tasks")
    expect(run.get_by_role("button", name="Delete the journal")).to_have_count(0)
    run.get_by_role("button").press("Enter")
    view = lab.page.locator(".eflows-Replay")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("7")
    expect(lab.page.get_by_role("tab", name="Run: lived.ipynb")).to_be_visible()
    lab.picture("runs")

    lab.page.wait_for_function(LAYOUT_IS_SAVED)
    lab.reload()
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("7")
    lab.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    panel = lab.show_panel()
    run = panel.get_by_test_id("eflows-past-run")
    expect(run).not_to_contain_text("goes on")
    run.get_by_role("button", name="Delete the journal").click()
    dialog = lab.page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("lived.ipynb")
    dialog.get_by_role("button", name="Cancel").click()
    expect(run).to_have_count(1)
    run.get_by_role("button", name="Delete the journal").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(panel.get_by_test_id("eflows-no-runs")).to_be_visible()
    assert list(journals.iterdir()) == []


def test_damaged_journals_and_hostile_names_do_no_harm(lab: Any, journals: Path) -> None:
    """They are told as text, and the others are listed beside them."""
    header, *lines = EXAMPLE.read_text().splitlines(keepends=True)
    shutil.copy(EXAMPLE, journals / "journal-whole.jsonl")
    hostile = json.dumps({**json.loads(header), "notebook": HOSTILE}) + "\n"
    (journals / "journal-damaged.jsonl").write_text(hostile + lines[0] + "nonsense\n")
    lab.open()
    panel = lab.show_panel()
    runs = panel.get_by_test_id("eflows-past-run")
    expect(runs).to_have_count(2)
    damaged = runs.filter(has_text="damaged at line 3")
    expect(damaged).to_contain_text("<img src=x onerror=")
    assert panel.locator("img").count() == 0
    damaged.get_by_role("button").first.click()
    expect(lab.page.locator(".eflows-Replay")).to_contain_text("Line 3 of this journal is damaged")
    assert lab.page.evaluate("() => window.eflowsHacked") is None


def test_a_journal_that_is_gone_says_so(lab: Any, journals: Path) -> None:
    """It was deleted after it was listed."""
    shutil.copy(EXAMPLE, journals / "journal-1.jsonl")
    lab.open()
    panel = lab.show_panel()
    run = panel.get_by_test_id("eflows-past-run")
    expect(run).to_have_count(1)
    (journals / "journal-1.jsonl").unlink()
    run.get_by_role("button").first.click()
    expect(lab.page.locator(".eflows-Replay")).to_contain_text("no journal at this path any more")


def test_many_runs_are_shown_when_they_are_asked_for(lab: Any, journals: Path) -> None:
    """At first as many as the settings say."""
    for number in range(14):
        shutil.copy(EXAMPLE, journals / f"journal-{number}.jsonl")
    lab.open()
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-past-run")).to_have_count(10)
    panel.get_by_test_id("eflows-more-runs").click()
    expect(panel.get_by_test_id("eflows-past-run")).to_have_count(14)
