"""The module of the widget on a page that has nothing of Jupyter: no style, no script, no kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import eflows_nb

pytestmark = pytest.mark.browser

STATIC = Path(eflows_nb.__file__).parent / "static"
PROTOCOL = Path(__file__).parents[1] / "protocol"
PAGE = "<body style='background: {ground}'><style>{style}</style><div id='place'></div>"
# What anywidget does: it loads the module, gives it a model, and a place in the page.
SHOW = """async ([module, past]) => {
  const url = URL.createObjectURL(new Blob([module], { type: 'text/javascript' }));
  const widget = (await import(url)).default();
  window.sent = [];
  const model = {
    get: name => ({ past, height: 420, picture: '<svg xmlns="http://www.w3.org/2000/svg"/>' })[name],
    on: (_, callback) => (window.hear = callback),
    off: () => undefined,
    send: content => window.sent.push(content)
  };
  widget.initialize({ model });
  window.show = () => {
    const place = document.getElementById('place');
    const el = place.appendChild(document.createElement('div'));
    const leave = widget.render({ model, el });
    // Notebooks take an output out of the page before they tell what is in it.
    window.leave = () => (el.remove(), leave());
  };
  window.show();
}"""
SAY = """([message, buffers]) => window.hear(
  message,
  buffers.map(text => new DataView(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer))
)"""


@pytest.fixture(params=["#ffffff", "#1e1e1e"], ids=["light", "dark"])
def ground(request: pytest.FixtureRequest) -> str:
    """Give the colour of a page."""
    colour: str = request.param
    return colour


@pytest.fixture
def complaints(page: Any) -> list[str]:
    """Give what the page complains of."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if line.type == "error" else None)
    return heard


def show(page: Any, ground: str, *, past: bool) -> Any:
    """Show the widget, and return it."""
    page.set_content(PAGE.format(ground=ground, style=(STATIC / "run-view.css").read_text()))
    page.evaluate(SHOW, [(STATIC / "run-view.js").read_text(), past])
    return page.locator(".eflows-Widget")


def test_a_run_is_shown_and_asked_about(page: Any, ground: str, complaints: list[str], picture: Any) -> None:
    """First the picture, then what the kernel tells, in the colours of the page; names stay text."""
    view = show(page, ground, past=False)
    expect(view.locator("img")).to_have_count(1)
    for number, part in enumerate(json.loads((PROTOCOL / "graph.json").read_text())):
        told = {"stream": "s", "sequence": number}
        known = {"first_function": 3, "functions": []} if number else {}
        page.evaluate(SAY, [{**part["message"], **told, **known}, part["buffers"]])
    expect(view.locator("img")).to_have_count(0)
    expect(view.get_by_test_id("eflows-run-cancelled")).to_have_text("3")
    view.get_by_test_id("eflows-next-error").click()
    expect(view.get_by_test_id("eflows-error")).to_have_text("ValueError: <i>no</i>")
    assert page.evaluate("() => window.sent.at(-1)") == {"watch": {"stream": "s", "sequence": 1}, "task": 2}
    view.get_by_test_id("eflows-view-table").click()
    expect(view.get_by_role("grid")).to_contain_text("<b>mean</b>")
    picture(page, f"widget-anywhere-{ground[1:]}")
    dark = view.evaluate("element => element.classList.contains('eflows-mod-dark')")
    assert dark == (ground == "#1e1e1e")
    assert complaints == []


def test_a_past_run_has_a_slider(page: Any, ground: str, complaints: list[str]) -> None:
    """Its journal is asked for, and replayed in the page."""
    view = show(page, ground, past=True)
    assert page.evaluate("() => window.sent") == [{"journal": True}]
    page.evaluate(
        "text => window.hear({version: 1, kind: 'journal'}, [new TextEncoder().encode(text)])",
        (PROTOCOL / "journal.jsonl").read_text(),
    )
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("4")
    view.get_by_test_id("eflows-time").press("Home")
    expect(view.get_by_test_id("eflows-run-done")).to_have_text("0")
    assert complaints == []


def test_a_view_is_kept_for_a_moment_when_its_place_goes(page: Any, complaints: list[str]) -> None:
    """Notebooks show an output anew, and what was chosen stays; a view that nobody shows again ends."""
    page.clock.install()
    view = show(page, "#ffffff", past=False)
    example = json.loads((PROTOCOL / "graph.json").read_text())[0]
    page.evaluate(SAY, [{**example["message"], "stream": "s"}, example["buffers"]])
    view.get_by_test_id("eflows-view-table").click()
    expect(view.get_by_role("grid")).to_be_visible()
    page.evaluate("() => (window.leave(), window.show())")
    expect(view.get_by_role("grid")).to_be_visible()  # it has come to its new place
    page.clock.run_for(3000)
    expect(view.get_by_role("grid")).to_be_visible()
    expect(view.get_by_role("grid")).to_contain_text("<b>mean</b>")
    page.evaluate("() => window.leave()")
    page.clock.run_for(3000)
    assert complaints == []


def test_scrolling_moves_the_page_until_the_view_was_clicked(page: Any) -> None:
    """A notebook is scrolled over its outputs."""
    view = show(page, "#ffffff", past=True)
    page.evaluate("() => (document.body.style.height = '3000px')")
    page.evaluate(
        "text => window.hear({version: 1, kind: 'journal'}, [new TextEncoder().encode(text)])",
        (PROTOCOL / "journal.jsonl").read_text(),
    )
    graph = view.get_by_role("application").first
    graph.hover()
    page.mouse.wheel(0, 60)
    page.wait_for_function("() => window.scrollY > 0")
    page.evaluate("() => window.scrollTo(0, 0)")
    graph.click(position={"x": 5, "y": 5})
    page.mouse.wheel(0, 60)
    page.evaluate("() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    assert page.evaluate("() => window.scrollY") == 0
