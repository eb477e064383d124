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


KEYS = ["Alt+Shift+E", "Alt+Shift+R", "Alt+Shift+D"]
NOTE_TAKEN_KEYS = """() => {
  window.eflowsTaken = [];
  window.addEventListener('keydown', event => {
    if (event.key.length === 1 && event.defaultPrevented) window.eflowsTaken.push(event.key);
  });
  // JupyterLab ends the way of an event that is a shortcut.
  const { stopPropagation } = Event.prototype;
  Event.prototype.stopPropagation = function () {
    if (this.type === 'keydown' && this.key.length === 1 && this.defaultPrevented)
      window.eflowsTaken.push(this.key);
    stopPropagation.call(this);
  };
}"""


def test_keys_that_type_characters_are_left_to_who_types(lab: Any) -> None:
    """On many keyboards Alt+Shift types some; commands take them where nobody types."""
    lab.open(lab.write("typed.ipynb", "def f(x):\n    return x"))
    lab.page.evaluate(NOTE_TAKEN_KEYS)
    panel = lab.show_panel()
    editor = lab.page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
    lab.command("filebrowser:activate")
    lab.command("filebrowser:toggle-file-filter")
    search = lab.page.locator(".jp-FileBrowser-filterBox jp-search")
    for field in (editor, search):
        field.click()
        for keys in KEYS:
            lab.page.keyboard.press(keys)
    assert lab.page.evaluate("() => window.eflowsTaken") == []
    expect(lab.page.locator(".eflows-Run")).to_have_count(0)
    expect(lab.page.locator(".jp-Dialog")).to_have_count(0)
    expect(panel).to_be_hidden()
    editor.click()
    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("Alt+Shift+D")
    expect(lab.page.locator(".jp-Dialog")).to_contain_text("Make a task function of f")
    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("Alt+Shift+E")
    expect(panel).to_be_visible()


def test_the_panel_is_opened_by_command(lab: Any) -> None:
    """The command palette has it."""
    lab.open()
    lab.command("eflows-nb:show-panel")
    expect(lab.page.locator("#eflows-nb-panel")).to_be_visible()
    expect(lab.page.get_by_role("heading", name="This notebook")).to_be_visible()
    expect(lab.page.get_by_role("heading", name="Clusters on this server")).to_be_visible()
