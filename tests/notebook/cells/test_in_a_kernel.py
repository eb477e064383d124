"""Task cells in a real Jupyter kernel, as front ends and headless clients run them."""

from __future__ import annotations

import re
from typing import Any

import pytest


def metadata(**task: Any) -> dict[str, Any]:
    """Return the metadata of a task cell."""
    return {"eflows": {"version": 1, "task": task}}


def plain(lines: list[str]) -> str:
    """Return a traceback without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))


def test_a_cell_returns_with_a_card(kernel: Any) -> None:
    """The card has text and HTML, in which what the user wrote is escaped, and facts for programs."""
    request = kernel.run("%%task '<img src=x>'\na = 1")

    (shown,) = kernel.of(request, "display_data")
    assert "Task cell '<img src=x>'" in shown["data"]["text/plain"]
    assert "<img" not in shown["data"]["text/html"]
    assert shown["metadata"]["eflows"]["name"] == "<img src=x>"
    assert kernel.reply(request) == "ok"


def test_what_a_task_cell_shows_lands_in_it(kernel: Any) -> None:
    """Printed text, displayed values, figures and the last expression come to its own output area."""
    request = kernel.run(
        "%%task\nprint('printed')\ndisplay('displayed')\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n40 + 2"
    )
    kernel.hear(lambda message: message["content"].get("data", {}).get("text/plain") == "42")

    text = kernel.text(request)
    assert "printed" in text
    assert "displayed" in text
    assert any("image/png" in content["data"] for content in kernel.of(request, "display_data"))


def test_a_semicolon_hides_the_last_expression(kernel: Any) -> None:
    """As in any cell."""
    request = kernel.run("%%task\n40 + 2;")
    kernel.run("1")

    assert "42" not in kernel.text(request)


def test_an_error_shows_at_its_own_line(kernel: Any) -> None:
    """The traceback is in the task's cell and names its line; the reply is ok, so Run All goes on."""
    request = kernel.run("%%task\na = 1\nb = a / 0")
    kernel.hear(lambda m: m["msg_type"] == "error" and m["parent_header"].get("msg_id") == request)

    (error,) = kernel.of(request, "error")
    assert error["ename"] == "ZeroDivisionError"
    text = plain(error["traceback"])
    assert "line 3" in text
    assert "----> 3 b = a / 0" in text
    assert "cells/body.py" not in text
    assert kernel.reply(request) == "ok"


def test_a_live_front_end_is_told_why_a_cell_is_not_run(kernel: Any) -> None:
    """The reason is shown and the reply is ok: an error would end Run All for independent cells too."""
    kernel.run("%%task bad\nbad = 1 / 0")

    request = kernel.run("before = 1\nprint(bad)", cell="reads")

    assert "Not run: it reads bad, and task cell 'bad' has no result (ZeroDivisionError" in kernel.text(
        request
    )
    assert kernel.reply(request) == "ok"
    assert kernel.of(kernel.run("before"), "error")[0]["ename"] == "NameError"


def test_a_client_without_metadata_waits_for_each_task(kernel: Any) -> None:
    """Its kernel would be ended after the last cell; a failing task is an error of its cell there."""
    done = kernel.run("%%task\nmark = 1", cell="")
    failed = kernel.run("%%task bad\nbad = 1 / 0", cell="")
    refused = kernel.run("bad", cell="")

    assert "done" in kernel.text(done)
    assert [kernel.reply(request) for request in (done, failed, refused)] == ["ok", "error", "error"]
    assert kernel.of(refused, "error")[0]["ename"] == "ZeroDivisionError"
    assert len(kernel.of(failed, "error")) == 1


def test_cell_metadata_makes_a_task_cell(kernel: Any) -> None:
    """The same options as on a line are read from the key ``eflows``."""
    request = kernel.run("meta = 3", **metadata(name="by metadata"))

    assert "Task cell 'by metadata'" in kernel.text(request)
    assert "3" in kernel.text(kernel.run("meta"))


def test_metadata_that_does_not_fit_the_schema_is_one_error(kernel: Any) -> None:
    """The place and the reason are named."""
    request = kernel.run("x = 1", **metadata(cores="many"))

    (error,) = kernel.of(request, "error")
    assert (
        "The metadata eflows.task.cores of this cell is not valid: 'many' is not of type 'integer'"
        in (error["evalue"])
    )


def test_silent_code_of_a_front_end_waits_for_nothing(kernel: Any) -> None:
    """Variable inspectors must not hang on a pending name."""
    kernel.run("%%task\nsilent = 1")
    request = kernel._client.execute(
        "repr(silent)", silent=True, user_expressions={"r": "type(silent).__name__"}
    )

    reply = kernel._client.get_shell_msg(timeout=60)
    while reply["parent_header"]["msg_id"] != request:
        reply = kernel._client.get_shell_msg(timeout=60)
    assert reply["content"]["user_expressions"]["r"]["data"]["text/plain"] == "'Future'"


@pytest.mark.engines
def test_independent_cells_run_at_the_same_time(kernel: Any) -> None:
    """Two task cells that wait for each other's file both end, while the kernel answers."""
    kernel.run("import eflows_nb as ef, pathlib, tempfile\nfolder = pathlib.Path(tempfile.mkdtemp())")
    kernel.run("ef.start(engines=2)")
    body = "(folder / '{0}').touch()\nwhile not (folder / '{1}').exists():\n    pass\n{0} = '{0}'"

    kernel.run("%%task\n" + body.format("left", "right"), cell="1")
    assert "answered" in kernel.text(kernel.run("print('answered')", cell="2"))
    kernel.run("%%task\n" + body.format("right", "left"), cell="3")

    assert "leftright" in kernel.text(kernel.run("left + right", cell="4"))
    kernel.run("ef.stop()")


@pytest.mark.engines
def test_an_interrupted_wait_leaves_the_tasks_alive(kernel: Any) -> None:
    """Ctrl-C ends the cell that waits; its task goes on, and the next cell gets its value."""
    kernel.run("import eflows_nb as ef, pathlib, tempfile\nfolder = pathlib.Path(tempfile.mkdtemp())")
    kernel.run("ef.start(engines=1)\n" + _TELL_OF_WAITS)
    kernel.run("%%task\nwhile not (folder / 'go').exists():\n    pass\nlate = 7", cell="1")

    request = kernel.send("late", cell="2")
    kernel.hear(lambda m: m["msg_type"] == "stream" and "waiting" in m["content"]["text"])
    kernel.interrupt()

    assert kernel.reply(request) == "error"
    kernel.run("(folder / 'go').touch()", cell="3")
    assert "7" in kernel.text(kernel.run("late", cell="4"))
    kernel.run("ef.stop()")


@pytest.mark.engines
def test_no_cache_keeps_a_cell_from_its_checkpoint(kernel: Any) -> None:
    """Without the option a cell that ran with the same inputs is not run again."""
    kernel.run("import eflows_nb as ef, pathlib, tempfile\nfolder = pathlib.Path(tempfile.mkdtemp())")
    kernel.run("ef.start(engines=1, checkpoint=folder)")
    kernel.run("import time")
    counts = "(folder / f'{0}-{{time.time_ns()}}').touch()\n{0} = len(list(folder.glob('{0}-*')))"
    for option, name in (("", "kept"), ("--no-cache", "fresh")):
        kernel.run(f"%%task {option}\n" + counts.format(name), cell=name)
        kernel.run(name, cell="shows")
        kernel.run(f"%%task {option}\n" + counts.format(name), cell=name)
    assert "(1, 2)" in kernel.text(kernel.run("kept, fresh", cell="shows"))
    kernel.run("ef.stop()")


_TELL_OF_WAITS = """\
from eflows_nb.runtime import session
from eflows_nb.tasks.events import WaitStarted
import sys
stop = session.current().observe(
    lambda events: [print('waiting', flush=True) for event in events if type(event) is WaitStarted]
);"""


def test_comments_run_as_lines_where_the_metadata_say_so(kernel: Any) -> None:
    """In the place where the lines were, and in no other cell."""
    code = "if True:\n    pass  #% autowait off"
    kernel.run("%%task\na = 1")
    kernel.run(code)
    waits = kernel.run("type(a).__name__")
    kernel.run(code, eflows={"version": 1, "lines": True})
    kernel.run("%%task\na = 2")
    explicit = kernel.run("type(a).__name__")

    def shown(request: Any) -> list[str]:
        return [content["data"]["text/plain"] for content in kernel.of(request, "execute_result")]

    assert (shown(waits), shown(explicit)) == (["'int'"], ["'Future'"])
    kernel.run("%eflows autowait on")


def test_a_mended_cell_finds_what_it_found_before(kernel: Any) -> None:
    """A cell that changes a name and fails has that name as it was, when it runs again."""
    kernel.run("table = {'a': 1}", cell="begin")
    kernel.run("%%task\ntable['b'] = 1 / 0", cell="first")
    kernel.run("%%task\ntable['c'] = table['b']", cell="second")
    refused = kernel.run("table", cell="shows")

    kernel.run("%%task\ntable['b'] = 2", cell="first")
    kernel.run("%%task\ntable['c'] = table['b']", cell="second")

    assert "Not run: it reads table" in kernel.text(refused)
    assert "{'a': 1, 'b': 2, 'c': 2}" in kernel.text(kernel.run("table", cell="shows"))


def test_a_failed_task_cell_can_become_an_ordinary_one(kernel: Any) -> None:
    """It reads what was there before it failed; and failing twice changes nothing."""
    kernel.run("number = 1", cell="begin")
    kernel.run("%%task\nnumber = number + nowhere", cell="same")
    kernel.run("%%task\nnumber = number + nowhere", cell="same")
    kernel.run("%eflows wait", cell="waits")
    kernel.run("number = number + 5", cell="same")

    assert "6" in kernel.text(kernel.run("number", cell="shows"))
