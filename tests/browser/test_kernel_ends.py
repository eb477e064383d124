"""What the page shows when a kernel begins anew or ends, and when the page is loaded while it works."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

START = "%load_ext eflows_nb\n%eflows start 2\nimport pathlib, time\nimport eflows_nb as ef"
SLOW = "%%task slow\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)\nslow = 1"
RESTART = "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
SHUT_DOWN = "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"
IS_DIRTY = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"
BEGIN_SAVING = "() => { window.eflowsSaved = window.jupyterapp.commands.execute('docmanager:save'); }"
TO_FRONT = """path => window.jupyterapp.shell.activateById(
  [...window.jupyterapp.shell.widgets('main')].find(one => one.context?.path === path).id)"""
WORDS_ARE_KEPT = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .flatMap(cell => cell.model.outputs?.toJSON() ?? [])
  .some(output => String(output.data?.['text/plain']).includes('1 running'))"""


def cell(lab: Any, place: int) -> Any:
    """Return a cell of the current notebook."""
    return lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").nth(place)


def open_beside(lab: Any, name: str) -> Any:
    """Open the run view of the notebook, leave the notebook in front, and return the view."""
    lab.command("eflows-nb:open-run-view")
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-running")).to_have_text("1")
    lab.page.evaluate(TO_FRONT, name)
    return view


def outputs_of(path: Any) -> str:
    """Return what a notebook has kept of its outputs."""
    return str([cell.outputs for cell in nbformat.read(path, as_version=4).cells])


def test_what_had_not_ended_says_so_when_the_kernel_begins_anew(lab: Any) -> None:
    """The card of a task, the bars, the run view, and the file; all are live when the cells run again."""
    path = lab.write("ended.ipynb", START, SLOW, "ef.progress()")
    lab.open(path)
    assert lab.run_all() == []
    expect(cell(lab, 1).locator(".jp-OutputArea")).to_contain_text("▸ slow #1 running")
    bars = cell(lab, 2).locator(".widget-vbox")
    expect(bars).to_contain_text("0 of 1, 1 running")
    lab.page.wait_for_function(WORDS_ARE_KEPT)
    expect(bars).to_be_visible()  # it was not shown anew for that
    view = open_beside(lab, "ended.ipynb")

    lab.page.evaluate(RESTART)
    expect(cell(lab, 1).locator(".jp-OutputArea")).to_contain_text("⊘ slow #1 cancelled")
    expect(cell(lab, 1)).to_contain_text("Its kernel ended before it did")
    expect(bars).not_to_be_visible()
    expect(cell(lab, 2)).to_contain_text("Not live. This is how it was last:")
    expect(cell(lab, 2)).to_contain_text("slow  1 running")
    notice = view.get_by_test_id("eflows-run-notice")
    expect(notice).to_contain_text("ended with its kernel. 1 task had not ended")
    expect(view.get_by_test_id("eflows-run-running")).to_have_text("0")
    expect(view.get_by_test_id("eflows-run-cancelled")).to_have_text("1")
    expect(view.locator("canvas").first).to_be_visible()
    lab.picture("ended-light")
    lab.command("apputils:change-theme", theme="JupyterLab Dark")
    expect(lab.page.locator("body[data-jp-theme-light='false']")).to_be_attached()
    lab.page.wait_for_selector("#jupyterlab-splash", state="detached")
    lab.picture("ended-dark")
    lab.command("docmanager:save")
    assert "▸" not in outputs_of(path)

    lab.wait_for_kernel()
    (lab.server.root / "go").touch()
    assert lab.run_all() == []
    expect(cell(lab, 1).locator(".jp-OutputArea")).to_contain_text("✓ slow #1 done")
    expect(bars).to_contain_text("1 of 1")
    expect(notice).not_to_be_visible()
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("1")


def test_the_run_view_of_a_kernel_that_was_shut_down_can_be_read(lab: Any) -> None:
    """It says that the session has ended, and a task can still be chosen, but not cancelled."""
    lab.open(lab.write("shut-down.ipynb", START, SLOW))
    assert lab.run_all() == []
    view = open_beside(lab, "shut-down.ipynb")
    lab.page.evaluate(SHUT_DOWN)
    # The kernel may have had the time to say itself that it cancels the task.
    expect(view.get_by_test_id("eflows-run-notice")).to_contain_text("ended with its kernel")
    expect(cell(lab, 1)).to_contain_text("⊘ slow #1 cancelled")
    expect(cell(lab, 1).get_by_test_id("eflows-cell-chip")).to_have_count(0)
    view.get_by_test_id("eflows-find").fill("slow")
    view.get_by_test_id("eflows-find").press("Enter")
    expect(view.get_by_test_id("eflows-task-state")).to_have_text("Cancelled")
    expect(view.get_by_test_id("eflows-cancel")).to_have_count(0)


def test_a_notebook_that_was_saved_while_tasks_ran_does_not_say_that_they_run(lab: Any) -> None:
    """Opening it with a new kernel shows the truth, and is no change to be saved."""
    path = lab.write("saved.ipynb", START, SLOW)
    lab.open(path)
    assert lab.run_all() == []
    expect(cell(lab, 1).locator(".jp-OutputArea")).to_contain_text("slow #1 running")
    lab.command("docmanager:save")
    assert "running" in outputs_of(path)
    lab.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    lab.open(path)
    expect(cell(lab, 1).locator(".jp-OutputArea")).to_contain_text("⊘ slow #1 cancelled")
    assert lab.page.evaluate(IS_DIRTY) is False


def test_what_goes_on_while_the_page_is_loaded_is_shown_when_it_ends(lab: Any) -> None:
    """The bar of a wait leaves nothing, and every cell has its number, as those that were waiting have."""
    wait = "def f(x):\n    while not pathlib.Path('go').exists(): time.sleep(0.01)\n    return x"
    waits = (f"@ef.task\n{wait}", "quiet = 1", "ef.wait_on([f(1), f(2)])")
    path = lab.write("loaded.ipynb", START, *waits, "later = 2", "print('last')")
    lab.open(path)
    lab.begin_run_all()
    bar = cell(lab, 3).get_by_text("Waiting for tasks: 0 of 2 ended")
    expect(bar).to_be_visible()
    lab.picture("wait-bar")
    lab.page.evaluate(BEGIN_SAVING)
    lab.page.evaluate("() => window.eflowsSaved.then(() => undefined)")
    assert "Waiting for tasks" in outputs_of(path)
    lab.reload()
    prompts = [cell(lab, place).locator(".jp-InputPrompt") for place in range(6)]
    expect(bar).to_be_visible()
    expect(prompts[2]).to_have_text("[3]:")
    expect(prompts[3]).to_have_text("[*]:")
    (lab.server.root / "go").touch()
    expect(cell(lab, 3).locator(".jp-OutputArea")).to_contain_text("[1, 2]")
    expect(bar).to_have_count(0)
    for place, prompt in enumerate(prompts, 1):
        expect(prompt).to_have_text(f"[{place}]:")
    expect(cell(lab, 5).locator(".jp-OutputArea")).to_contain_text("last")
    lab.picture("loaded")
