"""Several views of one notebook, and several notebooks with one kernel."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TASKS = "import eflows_nb as ef\n@ef.task\ndef f(x):\n    return x\n_ = [f(i) for i in range(3)]"
CLOSE_LAST_VIEW = """() => [...window.jupyterapp.shell.widgets('main')]
  .filter(widget => widget.sessionContext).at(-1).close()"""
EDIT = """() => window.jupyterapp.shell.currentWidget.content.widgets[0].model.sharedModel
  .updateSource(0, 0, '1\\n')"""
SHARE_KERNEL = """async () => {
  const panels = [...window.jupyterapp.shell.widgets('main')].filter(widget => widget.sessionContext);
  const [of, other] = ['one', 'two'].map(name => panels.find(panel => panel.title.label.startsWith(name)));
  const { id } = of.sessionContext.session.kernel;
  await other.sessionContext.changeKernel({ id });
}"""


def test_a_second_view_of_a_notebook_may_be_closed(lab: Any) -> None:
    """Both show how far cells are, and the one that is left goes on to do so."""
    lab.open(lab.write("twice.ipynb", TASKS))
    assert lab.run_all() == []
    chips = lab.page.get_by_test_id("eflows-cell-chip")
    expect(chips).to_have_count(1)
    lab.command("docmanager:clone")
    expect(chips).to_have_count(2)
    lab.page.evaluate(CLOSE_LAST_VIEW)
    expect(chips).to_have_count(1)
    lab.page.evaluate(EDIT)
    stale = lab.page.get_by_test_id("eflows-stale")
    expect(stale).to_be_visible()
    assert lab.run_all() == []
    expect(stale).to_be_hidden()


def test_a_notebook_with_anothers_kernel_is_not_said_to_have_none(lab: Any) -> None:
    """JupyterLab lets the first one hear the kernel."""
    lab.write("two.ipynb", "2")
    lab.open(lab.write("one.ipynb", TASKS))
    panel = lab.show_panel()
    assert lab.run_all() == []
    expect(panel.get_by_test_id("eflows-done")).to_have_text("3")
    lab.command("docmanager:open", path="two.ipynb")
    lab.wait_for_kernel()
    lab.page.evaluate(SHARE_KERNEL)
    expect(panel.get_by_test_id("eflows-empty")).to_contain_text("two.ipynb shares its kernel")
    lab.command("docmanager:open", path="one.ipynb")
    expect(panel.get_by_test_id("eflows-done")).to_have_text("3")
