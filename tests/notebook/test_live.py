"""A page is told what a session does, in a real kernel and while its cells run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

SESSION = "import eflows_nb as ef\n@ef.task\ndef f(x):\n    return x\n_ = ef.wait_on([f(1), f(2)])"


class Page:
    """Speaks to a kernel as the panel in a browser does."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client

    def run(self, code: str) -> list[Any]:
        """Run a cell to its end; return what was published meanwhile, but for status and input."""
        request = self.client.execute(code)
        published = []
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] not in ("status", "execute_input"):
                published.append(message)
            elif message["parent_header"].get("msg_id") == request and _is_idle(message):
                return published

    def ask(self) -> dict[str, Any]:
        """Ask for our comms on the control channel; return the ids."""
        request = self.client.session.msg("comm_info_request", {"target_name": "eflows"})
        self.client.control_channel.send(request)
        reply = self.client.control_channel.get_msg(timeout=30)
        assert reply["parent_header"]["msg_id"] == request["header"]["msg_id"]
        comms: dict[str, Any] = reply["content"]["comms"]
        return comms

    def hear(self) -> Any:
        """Return the next that the session says."""
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "comm_msg":
                return message["content"]["data"]

    def hear_until(self, kind: str) -> list[Any]:
        """Return all that is published up to the next message of ours of this kind."""
        heard = []
        while not (heard and _kind(heard[-1]) == kind):
            heard.append(self.client.get_iopub_msg(timeout=30))
        return heard


def _kind(message: Any) -> str:
    """Return what the session says; empty for what somebody else does."""
    return str(message["content"]["data"].get("kind")) if message["msg_type"] == "comm_msg" else ""


def _is_idle(message: Any) -> bool:
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """Give a page of a fresh kernel."""
    environment = {**os.environ, "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    manager, client = start_new_kernel(kernel_name="python3", env=environment, cwd=str(tmp_path))
    try:
        yield Page(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_session_announces_itself_and_is_silent_until_asked(page: Page) -> None:
    """A headless run is told once that there is a session."""
    assert page.ask() == {}
    published = page.run(SESSION)
    assert [message["msg_type"] for message in published] == ["comm_msg"]
    assert published[0]["content"]["comm_id"] == "eflows"
    assert published[0]["content"]["data"]["kind"] == "session"
    assert list(page.ask()) == ["eflows"]


def test_who_asks_is_told_the_session_as_it_is(page: Page) -> None:
    """Tasks that ended before the question are counted."""
    page.run(SESSION)
    page.ask()
    heard = page.hear()
    assert heard["version"] == 1
    assert heard["kind"] == "session"
    assert heard["session"]["cluster"] == "inline"
    assert heard["session"]["tasks"]["done"] == 2


def test_a_question_is_answered_while_a_cell_runs(page: Page, tmp_path: Path) -> None:
    """The kernel stays busy meanwhile: nothing says that it is idle but for the question itself."""
    page.run(SESSION)
    wait = "print('in')\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)"
    cell = page.client.execute("import pathlib, time\n" + wait)
    while page.client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
        pass
    page.ask()
    assert page.hear()["session"]["tasks"]["done"] == 2
    (tmp_path / "go").touch()
    idle = []
    while not (idle and idle[-1]["parent_header"]["msg_id"] == cell):
        message = page.client.get_iopub_msg(timeout=30)
        if _is_idle(message):
            idle.append(message)
    assert {message["parent_header"]["msg_type"] for message in idle[:-1]} <= {"comm_info_request"}


def test_changes_are_told_without_another_question(page: Page) -> None:
    """The page need not poll."""
    page.run(SESSION)
    page.ask()
    page.hear()
    page.client.execute("_ = ef.wait_on(f(3))")
    while page.hear()["session"]["tasks"]["done"] < 3:
        pass


def test_a_page_that_has_gone_is_not_told_for_ever(page: Page) -> None:
    """A question pays for a number of messages; the next one for as many again."""
    page.run(SESSION)
    page.run("from eflows_nb.notebook import live; live.CREDIT = 3; live._PERIOD = 0.001")
    page.ask()
    many = "import time\nfor _ in range(20): ef.wait_on(f(1)); time.sleep(0.01)"
    assert [message["msg_type"] for message in page.run(many)] == ["comm_msg"] * 3
    page.ask()
    assert page.hear()["session"]["tasks"]["done"] == 22


def test_a_page_that_does_not_know_us_closes_nothing(page: Page) -> None:
    """Other pages of the same kernel go on."""
    page.run(SESSION)
    page.ask()
    page.hear()
    close = page.client.session.msg("comm_close", {"comm_id": "eflows", "data": {}})
    page.client.shell_channel.send(close)
    page.run("_ = ef.wait_on(f(3))")
    assert list(page.ask()) == ["eflows"]
    assert page.hear()["kind"] == "session"


def test_registering_again_changes_nothing(page: Page) -> None:
    """There is one comm a kernel."""
    page.run(SESSION)
    assert page.run("from eflows_nb.notebook import live; live.register(ef._session.current())") == []
    assert list(page.ask()) == ["eflows"]


def watch(page: Page, stream: str = "", sequence: int = -1, **more: Any) -> None:
    """Ask for the task graph, as the run view does."""
    ask_for(page, watch={"stream": stream, "sequence": sequence}, **more)


def ask_for(page: Page, **wanted: Any) -> None:
    """Ask for something, which may be senseless."""
    content = {"target_name": "eflows", "eflows": wanted}
    request = page.client.session.msg("comm_info_request", content)
    page.client.control_channel.send(request)
    page.client.control_channel.get_msg(timeout=30)


def graph(page: Page, kind: str = "graph") -> tuple[Any, list[Any]]:
    """Return the next message of a kind, and its buffers."""
    while True:
        message = page.client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "comm_msg" and message["content"]["data"]["kind"] == kind:
            return message["content"]["data"], message["buffers"]


def column(message: Any, buffers: list[Any], name: str) -> list[int]:
    """Return a column of new tasks that has four bytes an entry."""
    place = [known for known, _ in message["new"]].index(name)
    return memoryview(bytes(buffers[place])).cast("i").tolist()


def test_who_watches_is_told_the_graph_and_then_what_changes(page: Page) -> None:
    """What happened before comes from the journal; messages are numbered."""
    page.run(SESSION)
    watch(page)
    first, buffers = graph(page)
    assert (first["sequence"], first["base"], first["functions"]) == (0, 0, ["f"])
    assert column(first, buffers, "task") == [1, 2]
    page.client.execute("_ = ef.wait_on(f(f(3)))", silent=False)
    then, buffers = graph(page)
    assert (then["sequence"], then["base"], then["stream"]) == (1, 2, first["stream"])
    assert column(then, buffers, "task")[0] == 3


def test_a_second_page_is_told_everything_without_losing_the_first(page: Page) -> None:
    """A snapshot has the next number, so whoever follows can leave out what it has."""
    page.run(SESSION)
    watch(page)
    first, _ = graph(page)
    watch(page, first["stream"], first["sequence"])
    watch(page)
    second, buffers = graph(page)
    assert second["sequence"] == 1
    assert column(second, buffers, "task") == [1, 2]


def test_a_session_without_a_journal_is_shown_from_now_on(page: Page) -> None:
    """The page is told that something may be missing."""
    page.run("import os; os.environ['EFLOWS_JOURNAL'] = 'off'\n" + SESSION)
    watch(page)
    first, buffers = graph(page)
    assert first["complete"] is False
    assert column(first, buffers, "task") == []
    page.client.execute("_ = ef.wait_on(f(3))")
    then, buffers = graph(page)
    assert column(then, buffers, "task") == [3]


def test_the_traceback_of_a_task_is_told_to_who_asks(page: Page) -> None:
    """The graph has the error only."""
    page.run(SESSION)
    page.run("@ef.task\ndef broken(x):\n    return 1 / x\n_ = broken(0)")
    watch(page)
    message, _ = graph(page)
    assert message["errors"] == [[3, "ZeroDivisionError: division by zero"]]
    watch(page, message["stream"], message["sequence"], task=3)
    told, _ = graph(page, "task")
    assert told["task"] == 3
    assert "return 1 / x" in told["traceback"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"task": "no number"}, "'no number' is not the number of a task"),
        ({"watch": {"stream": 1}}, "{'stream': 1} does not say from where on"),
        ({"cancel": 7}, "7 is not a list"),
        ({"cancel": [None]}, "None is not the number of a task"),
        ({"cancel_cells": [1]}, "1 is not the id of a cell"),
        ({"outputs": "all"}, "'all' is not a list"),
    ],
)
def test_a_request_that_makes_no_sense_is_answered(page: Page, asked: Any, reason: str) -> None:
    """By one sentence to the page, and by nothing in the notebook; the next question is answered too."""
    page.run(SESSION)
    ask_for(page, request="r1", **asked)
    ask_for(page, watch={"stream": "", "sequence": -1})
    heard = page.hear_until("graph")
    errors = [message["content"]["data"] for message in heard if _kind(message) == "error"]
    assert [(told["request"], reason in told["error"]) for told in errors] == [("r1", True)]
    assert [message for message in heard if message["msg_type"] == "stream"] == []


def test_what_is_not_even_a_request_is_answered(page: Page) -> None:
    """Whatever comes in its place."""
    page.run(SESSION)
    content = {"target_name": "eflows", "eflows": ["watch"]}
    page.client.control_channel.send(page.client.session.msg("comm_info_request", content))
    heard = page.hear_until("error")
    assert "['watch'] is not a request" in heard[-1]["content"]["data"]["error"]


@pytest.mark.engines
def test_tasks_are_cancelled_while_a_cell_computes(page: Page, tmp_path: Path) -> None:
    """A running one and one that waits for it, by their numbers."""
    page.run("import eflows_nb as ef, pathlib, time\n_ = ef.start(engines=1)")
    page.run("@ef.task\ndef last(x):\n    time.sleep(600)\n    return x\na = last(1)\nb = last(a)")
    page.client.execute("while not pathlib.Path('go').exists(): pass")
    watch(page, cancel=[1, 2, 99], request="r1")
    answer, _ = graph(page, "answer")
    assert (answer["request"], answer["cancelled"]) == ("r1", 2)
    (tmp_path / "go").touch()
    assert any(m["msg_type"] == "error" for m in page.run("ef.wait_on(b)"))


def wish(page: Page, request: str, **wanted: Any) -> None:
    """Want something with the engines, as the panel does."""
    content = {"target_name": "eflows", "eflows": {"engines": wanted, "request": request}}
    page.client.control_channel.send(page.client.session.msg("comm_info_request", content))
    page.client.control_channel.get_msg(timeout=30)


def answer(page: Page, request: str) -> str:
    """Return why a wish could not be fulfilled; empty when it was."""
    while True:
        told, _ = graph(page, "engines")
        if told["request"] == request:
            error: str = told["error"]
            return error


@pytest.mark.engines
def test_engines_come_change_and_go_while_a_cell_computes(page: Page, tmp_path: Path) -> None:
    """Without a word in the notebook; a task that runs is cancelled only when that is wanted."""
    page.run("import pathlib\n" + SESSION + "\n@ef.task\ndef last():\n    import time; time.sleep(600)")
    page.client.execute("while not pathlib.Path('go').exists(): pass")
    wish(page, "r1", do="start", number=1, checkpoint="kept")
    assert answer(page, "r1") == ""
    while not page.hear().get("session", {}).get("engines"):
        page.ask()
    wish(page, "r2", do="scale", number=2)
    assert answer(page, "r2") == ""
    while len(page.hear().get("session", {}).get("engines", ())) < 2:
        page.ask()
    (tmp_path / "go").touch()
    page.run("future = last()")
    wish(page, "r3", do="stop")
    wish(page, "r4", do="stop", cancel=True)
    answers = [graph(page, "engines")[0] for _ in range(2)]
    assert {(told["request"], told["error"]) for told in answers} == {("r3", ""), ("r4", "")}
    page.ask()
    assert page.hear()["session"]["cluster"] == "inline"
    assert page.run("ef.barrier(); f(1)")[-1]["msg_type"] != "error"
    assert (tmp_path / "kept").is_dir()


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"do": "start", "number": 0}, "engines=0 is not a number of engines"),
        ({"do": "start", "hosts": []}, "[] are no hosts"),
        ({"do": "start", "hosts": ["n1", 2]}, "['n1', 2] are no hosts"),
        ({"do": "start", "number": 1, "address": 7}, "7 is no address"),
        ({"do": "start", "number": 1, "checkpoint": ""}, "'' is no checkpoint"),
        ({"do": "scale", "number": 2}, "There are no engines yet"),
        ({"do": "sing"}, "cannot 'sing' engines"),
    ],
)
def test_a_wish_that_cannot_be_is_answered(page: Page, wanted: dict[str, Any], reason: str) -> None:
    """By a sentence."""
    page.run(SESSION)
    wish(page, "r1", **wanted)
    assert reason in answer(page, "r1")
