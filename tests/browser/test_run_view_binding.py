"""A run view stays with its notebook, whatever happens to that."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TASKS = "import eflows_nb as ef\n@ef.task\ndef f(x):\n    return x\n_ = ef.wait_on([f(i) for i in range(3)])"
RENAME = "([from, to]) => window.jupyterapp.serviceManager.contents.rename(from, to)"
CLOSE = """async path => {
  const panel = [...window.jupyterapp.shell.widgets('main')].find(one => one.context?.path === path);
  await panel.context.save();
  panel.close();
}"""
IS_SAVED = """path => {
  const names = [`notebook:${path}`, `eflows-nb-run:${path}`];
  window.jupyterapp.serviceManager.workspaces.list().then(({ values }) => {
    const layouts = values.map(({ data }) => JSON.stringify(data['layout-restorer:data'] ?? ''));
    window.eflowsIsSaved = layouts.some(layout => names.every(name => layout.includes(name)));
  });
  return window.eflowsIsSaved === true;
}"""


def tab(lab: Any) -> Any:
    """Return the tab of the run view."""
    return lab.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="Run: ")


def test_a_run_view_follows_its_notebook_to_another_name(lab: Any) -> None:
    """Its tab says so, it is not opened a second time, and the saved layout has it under that name."""
    lab.open(lab.write("old-name.ipynb", TASKS))
    assert lab.run_all() == []
    lab.command("eflows-nb:open-run-view")
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("3")

    lab.page.evaluate(RENAME, ["old-name.ipynb", "new-name.ipynb"])
    expect(tab(lab)).to_have_text("Run: new-name.ipynb")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("3")
    lab.command("eflows-nb:open-run-view", path="new-name.ipynb")
    expect(tab(lab)).to_have_count(1)

    lab.page.wait_for_function(IS_SAVED, polling=200, arg="new-name.ipynb")


def test_a_run_view_is_there_after_a_rename_and_a_reload(lab: Any) -> None:
    """With its notebook and its tasks: the layout that is restored has the new name of both."""
    lab.open(lab.write("before.ipynb", TASKS))
    assert lab.run_all() == []
    lab.command("eflows-nb:open-run-view")
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("3")
    lab.page.evaluate(RENAME, ["before.ipynb", "after.ipynb"])
    expect(tab(lab)).to_have_text("Run: after.ipynb")
    lab.page.wait_for_function(IS_SAVED, polling=200, arg="after.ipynb")
    lab.reload()
    expect(tab(lab)).to_have_text("Run: after.ipynb")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("3")
    expect(lab.page.locator(".jp-NotebookPanel .jp-Cell")).to_have_count(1)


def test_a_run_view_finds_its_notebook_again_when_that_was_closed_in_the_background(lab: Any) -> None:
    """It says that the notebook is closed, also when it is renamed then, until it is open again."""
    lab.write("in-front.ipynb", "1")
    lab.open(lab.write("background.ipynb", TASKS))
    assert lab.run_all() == []
    lab.command("eflows-nb:open-run-view")
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("3")
    lab.command("docmanager:open", path="in-front.ipynb")
    lab.wait_for_kernel()
    lab.page.evaluate(CLOSE, "background.ipynb")
    expect(view).to_contain_text("The notebook of this view is not open")

    lab.page.evaluate(RENAME, ["background.ipynb", "foreground.ipynb"])
    expect(tab(lab)).to_have_text("Run: foreground.ipynb")
    lab.command("docmanager:open", path="foreground.ipynb")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("3")
