"""A dialog makes a task function of the function in the active cell."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

FUNCTION = '''def add(total, field: "Field, (x)" = (1, 2), *others, memory=0):
    """Add, def no(x): pass"""
    return total, field'''
HOSTILE = "def f(größe, x='<img src=x onerror=\"window.eflowsHacked = true\">'):\n    return größe"


def source(lab: Any, cell: int) -> str:
    """Return the text of a cell."""
    text: str = lab.page.evaluate(
        "n => window.jupyterapp.shell.currentWidget.content.widgets[n].model.sharedModel.getSource()", cell
    )
    return text


def dialog(lab: Any) -> Any:
    """Open the dialog by its keys and return it."""
    lab.page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("Alt+Shift+D")
    found = lab.page.locator(".jp-Dialog")
    expect(found).to_be_visible()
    return found


def test_a_function_becomes_a_task_function(lab: Any) -> None:
    """With a direction for each parameter, options that make sense, and the import that it needs."""
    lab.open(lab.write("function.ipynb", FUNCTION))
    form = dialog(lab)
    expect(form).to_contain_text("Make a task function of add")
    expect(form.get_by_test_id("eflows-direction")).to_have_count(3)
    expect(form).to_contain_text("memory is read")
    expect(form.get_by_test_id("eflows-option-returns")).to_have_value("2")
    form.get_by_test_id("eflows-direction").first.select_option("INOUT")
    form.get_by_test_id("eflows-direction").nth(2).select_option("COLLECTION_IN")
    form.get_by_test_id("eflows-option-time_out").fill("soon")
    expect(form.get_by_test_id("eflows-mistakes")).to_contain_text("Time-out is in seconds")
    form.get_by_role("button", name="Insert").click()
    expect(form.get_by_test_id("eflows-mistakes")).to_be_visible()
    form.get_by_test_id("eflows-option-time_out").fill("600")
    form.get_by_test_id("eflows-option-memory").fill("4 GB")
    form.get_by_test_id("eflows-on-failure").select_option("retry")
    lab.picture("task-dialog")
    form.get_by_role("button", name="Insert").click()
    expect(form).to_have_count(0)
    assert source(lab, 0) == (
        "import eflows_nb as ef\n\n\n"
        "@ef.task(total=ef.INOUT, others=ef.COLLECTION_IN, "
        'on_failure="retry", returns=2, memory="4 GB", time_out=600)\n' + FUNCTION
    )
    assert lab.run_all() == []
    form = dialog(lab)
    expect(form).to_contain_text("add is a task function already")


def test_a_new_function_is_made_by_keyboard_alone(lab: Any) -> None:
    """In a cell of its own, with the name by which the notebook knows the package."""
    lab.open(lab.write("new.ipynb", "import eflows_nb as flows"))
    form = dialog(lab)
    signature = form.get_by_test_id("eflows-signature")
    expect(signature).to_be_focused()
    signature.fill("f(a); import os")
    expect(form.get_by_role("alert")).to_contain_text("Give a name and parameters")
    signature.fill("scale(field, by=2.0)")
    lab.page.keyboard.press("Tab")
    expect(form.get_by_test_id("eflows-direction").first).to_be_focused()
    lab.page.keyboard.press("Enter")
    expect(form).to_have_count(0)
    assert source(lab, 1) == "@flows.task\ndef scale(field, by=2.0):\n    ..."
    assert lab.run_all() == []


def test_hostile_names_are_text(lab: Any) -> None:
    """Nothing of a cell is interpreted, nor run."""
    lab.open(lab.write("hostile-function.ipynb", HOSTILE))
    form = dialog(lab)
    expect(form.locator("code").first).to_have_text("größe")
    assert form.locator("img").count() == 0
    form.get_by_role("button", name="Cancel").click()
    assert source(lab, 0) == HOSTILE
    assert lab.page.evaluate("() => window.eflowsHacked") is None


def test_a_function_that_has_changed_meanwhile_is_left_alone(lab: Any) -> None:
    """The user is told, since nothing is inserted."""
    lab.open(lab.write("changed.ipynb", "def f(x):\n    return x"))
    form = dialog(lab)
    lab.page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets[0].model.sharedModel
          .setSource('def f(x, y):\\n    return x')"""
    )
    form.get_by_role("button", name="Insert").click()
    expect(form).to_contain_text("f was changed or removed while the dialog was open")
    assert source(lab, 0) == "def f(x, y):\n    return x"
    form.get_by_role("button", name="Ok").click()


def test_what_cannot_be_a_task_is_explained(lab: Any) -> None:
    """A generator would never run."""
    lab.open(lab.write("lazy.ipynb", "def f(x):\n    yield x"))
    expect(dialog(lab)).to_contain_text("f is a coroutine or a generator")
    lab.page.keyboard.press("Enter")
