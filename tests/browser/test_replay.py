"""A journal is opened as the run that it tells of."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

EXAMPLE = Path(__file__).parents[1] / "protocol" / "journal.jsonl"


def open_document(lab: Any, name: str) -> Any:
    """Open a file by its name and return what shows it."""
    lab.page.evaluate(
        "path => { window.jupyterapp.commands.execute('docmanager:open', { path }); }",
        name,
    )
    return lab.page.locator(".eflows-Replay")


def test_a_journal_is_replayed_with_a_slider(lab: Any) -> None:
    """At its end the run is as it was; at its begin nothing has run yet; names stay text."""
    shutil.copy(EXAMPLE, lab.server.root / "journal-example.jsonl")
    lab.open()
    view = open_document(lab, "journal-example.jsonl")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("4")
    expect(view.get_by_test_id("eflows-run-failed")).to_have_text("1")
    view.get_by_test_id("eflows-next-error").click()
    expect(view.get_by_test_id("eflows-error")).to_have_text("ValueError: <i>no</i>")
    expect(view.get_by_test_id("eflows-traceback")).to_contain_text("Traceback")
    expect(view.get_by_test_id("eflows-go-to-cell")).to_have_count(0)
    slider = view.get_by_test_id("eflows-time")
    slider.fill("400")
    lab.picture("replay")
    expect(view.get_by_test_id("eflows-run-running")).to_have_text("1")
    slider.press("Home")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("0")
    expect(view.get_by_test_id("eflows-run-failed")).to_have_text("0")
    expect(view.locator(".eflows-Replay-time")).to_have_text("0 µs of 3.6 s")


def test_a_file_that_is_no_journal_says_so(lab: Any) -> None:
    """Nothing is shown that was not understood."""
    (lab.server.root / "journal-broken.jsonl").write_text('{"format": "something else"}\n')
    lab.open()
    view = open_document(lab, "journal-broken.jsonl")
    expect(view).to_contain_text("not the journal of an eFlows session")
