"""axe-core finds nothing serious in what the extension shows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

AXE = Path(__file__).parents[2] / "extension" / "node_modules" / "axe-core" / "axe.min.js"
EXAMPLE = Path(__file__).parents[1] / "protocol" / "journal.jsonl"
CELL = """import eflows_nb as ef
_ = ef.start(engines=1)
@ef.task
def work(x):
    return 1 / x
_ = ef.wait_on([work(i) for i in range(1, 40)])
_ = work(0)
try:
    ef.barrier()
except ZeroDivisionError:
    pass"""


def serious(lab: Any, selector: str) -> list[str]:
    """Return what axe-core finds serious or critical within an element, but for JupyterLab's own buttons."""
    found: list[str] = lab.page.evaluate(
        """async selector => (await axe.run({include: [selector], exclude: ['jp-button']})).violations
          .filter(({impact}) => impact === 'serious' || impact === 'critical')
          .flatMap(({id, nodes}) => nodes.map(({html, any}) =>
            `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ''}`))""",
        selector,
    )
    return found


@pytest.fixture
def journals(lab: Any) -> None:
    """Have two runs below the root: one that failed in part, and one whose journal is damaged."""
    folder: Path = lab.server.root / "axe"
    folder.mkdir()
    shutil.copy(EXAMPLE, folder / "journal-1.jsonl")
    (folder / "journal-2.jsonl").write_text(EXAMPLE.read_text() + "damaged\n")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_forms_runs_and_the_task_dialog_are_accessible(lab: Any, theme: str, journals: None) -> None:
    """In the light and in the dark theme, with something wrong in each form."""
    if not AXE.exists():
        pytest.skip("axe-core is not there: run `jlpm install` in extension/")
    lab.open(lab.write("axe-forms.ipynb", "def f(total, field=1, returns=2):\n    return total, field"))
    lab.command("apputils:change-theme", theme=theme)
    light = "true" if theme.endswith("Light") else "false"
    expect(lab.page.locator(f"body[data-jp-theme-light='{light}']")).to_be_attached()
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-past-run")).to_have_count(2)
    lab.page.evaluate(AXE.read_text())
    assert serious(lab, "#eflows-nb-panel") == []
    panel.get_by_test_id("eflows-number").fill("0")
    expect(panel.get_by_role("alert")).to_be_visible()
    assert serious(lab, "#eflows-nb-panel") == []
    lab.picture(f"panel-forms-{theme.split()[-1].lower()}")
    panel.get_by_role("button", name="Delete the journal").first.click()
    expect(lab.page.locator(".jp-Dialog")).to_contain_text("Delete this journal?")
    assert serious(lab, ".jp-Dialog") == []
    lab.page.keyboard.press("Escape")
    lab.page.evaluate("() => { window.jupyterapp.commands.execute('eflows-nb:insert-task'); }")
    form = lab.page.locator(".jp-Dialog")
    form.get_by_test_id("eflows-option-cores").fill("none")
    expect(form.get_by_test_id("eflows-mistakes")).to_be_visible()
    assert serious(lab, ".jp-Dialog") == []
    lab.picture(f"task-dialog-{theme.split()[-1].lower()}")
    lab.page.keyboard.press("Escape")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_panel_run_view_and_dialogs_are_accessible(lab: Any, theme: str) -> None:
    """In the light and in the dark theme."""
    if not AXE.exists():
        pytest.skip("axe-core is not there: run `jlpm install` in extension/")
    lab.open(lab.write("axe.ipynb", CELL))
    lab.command("apputils:change-theme", theme=theme)
    light = "true" if theme.endswith("Light") else "false"
    expect(lab.page.locator(f"body[data-jp-theme-light='{light}']")).to_be_attached()
    assert lab.run_all() == []
    panel = lab.show_panel()
    lab.command("eflows-nb:open-run-view")
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-failed")).to_have_text("1")
    view.get_by_test_id("eflows-view-table").click()
    view.get_by_test_id("eflows-next-error").click()
    expect(view.get_by_test_id("eflows-traceback")).to_be_visible()
    lab.picture(f"run-view-{theme.split()[-1].lower()}")
    lab.page.evaluate(AXE.read_text())
    assert serious(lab, ".eflows-Run") == []
    assert serious(lab, "#eflows-nb-panel") == []
    assert serious(lab, ".eflows-Strip") == []
    assert serious(lab, ".eflows-StatusItem") == []
    panel.get_by_role("button", name="Stop cluster").first.click()
    expect(lab.page.locator(".jp-Dialog")).to_be_visible()
    assert serious(lab, ".jp-Dialog") == []
    lab.page.keyboard.press("Escape")
