"""The panel lists the clusters of the server's machine, and stops them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

START = "import eflows_nb as ef\ns = ef.start(engines=1)"


@pytest.mark.engines
def test_a_listed_cluster_is_stopped_from_the_panel(lab: Any) -> None:
    """After a question; the notebook then shows that its engines are gone."""
    lab.open(lab.write("stopped.ipynb", START))
    panel = lab.show_panel()
    assert lab.run_all() == []
    expect(panel.get_by_test_id("eflows-state")).to_have_text("Ready")
    cluster = panel.get_by_test_id("eflows-cluster")
    expect(cluster).to_contain_text("stopped.ipynb")
    expect(cluster.get_by_test_id("eflows-cluster-use")).to_contain_text("1 engine · ")

    cluster.get_by_role("button", name="Stop cluster").click()
    dialog = lab.page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("stopped.ipynb")
    lab.picture("cluster-stop")
    dialog.get_by_role("button", name="Cancel").click()
    expect(cluster).to_have_count(1)

    cluster.get_by_role("button", name="Stop cluster").press("Enter")
    dialog.get_by_role("button", name="Stop").click()
    expect(panel.get_by_test_id("eflows-no-clusters")).to_be_visible()
    expect(panel.get_by_test_id("eflows-state")).to_have_text("Broken")
    expect(panel.get_by_test_id("eflows-reason")).not_to_be_empty()
    lab.picture("cluster-stopped")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (404, "its eflows_nb server extension is not enabled"),
        (500, "could not list its clusters (status 500)"),
    ],
)
def test_a_server_that_cannot_tell_is_no_disaster(lab: Any, status: int, sentence: str) -> None:
    """The panel says so in a sentence, and asks again when it is told to."""
    lab.page.route("**/eflows/clusters*", lambda route: route.fulfill(status=status, json={}))
    lab.open()
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-clusters-failed")).to_contain_text(sentence)
    lab.page.unroute("**/eflows/clusters*")
    panel.get_by_role("button", name="Look again").click()
    expect(panel.get_by_test_id("eflows-clusters-failed")).to_have_count(0)


def test_a_server_that_does_not_answer_is_no_disaster(lab: Any) -> None:
    """The panel says so in a sentence."""
    lab.page.route("**/eflows/clusters*", lambda route: route.abort())
    lab.open()
    panel = lab.show_panel()
    expect(panel.get_by_test_id("eflows-clusters-failed")).to_contain_text("does not answer")
