"""The form that starts engines knows what `ef.start` can be told."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

MACHINE = {
    "clusters": [],
    "launchers": [{"name": "local", "hosts": False, "cores": 8, "memory": 1 << 35, "gpus": 2}],
    "host": "here",
    "now": 0,
}
TASK = "import eflows_nb as ef\n@ef.task\ndef f(x):\n    return x\n_ = ef.wait_on(f(1))"


def test_cores_of_each_engine_say_how_many_are_started(lab: Any) -> None:
    """Either number can be given; what makes no sense is said and not started."""
    lab.page.route("**/eflows/clusters*", lambda route: route.fulfill(json=MACHINE))
    lab.open(lab.write("cores.ipynb", "1"))
    panel = lab.show_panel()
    number, cores = panel.get_by_test_id("eflows-number"), panel.get_by_test_id("eflows-cores")
    expect(number).to_have_value("8")
    expect(cores).to_have_value("1")
    cores.fill("4")
    expect(number).to_have_value("2")
    expect(panel.get_by_test_id("eflows-share")).to_have_text(
        "Each has 4 cores and 16 GiB of memory. There are 2 GPUs."
    )
    cores.fill("9")
    expect(panel.get_by_role("alert")).to_have_text("Give each engine a whole number of cores, 1 to 8.")
    expect(panel.get_by_test_id("eflows-start")).to_be_disabled()
    expect(panel.get_by_test_id("eflows-start")).to_have_css("opacity", "0.5")  # and is seen to be
    lab.command("apputils:change-theme", theme="JupyterLab Dark")
    expect(lab.page.locator("body[data-jp-theme-light='false']")).to_be_attached()
    lab.picture("engines-refused-dark")
    number.fill("4")
    expect(cores).to_have_value("2")
    expect(panel.get_by_test_id("eflows-start")).to_be_enabled()


def test_results_are_kept_in_a_folder_that_is_named_in_the_panel(lab: Any) -> None:
    """In a kernel with a session, and so by what `ef.start(checkpoint=...)` does."""
    lab.open(lab.write("kept.ipynb", TASK, "_ = ef.wait_on(f(2))"))
    assert lab.run_all() == []
    panel = lab.show_panel()
    panel.get_by_test_id("eflows-more").click()
    panel.get_by_test_id("eflows-checkpoint").fill("my results")
    panel.get_by_test_id("eflows-number").fill("1")
    lab.picture("engines-more")
    panel.get_by_test_id("eflows-start").click()
    expect(panel.get_by_test_id("eflows-engine")).to_have_count(1)
    assert lab.run_all() == []
    assert any((lab.server.root / "my results").iterdir())
