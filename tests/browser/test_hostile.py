"""A notebook that means harm, or only too much, neither runs anything in the page nor stops it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.engines]

MARK = "<img src=x onerror='window.eflowsHacked = 1'>"
START = "%load_ext eflows_nb\n%eflows start 2\nimport pathlib, time\nimport eflows_nb as ef"
HOSTILE = (
    START,
    f'%%task "{MARK}"\nfield = 1',
    f'%%task "</script><script>window.eflowsHacked = 2</script>"\nmark = """{MARK}"""\n'
    "raise ValueError(mark + \"<svg onload='window.eflowsHacked = 3'>\")",
    "%%task reader\nread = field, mark",
    "mark",
    f"def named(x):\n    print(x)\n    raise KeyError(x)\nnamed.__name__ = named.__qualname__ = {MARK!r}\n"
    f"broken = ef.task(named)({MARK!r})\nef.as_completed([broken]);",
    f"%%task\nprint({MARK!r})\nprint('\\x1b]8;;javascript:window.eflowsHacked=4\\x07link\\x1b]8;;\\x07')",
)
FLOOD = """%%task flood
for block in range(400):
    for line in range(100):
        print('line', 100 * block + line, 'x' * 30)
    time.sleep(0.01)"""
TEN_MEGABYTES = """%%task big
for _ in range(10_000):
    print('x' * 1_000)
print('the end')"""

WATCH_FRAMES = """() => {
  window.eflowsGaps = [];
  let last = performance.now();
  const frame = now => { window.eflowsGaps.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""


def longest_gap(lab: Any) -> float:
    """Return for how many seconds at most the page has drawn nothing since it was asked to count."""
    return float(lab.page.evaluate("() => Math.max(...window.eflowsGaps)")) / 1000


def wait_for_text(lab: Any, text: str) -> None:
    """Wait until the output of the second cell, which may be long, has this text."""
    lab.page.wait_for_function(
        """text => document.querySelectorAll('.jp-Cell')[1].querySelector('.jp-OutputArea')
          .textContent.includes(text)""",
        arg=text,
        timeout=60_000,
    )


def answers(lab: Any) -> None:
    """Click twice in the page: something must come of it."""
    lab.page.get_by_test_id("eflows-open-run-view").click()
    expect(lab.page.locator(".eflows-Run")).to_be_visible()
    lab.page.evaluate("() => window.jupyterapp.shell.widgets('main').next().value.activate()")


def test_what_a_notebook_says_is_never_executed(lab: Any) -> None:
    """Names of tasks, errors, tracebacks and prints, in cells, strips, run view and panel."""
    lab.open(lab.write("hostile.ipynb", *HOSTILE))
    lab.run_all()
    chips = lab.page.get_by_test_id("eflows-cell-chip")
    expect(chips.first).to_contain_text("<img src=x")
    expect(chips.nth(1)).to_contain_text("Failed")
    panel = lab.show_panel()
    lab.command("eflows-nb:open-run-view")
    view = lab.page.locator(".eflows-Run")
    expect(view.get_by_test_id("eflows-run-failed")).to_have_text("2")
    view.get_by_test_id("eflows-view-table").click()
    view.get_by_test_id("eflows-next-error").click()
    expect(view.get_by_test_id("eflows-traceback")).to_contain_text("svg onload")
    chips.first.hover()
    lab.picture("hostile")
    for part in (view, panel, lab.page.locator(".eflows-Strip"), lab.page.locator(".eflows-card")):
        assert part.locator("img, script, svg[onload], a[href^=javascript]").count() == 0
    assert lab.page.evaluate("() => window.eflowsHacked") is None


def test_ten_thousand_lines_a_second_leave_the_page_alive(lab: Any, record_property: Any) -> None:
    """Clicks are handled meanwhile; more than 1 MB of a task is not shown."""
    lab.open(lab.write("flood.ipynb", START, FLOOD, "print('after')"))
    lab.begin_run_all()
    wait_for_text(lab, "line 1000 ")
    lab.page.evaluate(WATCH_FRAMES)
    answers(lab)
    wait_for_text(lab, "bytes in all; they are in")
    gap = longest_gap(lab)
    assert lab.end_run_all() == []
    record_property("longest gap in seconds", round(gap, 3))
    print(f"the page drew nothing for {gap:.3f} s at most while a task printed 10,000 lines a second")


def test_ten_megabytes_of_output_are_shown_in_part(lab: Any, record_property: Any) -> None:
    """The rest is in a file that is named there."""
    lab.open(lab.write("big.ipynb", START, TEN_MEGABYTES))
    lab.page.evaluate(WATCH_FRAMES)
    assert lab.run_all() == []
    wait_for_text(lab, "bytes in all; they are in")
    answers(lab)
    gap = longest_gap(lab)
    shown = lab.page.evaluate(
        """() => window.jupyterapp.serviceManager && [...window.jupyterapp.shell.widgets('main')]
          .find(widget => widget.content?.widgets).content.widgets[1].model.outputs.toJSON()
          .filter(output => output.output_type === 'stream').map(output => output.text.length)
          .reduce((sum, length) => sum + length, 0)"""
    )
    assert shown < 1.2e6
    record_property("longest gap in seconds", round(gap, 3))
    print(f"the page drew nothing for {gap:.3f} s at most while a task printed 10 MB")
