"""Cells tell how far their tasks are; Retry and Cancel steer them from there."""

from __future__ import annotations

import re
from typing import Any

import nbformat
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

START = "%load_ext eflows_nb\n%eflows start 2\nimport pathlib, time"
BAD = "%%task bad\nvalue = 6\nbad = value / 0"
BLOCKED = (
    START,
    BAD,
    "%%task reader\nread = bad + 1",
    "%%task independent\nindependent = 5",
    "print('sum', read + independent)",
    "print('alone', independent)",
)
LASTING = "%%task lasting\ntime.sleep(600)\nlate = 1"
CANCEL_AND_TIME = """() => new Promise(resolve => {
  const begin = performance.now();
  const observer = new MutationObserver(() => {
    const chip = document.querySelector('[data-testid=eflows-cell-chip]');
    if (chip?.textContent.includes('Cancelled')) {
      observer.disconnect();
      resolve(performance.now() - begin);
    }
  });
  observer.observe(document.body, { childList: true, characterData: true, subtree: true });
  document.querySelector('[data-testid=eflows-cell-cancel]').click();
})"""
RUN_ALL_DEAF = """token => {
  window.eflowsRun = window.jupyterapp.commands.execute('notebook:run-all-cells');
  const { baseUrl } = window.jupyterapp.serviceManager.serverSettings;
  const request = new XMLHttpRequest();
  do {
    request.open('GET', `${baseUrl}api/contents/all-have-run.txt?content=0&token=${token}`, false);
    request.send();
  } while (request.status !== 200);
}"""
"""Run all cells, and hear nothing until the last one has run."""


def cell(lab: Any, place: int) -> Any:
    """Return a cell of the current notebook."""
    return lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").nth(place)


def edit(lab: Any, place: int, source: str) -> None:
    """Write other code into a cell."""
    lab.page.evaluate(
        """([place, source]) => window.jupyterapp.shell.currentWidget.content.widgets[place]
          .model.sharedModel.setSource(source)""",
        [place, source],
    )


def source(lab: Any, place: int) -> str:
    """Return the code of a cell."""
    return str(
        lab.page.evaluate(
            """place => window.jupyterapp.shell.currentWidget.content.widgets[place]
              .model.sharedModel.getSource()""",
            place,
        )
    )


def test_a_failed_cell_blocks_its_readers_and_retry_completes_the_graph(lab: Any) -> None:
    """An independent branch goes on; Retry runs the cell as it is written now, and those without a result."""
    lab.open(lab.write("blocked.ipynb", *BLOCKED))
    lab.run_all()
    chip = lab.page.get_by_test_id("eflows-cell-chip")
    expect(cell(lab, 1)).to_contain_text("----> 3 bad = value / 0")  # it comes after the last cell has run
    assert lab.errors() == ["ZeroDivisionError: division by zero"]
    expect(chip.nth(0)).to_contain_text("✕ bad · Failed: 1 task")
    expect(chip.nth(1)).to_contain_text("Cancelled: 1 task")
    expect(chip.nth(2)).to_contain_text("✓ independent · Done: 1 task")
    expect(chip.nth(3)).to_contain_text("Not run")
    expect(cell(lab, 4)).to_contain_text("Not run: it reads read")
    expect(cell(lab, 5)).to_contain_text("alone 5")
    edit(lab, 1, "%%task bad\nvalue = 6\nbad = value / 2")
    expect(lab.page.get_by_test_id("eflows-stale").nth(0)).to_have_text("≠ Edited since it ran")
    lab.picture("cells-failed")
    cell(lab, 1).get_by_test_id("eflows-cell-retry").click()
    expect(cell(lab, 4)).to_contain_text("sum 9.0")
    expect(chip.filter(has_text="Done: 1 task")).to_have_count(3)
    expect(chip).to_have_count(3)
    assert lab.errors() == []
    lab.picture("cells-retried")


def test_a_cell_that_runs_again_shows_nothing_of_before(lab: Any) -> None:
    """Also on a page that heard late of its cells, and while the new execution waits for another cell."""
    go = "while not pathlib.Path('go-again').exists(): time.sleep(0.01)"
    ends = "pathlib.Path('all-have-run.txt').touch()"
    lab.open(lab.write("again.ipynb", START, BAD, "pass", ends))
    lab.page.evaluate(RUN_ALL_DEAF, lab.server.token)
    assert lab.end_run_all() == []
    chip = cell(lab, 1).get_by_test_id("eflows-cell-chip")
    expect(chip).to_contain_text("Failed: 1 task")
    expect(cell(lab, 1)).to_contain_text("----> 3 bad = value / 0")
    edit(lab, 1, "%%task bad\nvalue = 6\nbad = value / 2")
    edit(lab, 2, go)
    cell(lab, 2).click()
    lab.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
    expect(cell(lab, 2)).to_contain_text("[*]:")
    cell(lab, 1).get_by_test_id("eflows-cell-retry").click()
    # The kernel answers in order: by now it would have told what the cell has shown before.
    lab.command("eflows-nb:open-run-view")
    expect(lab.page.get_by_test_id("eflows-run-failed")).to_have_text("1")
    expect(cell(lab, 1)).to_contain_text("[*]:")
    (lab.server.root / "go-again").touch()
    expect(chip).to_contain_text("Done: 1 task")
    expect(cell(lab, 1)).not_to_contain_text("ZeroDivisionError")


def test_retry_in_the_run_view_is_the_same(lab: Any) -> None:
    """Of a cancelled task it begins with the cell that failed."""
    lab.open(lab.write("retried.ipynb", *BLOCKED))
    lab.run_all()
    edit(lab, 1, "%%task bad\nvalue = 6\nbad = value / 2")
    chip = cell(lab, 2).get_by_test_id("eflows-cell-chip")
    expect(chip).to_contain_text("Cancelled: 1 task")
    chip.click()
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-task-name")).to_contain_text("reader")
    view.get_by_test_id("eflows-retry").click()
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("3")
    expect(cell(lab, 4)).to_contain_text("sum 9.0")


def test_cells_that_call_task_functions_are_retried_too(lab: Any) -> None:
    """With the plain cell that ended by the task's error."""
    functions = "import eflows_nb as ef\n@ef.task\ndef half(x):\n    return x / by\nby = 0\na = half(6)"
    lab.open(lab.write("functions.ipynb", START, functions, "b = half(a)", "print('got', ef.wait_on(b))"))
    lab.run_all()
    expect(lab.page.get_by_test_id("eflows-cell-chip").nth(0)).to_contain_text("Failed: 1 task")
    edit(lab, 1, functions.replace("by = 0", "by = 2"))
    cell(lab, 1).get_by_test_id("eflows-cell-retry").click()
    expect(cell(lab, 3)).to_contain_text("got 1.5")


PLAIN = {
    "waits": "print(late)",
    "computes": "while not pathlib.Path('stop-computes').exists(): sum(range(1000))",
}


@pytest.mark.parametrize("plain", PLAIN)
def test_cancel_answers_while_a_plain_cell_is_at_work(lab: Any, plain: str, record_property: Any) -> None:
    """Fast; how fast is told and not asserted, since a busy machine must not fail this test."""
    lab.open(lab.write(f"cancelled-{plain}.ipynb", START, LASTING, PLAIN[plain]))
    lab.begin_run_all()
    chip = lab.page.get_by_test_id("eflows-cell-chip")
    expect(chip).to_contain_text("Running: 1 task")
    expect(cell(lab, 1)).to_contain_text("[2]:")
    expect(cell(lab, 2)).to_contain_text(re.compile(r"\[[*3]\]:"))
    took = lab.page.evaluate(CANCEL_AND_TIME) / 1000
    expect(chip.first).to_contain_text("Cancelled: 1 task")
    (lab.server.root / "stop-computes").touch()
    assert lab.end_run_all() == []
    record_property("seconds to cancel", round(took, 3))
    print(f"cancelled {took:.3f} s after the click, while a plain cell {plain}")


def test_what_a_cell_reads_from_is_shown_while_it_is_looked_at(lab: Any) -> None:
    """By mouse and by keyboard, of a task cell and of what reads from one, and nothing stays behind."""
    lab.open(lab.write("related.ipynb", START, "n = 2", "%%task a\na = n", "%%task b\nb = a", "print(b)"))
    assert lab.run_all() == []
    chip = cell(lab, 3).get_by_test_id("eflows-cell-chip")
    marks = lab.page.get_by_test_id("eflows-relation")
    chip.hover()
    expect(marks).to_have_text(["↓ is read by the cell", "↑ reads from the cell"])
    lab.picture("cells-related")
    lab.page.evaluate("() => document.activeElement.blur()")  # the cell that ran last is selected
    cell(lab, 4).locator(".jp-OutputArea").hover()  # it has no strip
    expect(marks).to_have_text(["↓ is read by the cell"])
    expect(cell(lab, 3)).to_contain_text("is read by")
    cell(lab, 1).hover()
    expect(marks).to_have_text(["↑ reads from the cell"])
    expect(cell(lab, 2)).to_contain_text("reads from")
    lab.page.mouse.move(0, 0)
    expect(marks).to_have_count(0)
    chip.focus()
    expect(cell(lab, 2)).to_contain_text("is read by")
    cell(lab, 3).locator(".cm-content").click()
    lab.page.mouse.move(0, 0)
    expect(marks).to_have_count(0)  # who types is not disturbed
    lab.page.keyboard.press("Escape")
    expect(marks).to_have_text(["↓ is read by the cell", "↑ reads from the cell"])
    lab.page.keyboard.press("ArrowDown")
    expect(marks).to_have_text(["↓ is read by the cell"])
    edit(lab, 1, "n = 3")
    expect(lab.page.get_by_test_id("eflows-stale").first).to_have_text(re.compile("out of date"))
    chip.hover()
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(chip).to_have_count(0)
    expect(marks).to_have_count(0)


def test_a_chip_says_where_its_tasks_ran_whatever_engines_there_are_now(lab: Any) -> None:
    """Before engines were started, on them, and after they were stopped."""
    function = "import eflows_nb as ef\n@ef.task\ndef f(x):\n    return x\n_ = ef.wait_on(f(1))"
    engines = ("_ = ef.start(engines=1)", "_ = ef.wait_on(f(2))", "ef.stop()")
    lab.open(lab.write("places.ipynb", function, *engines))
    chips = lab.page.get_by_test_id("eflows-cell-chip")
    panel = lab.show_panel()
    assert lab.run_all() == []
    expect(panel).to_contain_text("No engines: tasks run in the kernel")
    expect(chips).to_have_text([re.compile("in the kernel$"), re.compile("on engines$")])


def test_a_reload_brings_everything_back(lab: Any) -> None:
    """What was not saved, and what comes later; the page then follows the kernel as before."""
    waits = "while not pathlib.Path('go-on').exists(): time.sleep(0.01)"
    task = f"%%task slow\nprint('begun')\n{waits}\nprint('ended')\nslow = 42\nslow"
    lab.open(lab.write("reloaded.ipynb", START, "print('plain')", task))
    assert lab.run_all() == []
    expect(cell(lab, 2)).to_contain_text("begun")
    lab.reload()
    expect(cell(lab, 1)).to_contain_text("[2]:")
    expect(cell(lab, 1).locator(".jp-OutputArea")).to_contain_text("plain")
    expect(cell(lab, 2).locator(".jp-OutputArea")).to_contain_text("begun")
    expect(cell(lab, 2).locator(".jp-OutputArea")).to_contain_text("running")
    expect(cell(lab, 2).get_by_test_id("eflows-cell-chip")).to_contain_text("slow · Running: 1 task")
    (lab.server.root / "go-on").touch()
    expect(cell(lab, 2).locator(".jp-OutputArea")).to_contain_text("ended")
    expect(cell(lab, 2).locator(".jp-OutputArea")).to_contain_text("slow #1 done")
    expect(cell(lab, 2).get_by_test_id("eflows-cell-chip")).to_contain_text("Done: 1 task")
    lab.wait_for_kernel()
    lab.command("notebook:run-all-cells")
    expect(cell(lab, 2).locator(".jp-OutputArea")).to_contain_text("slow #3 done")
    lab.picture("cells-reloaded")


def mark(path: Any, *places: int) -> Any:
    """Make task cells of these cells by their metadata, as the notebook's author would."""
    notebook = nbformat.read(path, as_version=4)
    for place in places:
        notebook.cells[place].metadata["eflows"] = {"version": 1, "task": {}}
    nbformat.write(notebook, path)
    return path


def test_cells_marked_in_metadata_need_no_line_of_code(lab: Any) -> None:
    """Nothing runs by opening the notebook; the first cell brings the package in, after a restart too."""
    lab.open(mark(lab.write("marked.ipynb", "n = 20", "twice = 2 * n", "print('got', twice + 2)"), 1))
    assert lab.run_all() == []
    chip = cell(lab, 1).get_by_test_id("eflows-cell-chip")
    expect(chip).to_contain_text("twice · Done: 1 task")
    expect(cell(lab, 2)).to_contain_text("got 42")
    expect(cell(lab, 0)).to_contain_text("[1]:")
    lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    lab.wait_for_kernel()
    expect(chip).to_have_count(0)
    assert lab.run_all() == []
    expect(chip).to_contain_text("twice · Done: 1 task")


def test_task_cells_are_converted_with_one_click(lab: Any) -> None:
    """To all forms and back; what the notebook computes stays as it is."""
    lab.open(lab.write("forms.ipynb", "%load_ext eflows_nb", "n = 20", "%%task a\na = n", "print('got', a)"))
    for form, place, text in (("metadata", 2, "a = n"), ("function", 2, "@ef.task"), ("magic", 2, "%%task")):
        lab.command("eflows-nb:convert-notebook", form=form)
        assert source(lab, place).startswith(text)
        assert lab.run_all() == []
        expect(cell(lab, place + 1)).to_contain_text("got 20")
    edit(lab, 0, "%%task --sideways\nmany = n")
    lab.page.evaluate(
        """() => {
          window.jupyterapp.commands.execute('eflows-nb:convert-notebook', {form: 'metadata'});
        }"""
    )
    expect(lab.page.locator(".jp-Dialog")).to_contain_text("Cell 1 cannot be converted")
    lab.page.keyboard.press("Escape")


def test_a_cell_is_made_a_task_by_its_menu(lab: Any) -> None:
    """And an ordinary cell again."""
    lab.open(lab.write("toggled.ipynb", "n = 20", "m = n"))
    cell(lab, 1).click()
    cell(lab, 1).click(button="right")
    lab.page.get_by_text("Run This Cell as a Task").click()
    assert lab.run_all() == []
    expect(cell(lab, 1).get_by_test_id("eflows-cell-chip")).to_contain_text("m · Done: 1 task")
    lab.command("eflows-nb:toggle-task-cell")
    assert lab.run_all() == []
    expect(lab.page.get_by_test_id("eflows-cell-chip")).to_have_count(0)
