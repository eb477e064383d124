"""What task cells show, on engines and in the notebook's process: while they run, in order, and bounded."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.engine.output import MORE
from eflows_nb.engine.outputs import DISPLAYS
from eflows_nb.engine.publisher import NO_WIDGETS
from eflows_nb.notebook.cells.body import CellBody, Surroundings
from eflows_nb.runtime.code_digest import digest_of_function

SHOWN = ("stream", "display_data", "update_display_data", "clear_output", "error")


def of(kernel: Any, request: str) -> list[Any]:
    """Return what a cell has published so far besides its card: kind and content, in order."""
    return [
        (message["msg_type"], message["content"])
        for message in kernel.heard
        if message["parent_header"].get("msg_id") == request
        and message["msg_type"] in SHOWN
        and "eflows" not in message["content"].get("metadata", {})
    ]


def texts(kernel: Any, request: str) -> list[str]:
    """Return what a cell has shown as text, in order, streams that go on as one."""
    found: list[str] = []
    before = ""
    for kind, content in of(kernel, request):
        if kind == "stream" and before == content["name"]:
            found[-1] += content["text"]
        elif kind == "stream":
            found.append(content["text"])
        else:
            found.append(content.get("data", {}).get("text/plain") or content.get("ename") or kind)
        before = content.get("name", "")
    return found


def images(kernel: Any, request: str) -> list[dict[str, Any]]:
    """Return the figures that a cell has shown."""
    return [content["data"] for kind, content in of(kernel, request) if "Figure" in str(content.get("data"))]


def without_date(image: str) -> str:
    """Return an image without the moment at which it was drawn."""
    return re.sub("<dc:date>.*?</dc:date>", "", image)


def wait_for(kernel: Any, request: str, text: str) -> None:
    """Listen until a cell has shown this."""
    while not any(text in one for one in texts(kernel, request)):
        kernel.hear_more()


def ends(kernel: Any, request: str, state: str = "done") -> None:
    """Listen until the card of a cell says that it has ended, and until its errors are told."""
    kernel.hear(
        lambda message: (
            message["parent_header"].get("msg_id") == request
            and message["content"].get("metadata", {}).get("eflows", {}).get("state") == state
        )
    )


@pytest.fixture(scope="module", params=["inline", pytest.param("engines", marks=pytest.mark.engines)])
def where(request: pytest.FixtureRequest) -> str:
    """Return where tasks run."""
    return str(request.param)


@pytest.fixture
def running(kernel: Any, where: str) -> Iterator[Any]:
    """Return a kernel whose tasks run in itself, or on an engine."""
    start = (
        "import eflows_nb as ef\nif ef.session.current().snapshot().cluster != 'local': ef.start(engines=1)"
    )
    kernel.run(start if where == "engines" else "import eflows_nb as ef")
    return kernel


def holding(path: Path) -> str:
    """Return code that runs until a file is there."""
    return f"import os\nwhile not os.path.exists({str(path)!r}):\n    pass\n"


def test_prints_and_displays_come_in_their_order(running: Any) -> None:
    """With the last expression at the end, below the card."""
    request = running.run("%%task\nprint('one')\ndisplay('two')\nprint('three')\n'four'")
    ends(running, request)

    assert texts(running, request) == ["one\n", "'two'", "three\n", "'four'"]


def test_what_is_displayed_comes_while_the_task_runs(running: Any, tmp_path: Path) -> None:
    """It is there before the task can end."""
    request = running.send(f"%%task\nprint('begun')\ndisplay('now')\n{holding(tmp_path / 'go')}")
    wait_for(running, request, "now")
    seen = texts(running, request)
    (tmp_path / "go").touch()
    ends(running, request)

    assert seen == ["begun\n", "'now'"]


def test_what_was_displayed_stays_when_the_task_fails(running: Any) -> None:
    """The error is below it, and an open figure too."""
    request = running.run(
        "%%task\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\ndisplay('shown')\n1 / 0"
    )
    wait_for(running, request, "ZeroDivisionError")
    after = running.run("%%task\nimport matplotlib.pyplot as plt\nprint(plt.get_fignums())")
    ends(running, after)

    first, figure, last = texts(running, request)
    assert (first, figure[:6], last) == ("'shown'", "<Figur", "ZeroDivisionError")
    assert texts(running, after) == ["[]\n"]


def test_a_display_is_updated_in_its_place(running: Any) -> None:
    """By its handle, also of a handle that a later cell has."""
    request = running.run("%%task\nhandle = display('old', display_id=True)\nhandle.update('new')")
    ends(running, request)
    running.run("handle.update('newest')")

    (_, shown), *updates = of(running, request)
    place = shown["transient"]["display_id"]
    assert "new" in [one["data"]["text/plain"].strip("'") for one in [shown, *(c for _, c in updates)]]
    assert any(
        message["content"]["transient"]["display_id"] == place
        and message["content"]["data"]["text/plain"] == "'newest'"
        for message in running.heard
        if message["msg_type"] == "update_display_data" and message["content"]["transient"]
    )


def test_clearing_leaves_the_card_and_what_comes_after(running: Any) -> None:
    """What was printed and displayed before is taken away."""
    request = running.run(
        "%%task\nfrom IPython.display import clear_output\nprint('old')\ndisplay('old')\n"
        "clear_output(wait=True)\nprint('new')"
    )
    ends(running, request)

    kept: list[Any] = []
    for message in running.heard:
        if message["parent_header"].get("msg_id") == request and message["msg_type"] in SHOWN:
            kept = [] if message["msg_type"] == "clear_output" else [*kept, message]
    shown = [message["content"] for message in kept if message["msg_type"] != "update_display_data"]
    assert "Task cell" in shown[0]["data"]["text/plain"]
    assert [content["text"] for content in shown[1:]] == ["new\n"]


def test_ten_thousand_displays_are_shown_in_part(running: Any) -> None:
    """As many as a cell may show, and one sentence that says so."""
    request = running.run("%%task\nfor i in range(10_000):\n    display(i)")
    wait_for(running, request, MORE)
    ends(running, request)

    displayed = [content for kind, content in of(running, request) if kind == "display_data"]
    assert len(displayed) == DISPLAYS
    assert "".join(texts(running, request)).count(MORE) == 1


def test_ten_thousand_updates_are_few_messages(running: Any) -> None:
    """What is replaced at once is not sent; the last one is."""
    request = running.run(
        "%%task\nhandle = display(-1, display_id=True)\nfor i in range(10_000):\n    handle.update(i)"
    )
    ends(running, request)

    shown = [content["data"]["text/plain"] for _, content in of(running, request)]
    assert shown[-1] == "9999"
    assert len(shown) < 5_000


def test_figures_look_as_in_a_plain_cell(running: Any) -> None:
    """The notebook's settings of matplotlib and its image formats are used."""
    running.run(
        "import matplotlib.pyplot as plt\n%config InlineBackend.figure_formats = ['svg']\n"
        "plt.rcParams.update({'figure.facecolor': 'lightyellow', 'figure.figsize': (2, 1),"
        " 'lines.linewidth': 5, 'svg.hashsalt': 'the same', 'axes.prop_cycle': plt.cycler(color=['red'])})"
    )
    draw = "plt.plot([1, 3, 2]);"
    plain = running.run(draw)
    task = running.run("%%task\n" + draw)
    ends(running, task)
    running.run("plt.rcdefaults()\n%config InlineBackend.figure_formats = ['png']")
    after = running.run("%%task\n" + draw)
    ends(running, after)

    (expected,), (drawn,), (default,) = (images(running, one) for one in (plain, task, after))
    assert set(drawn) == {"image/svg+xml", "text/plain"}
    assert without_date(drawn["image/svg+xml"]) == without_date(expected["image/svg+xml"])
    assert set(default) == {"image/png", "text/plain"}


def test_a_mapped_cell_shows_its_card_first(running: Any) -> None:
    """Tasks that print at once come below it."""
    running.run("xs = [1, 2, 3]")
    request = running.run("%%task --map x in xs\nprint(x)\ny = display(x)")
    ends(running, request)

    first = next(
        message
        for message in running.heard
        if message["parent_header"].get("msg_id") == request and message["msg_type"] in SHOWN
    )
    assert "eflows" in first["content"]["metadata"]
    assert sorted("".join(texts(running, request)).replace("\n", "")) == list("112233")


def test_plain_clients_have_all_of_it_when_the_cell_ends(running: Any) -> None:
    """They hear nothing of a cell after its end."""
    request = running.run("%%task\nprint('one')\ndisplay('two')\n'three'", cell="")
    failed = running.run("%%task\ndisplay('shown')\n1 / 0", cell="")

    assert texts(running, request) == ["one\n", "'two'", "'three'"]
    assert texts(running, failed) == ["'shown'", "ZeroDivisionError"]


def test_a_retried_cell_shows_things_in_its_own_place(running: Any, tmp_path: Path) -> None:
    """Not in the cell with the magic that retries it."""
    running.run(f"import pathlib\nready = pathlib.Path({str(tmp_path / 'ready')!r})")
    request = running.run("%%task late\nassert ready.exists()\nprint('printed')\ndisplay('displayed')")
    wait_for(running, request, "AssertionError")
    (tmp_path / "ready").touch()
    retry = running.run("%eflows retry late")
    ends(running, request)

    assert texts(running, request) == ["AssertionError", "printed\n", "'displayed'"]
    assert "printed" not in "".join(texts(running, retry))


@pytest.mark.engines
def test_a_failure_is_shown_whatever_a_front_end_asks_meanwhile(kernel: Any, tmp_path: Path) -> None:
    """A page that is loaded anew, or completes a name, says nothing of a cell."""
    kernel.run("import eflows_nb as ef\nef.start(engines=1)")
    request = kernel.run(f"%%task\nprint('up')\n{holding(tmp_path / 'go')}1 / 0")
    wait_for(kernel, request, "up")
    asked = kernel._client.kernel_info()
    kernel.hear(
        lambda message: (
            message["parent_header"].get("msg_id") == asked
            and message["content"].get("execution_state") == "idle"
        )
    )
    (tmp_path / "go").touch()
    wait_for(kernel, request, "ZeroDivisionError")

    assert texts(kernel, request) == ["up\n", "ZeroDivisionError"]


@pytest.mark.engines
def test_a_widget_of_an_engine_is_a_sentence(kernel: Any) -> None:
    """The page could not reach it."""
    kernel.run("import eflows_nb as ef\nef.start(engines=1)")
    request = kernel.run("%%task\nimport ipywidgets\ndisplay(ipywidgets.IntSlider())")
    ends(kernel, request)

    assert texts(kernel, request) == [NO_WIDGETS]


@pytest.mark.engines
def test_a_cancelled_task_keeps_what_it_has_shown(kernel: Any, tmp_path: Path) -> None:
    """Up to the moment when it was cancelled."""
    kernel.run("import eflows_nb as ef\nef.start(engines=1)")
    request = kernel.run(f"%%task endless\ndisplay('shown')\nprint('printed')\n{holding(tmp_path / 'never')}")
    wait_for(kernel, request, "printed")
    kernel.run("%eflows cancel endless")
    ends(kernel, request, "cancelled")

    assert texts(kernel, request) == ["'shown'", "printed\n"]


@pytest.mark.engines
def test_a_lost_engine_takes_nothing_away_that_was_shown(kernel: Any, tmp_path: Path) -> None:
    """What the task shows when it runs again comes below."""
    kernel.run("import eflows_nb as ef\nef.start(engines=1)")
    request = kernel.run(f"%%task\nimport os\ndisplay(os.getpid())\nprint('up')\n{holding(tmp_path / 'go')}")
    wait_for(kernel, request, "up")
    first = texts(kernel, request)
    os.kill(int(first[0]), signal.SIGKILL)
    while len(texts(kernel, request)) < 4:
        kernel.hear_more()
    (tmp_path / "go").touch()
    ends(kernel, request)

    shown = texts(kernel, request)
    assert shown[:2] == first
    assert shown[2] != first[0]
    assert shown[3] == "up\n"


@pytest.mark.engines
def test_a_result_of_a_checkpoint_shows_what_it_showed(kernel: Any, tmp_path: Path) -> None:
    """As it stood in the cell when the task had ended."""
    kernel.run("import eflows_nb as ef\nef.stop()")  # which tells of the failures of other tests
    kernel.run(f"ef.start(engines=1, checkpoint={str(tmp_path)!r})")
    code = "%%task\nhandle = display('old', display_id=True)\nhandle.update('new')\nkept = 1"
    first = kernel.run(code, cell="a")
    ends(kernel, first)
    again = kernel.run(code, cell="b")
    ends(kernel, again)
    kernel.run("ef.stop()")

    assert texts(kernel, again) == ["'new'"]


def test_results_are_found_again_in_another_kernel() -> None:
    """The name that a kernel gives to a cell, and how its figures look, do not count."""
    one, other, named = (
        CellBody(name, Surroundings(filename=filename))
        for name, filename in (("a", "1.py"), ("a", "2.py"), ("b", "1.py"))
    )

    assert digest_of_function(one) == digest_of_function(other) != digest_of_function(named)
