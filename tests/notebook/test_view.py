"""``ef.view()`` and ``ef.progress()`` in a real kernel: what a page is told, what a notebook keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.errors import JournalError
from eflows_nb.notebook.view import PastRun

PROTOCOL = Path(__file__).parents[1] / "protocol"
WIDGET = "application/vnd.jupyter.widget-view+json"
VIEW = "application/vnd.eflows.view+json"
SESSION = "import eflows_nb as ef\n@ef.task\ndef f(x):\n    return x\n_ = ef.wait_on([f(1), f(2)])"


def shown(front_end: Any, request: str, kind: str = "display_data") -> list[Any]:
    """Return the bundles that a cell has shown."""
    return [
        message["content"]["data"]
        for message in front_end.heard
        if message["msg_type"] == kind and message["parent_header"].get("msg_id") == request
    ]


def custom(message: Any, kind: str) -> bool:
    """Return whether a message is one of a widget's own, of this kind."""
    data = message["content"].get("data", {})
    return (
        message["msg_type"] == "comm_msg"
        and data.get("method") == "custom"
        and data["content"].get("kind") == kind
    )


def model_of(front_end: Any, request: str) -> str:
    """Return the id of the model of the widget that a cell has shown."""
    [bundle] = shown(front_end, request)
    model: str = bundle[WIDGET]["model_id"]
    return model


def ask(front_end: Any, model: str, content: Any) -> None:
    """Send a message of a widget, as its page does."""
    client = front_end._client
    data = {"comm_id": model, "data": {"method": "custom", "content": content}}
    client.shell_channel.send(client.session.msg("comm_msg", data))


def test_a_notebook_keeps_a_picture_and_a_text_beside_the_widget(front_end: Any) -> None:
    """Pages without a kernel show those."""
    front_end.run(SESSION)
    [bundle] = shown(front_end, front_end.run("ef.view()", cell="c1"))
    assert set(bundle) == {WIDGET, VIEW, "image/svg+xml", "text/plain"}
    assert bundle[VIEW] == bundle[WIDGET]
    assert bundle["image/svg+xml"].startswith("<svg ")
    assert " done" in bundle["text/plain"]


def test_a_page_is_told_unasked_and_then_what_has_changed(front_end: Any) -> None:
    """A page that cannot ask while a cell runs is told everything; one that asks, only what it lacks."""
    front_end.run(SESSION)
    cell = front_end.run("ef.view()", cell="c1")
    model = model_of(front_end, cell)
    first = front_end.hear(
        lambda message: custom(message, "graph") and not message["content"]["data"]["content"]["base"]
    )
    told = first["content"]["data"]["content"]
    assert told["functions"] == ["f"]
    assert first["content"]["comm_id"] == model
    ask(front_end, model, {"watch": {"stream": told["stream"], "sequence": told["sequence"]}})
    front_end.run("_ = ef.wait_on(f(3))")
    front_end.hear(
        lambda message: (
            custom(message, "graph")
            and message["content"]["data"]["content"]["stream"] == told["stream"]
            and message["content"]["data"]["content"]["base"] > 0
        )
    )


def test_the_picture_in_the_notebook_follows_the_tasks(front_end: Any) -> None:
    """At the end of a cell it is as the tasks are then, wherever it stands."""
    front_end.run(SESSION)
    front_end.run("ef.view()", cell="c1")
    front_end.run("@ef.task\ndef later(x):\n    return x\n_ = ef.wait_on(later(1))", cell="c2")
    updates = [m for m in front_end.heard if m["msg_type"] == "update_display_data"]
    assert "later" in updates[-1]["content"]["data"]["text/plain"]
    assert "later" in updates[-1]["content"]["data"]["image/svg+xml"]


def test_the_traceback_of_a_task_is_told_and_nonsense_is_survived(front_end: Any) -> None:
    """What a page says may be anything."""
    front_end.run(SESSION)
    model = model_of(front_end, front_end.run("ef.view()", cell="c1"))
    front_end.run(
        "@ef.task\ndef broken(x):\n    return 1 / x\nb = broken(0)\n_ = ef.as_completed([b])", cell="c2"
    )
    front_end.run(
        "number = max(ef._session.current()._driver.scheduler.tasks, default=0)" if False else "pass"
    )
    ask(front_end, model, "nonsense")
    ask(front_end, model, {"task": "no number"})
    ask(front_end, model, {"watch": {"stream": "", "sequence": -1}})
    graph = front_end.hear(
        lambda message: custom(message, "graph") and message["content"]["data"]["content"]["errors"]
    )
    [[task, error]] = graph["content"]["data"]["content"]["errors"]
    assert "ZeroDivisionError" in error
    ask(front_end, model, {"task": task})
    detail = front_end.hear(lambda message: custom(message, "task"))
    assert "return 1 / x" in detail["content"]["data"]["content"]["traceback"]


def test_a_session_has_one_view(front_end: Any) -> None:
    """A cell that is run again does not make another, which would be told everything too."""
    front_end.run(SESSION)
    request = front_end.run("a = ef.view(); b = ef.view(height=300); print(a is b, a.height)", cell="c1")
    assert front_end.text(request) == "True 300\n"


def test_who_is_no_front_end_gets_the_picture_alone(front_end: Any) -> None:
    """An executor of notebooks keeps no widget that nobody could see, and its file stays small."""
    front_end.run(SESSION)
    front_end.run("view = ef.view(); view.close(); view = ef.view()")
    cell = front_end.run("view")
    [bundle] = shown(front_end, cell)
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    cell = front_end.run("bars = ef.progress(); bars.close(); bars = ef.progress()\nbars")
    bundles = shown(front_end, cell, "execute_result") + shown(front_end, cell)
    assert [set(bundle) for bundle in bundles] == [{"text/plain"}]


def test_there_is_a_bar_for_each_function(front_end: Any) -> None:
    """It tells how many of its tasks have ended."""
    front_end.run(SESSION)
    request = front_end.run(
        "bars = ef.progress(); bars.close(); bars = ef.progress(); bars._update()\n"
        "row = [[c.value for c in row.children] for row in bars.children][0]\nprint(row)",
        cell="c1",
    )
    name, ended, told = json.loads(front_end.text(request).replace("'", '"'))
    assert name == "f"
    assert told == f"{ended:,} of {ended:,}"


def test_a_past_run_is_shown_from_its_journal() -> None:
    """The page gets the journal as it is when it asks, in the message of the example."""
    sent: list[Any] = []
    run = ef.view(PROTOCOL / "journal.jsonl")
    assert isinstance(run, PastRun)
    assert "1 failed" in repr(run)
    run.send = lambda content, buffers: sent.append((content, buffers))
    example = json.loads((PROTOCOL / "past-run.json").read_text())
    run._hear(example["request"])
    [(content, [text])] = sent
    assert content == example["message"]
    assert text == (PROTOCOL / "journal.jsonl").read_bytes()


def test_what_is_no_journal_is_refused_at_once(tmp_path: Path) -> None:
    """Before anything is displayed."""
    path = tmp_path / "other.jsonl"
    path.write_text('{"format": "something else"}\n')
    with pytest.raises(JournalError, match="journal"):
        ef.view(path)


def test_a_request_of_a_widget_that_makes_no_sense_is_answered(front_end: Any) -> None:
    """By a sentence, and by nothing in the notebook."""
    front_end.run(SESSION)
    cell = front_end.run("ef.view()", cell="c1")
    ask(front_end, model_of(front_end, cell), {"cancel": ["<b>"], "request": "r1"})
    told = front_end.hear(lambda message: custom(message, "error"))["content"]["data"]["content"]
    assert told["request"] == "r1"
    assert "'<b>' is not the number of a task" in told["error"]
    assert front_end.text(cell, "stderr") == ""
