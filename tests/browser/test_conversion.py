"""Task cells are converted while somebody edits the notebook."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CONVERT = "() => { window.jupyterapp.commands.execute('eflows-nb:convert-notebook', {form: 'metadata'}); }"
EDIT = """text => window.jupyterapp.shell.currentWidget.content.widgets[0].model.sharedModel
  .setSource(text)"""
SOURCES = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .map(cell => cell.model.sharedModel.getSource())"""
CONVERTED = """() => window.jupyterapp.shell.currentWidget.content.widgets[1].model
  .getMetadata('eflows')?.task?.name === 'a'"""


def test_what_is_written_during_a_conversion_is_kept(lab: Any) -> None:
    """The notebook is converted again as it is then."""
    lab.open(lab.write("edited.ipynb", "n = 20", "%%task a\na = n"))
    asked: list[int] = []

    def answer(route: Any) -> None:
        asked.append(len(asked))
        made = route.fetch()
        lab.page.evaluate(EDIT, "n = 30")  # the second time as before
        route.fulfill(response=made)

    lab.page.route("**/eflows/convert*", answer)
    lab.page.evaluate(CONVERT)
    lab.page.wait_for_function(CONVERTED)
    assert lab.page.evaluate(SOURCES) == ["n = 30", "a = n"]
    assert len(asked) == 2


def test_a_notebook_that_is_edited_all_the_time_stays_as_it_is(lab: Any) -> None:
    """The user is told, and nothing is lost."""
    lab.open(lab.write("busy-edit.ipynb", "n = 20", "%%task a\na = n"))
    asked: list[int] = []

    def answer(route: Any) -> None:
        asked.append(len(asked))
        made = route.fetch()
        lab.page.evaluate(EDIT, f"n = {len(asked)}")
        route.fulfill(response=made)

    lab.page.route("**/eflows/convert*", answer)
    lab.page.evaluate(CONVERT)
    dialog = lab.page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("The notebook was edited while it was converted")
    assert lab.page.evaluate(SOURCES) == ["n = 3", "%%task a\na = n"]
    lab.page.keyboard.press("Escape")


def test_a_notebook_without_task_cells_is_said_to_be(lab: Any) -> None:
    """A command that does nothing would leave its user in doubt."""
    lab.open(lab.write("plain.ipynb", "n = 20", "a = n"))
    lab.page.evaluate(CONVERT)
    dialog = lab.page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("Nothing to convert")
    dialog.get_by_role("button", name="Ok").click()
    assert lab.page.evaluate(SOURCES) == ["n = 20", "a = n"]


def test_a_server_that_does_not_answer_is_said_to(lab: Any) -> None:
    """And the cells stay as they are."""
    lab.open(lab.write("no-server.ipynb", "n = 20", "%%task a\na = n"))
    lab.page.route("**/eflows/convert*", lambda route: route.abort())
    lab.page.evaluate(CONVERT)
    expect(lab.page.locator(".jp-Dialog")).to_contain_text("The server does not answer")
    assert lab.page.evaluate(SOURCES) == ["n = 20", "%%task a\na = n"]
    lab.page.keyboard.press("Escape")
