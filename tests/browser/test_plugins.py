"""Each part of the extension can be switched off by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SECTIONS = ["This notebook", "Run view", "Clusters on this server", "Runs"]


@pytest.fixture
def disable(lab_server: Any) -> Iterator[Callable[[str], None]]:
    """Switch a plugin off for the pages that are loaded from now on."""
    path = lab_server.home / "config" / "labconfig" / "page_config.json"
    before = path.read_text()

    def off(plugin: str) -> None:
        config = json.loads(before)
        config["disabledExtensions"][plugin] = True
        path.write_text(json.dumps(config))

    yield off
    path.write_text(before)


@pytest.mark.parametrize(
    ("plugin", "gone"),
    [("eflows-nb:session", 0), ("eflows-nb:run", 1), ("eflows-nb:clusters", 2), ("eflows-nb:runs", 3)],
)
def test_a_section_can_be_switched_off(
    lab: Any, disable: Callable[[str], None], plugin: str, gone: int
) -> None:
    """The others stay."""
    disable(plugin)
    lab.open()
    panel = lab.show_panel()
    titles = panel.locator(".jp-AccordionPanel-title")
    expect(titles).to_have_count(len(SECTIONS) - 1)
    expect(titles.filter(has_text=SECTIONS[gone])).to_have_count(0)


def test_the_panel_can_be_switched_off(lab: Any, disable: Callable[[str], None]) -> None:
    """What would stand in it does without and does not complain."""
    errors: list[str] = []
    lab.page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    disable("eflows-nb:panel")
    lab.open()
    expect(lab.page.locator("[data-id='eflows-nb-panel']")).to_have_count(0)
    assert [text for text in errors if "eflows" in text] == []
