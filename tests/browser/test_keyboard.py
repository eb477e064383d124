"""Everything in the panel can be reached and read without a mouse and without colours."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_panel_is_worked_by_keyboard(lab: Any) -> None:
    """From the code that it teaches, Tab leads to the sections and the buttons."""
    lab.open(lab.write("keys.ipynb", "1"))
    panel = lab.show_panel()
    insert = panel.get_by_test_id("eflows-insert")
    insert.focus()
    lab.page.keyboard.press("Tab")
    lab.page.keyboard.press("Shift+Tab")
    expect(insert).to_be_focused()
    lab.page.keyboard.press("Enter")
    expect(lab.page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(2)


def test_the_panel_is_opened_by_command(lab: Any) -> None:
    """The command palette has it."""
    lab.open()
    lab.command("eflows-nb:show-panel")
    expect(lab.page.locator("#eflows-nb-panel")).to_be_visible()
    expect(lab.page.get_by_role("heading", name="This notebook")).to_be_visible()
    expect(lab.page.get_by_role("heading", name="Clusters on this server")).to_be_visible()
