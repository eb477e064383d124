"""A notebook whose kernel has ended still shows the run, where our extension is."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

VIEW = """import eflows_nb as ef
@ef.task
def load(x):
    return x
ef.view()"""
RUN = "_ = ef.wait_on(ef.map(load, range(7)))"
PICTURE_IS_NEW = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .flatMap(cell => cell.model.outputs?.toJSON() ?? [])
  .some(output => String(output.data?.['text/plain']).includes('7 done'))"""


def test_the_picture_stands_where_the_widget_was(lab: Any) -> None:
    """Until the cell is run again, by whatever kernel; then there is a live view."""
    path = lab.write("saved.ipynb", VIEW, RUN)
    lab.open(path)
    assert lab.run_all() == []
    view = lab.page.locator(".eflows-Widget")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("7")
    lab.page.wait_for_function(PICTURE_IS_NEW)
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("7")  # it was shown anew with the picture
    lab.command("docmanager:save")
    lab.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    lab.open(path)
    picture = lab.page.locator(".eflows-ViewOutput .jp-RenderedSVG")
    expect(picture).to_be_visible()
    expect(lab.page.get_by_text("model not found")).not_to_be_visible()
    lab.picture("widget-kernel-gone")
    assert lab.run_all() == []
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("7")
    expect(lab.page.locator(".eflows-ViewOutput .jp-RenderedSVG")).not_to_be_visible()
