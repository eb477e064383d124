"""Pages are told of cells: what they read from which others, how they ended, how far their tasks are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from eflows_nb.notebook.cells.ledger import digest
from eflows_nb.notebook.messages import CellFacts, CellsMessage
from eflows_nb.tasks.shown_state import ShownState

PROTOCOL = Path(__file__).parents[1] / "protocol"


class Notebook:
    """Runs cells of known ids, and knows what the kernel told of them last."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.cells: dict[str, Any] = {}
        self._seen = ("", -1)

    def run(self, cell: str, code: str) -> None:
        """Run a cell to its end."""
        content = {"code": code, "silent": False, "store_history": True, "stop_on_error": False}
        request = self.client.session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(request)
        while self.client.get_shell_msg(timeout=60)["parent_header"]["msg_id"] != request["msg_id"]:
            pass

    def ask(self, **more: Any) -> None:
        """Ask to be told of cells."""
        wish = {"cells": {"stream": self._seen[0], "sequence": self._seen[1]}, **more}
        request = self.client.session.msg("comm_info_request", {"target_name": "eflows", "eflows": wish})
        self.client.control_channel.send(request)
        self.client.control_channel.get_msg(timeout=60)

    def hear(self) -> Any:
        """Take in the next message about cells, and return it."""
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            data = message["content"].get("data", {})
            if message["msg_type"] == "comm_msg" and data["kind"] == "cells":
                self.cells.update({facts["cell"]: facts for facts in data["cells"]})
                self._seen = (data["stream"], data["sequence"])
                return data

    def know(self, cell: str, **facts: Any) -> Any:
        """Listen until this is told of a cell; return all that is told of it."""
        self.ask()
        while any(self.cells.get(cell, {}).get(key) != value for key, value in facts.items()):
            self.hear()
        return self.cells[cell]


@pytest.fixture(scope="module")
def _client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockingKernelClient]:
    with _kernel(tmp_path_factory) as client:
        yield client


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """Return a notebook in whose kernel nothing has run."""
    with _kernel(tmp_path_factory) as client:
        yield Notebook(client)


@contextmanager
def _kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlockingKernelClient]:
    home = tmp_path_factory.mktemp("kernel")
    environment = {**os.environ, "HOME": str(home), "IPYTHONDIR": str(home / "ipython")}
    manager, client = start_new_kernel(kernel_name="python3", env=environment, cwd=str(home))
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def notebook(_client: BlockingKernelClient) -> Notebook:
    """Return a notebook whose kernel all tests of this module share, with a session."""
    notebook = Notebook(_client)
    notebook.run("load", "%load_ext eflows_nb\nimport eflows_nb as ef")
    notebook.run("first", "_ = ef.wait_on(ef.task(abs)(-1))")
    return notebook


STATES = {name: [int(state == name) for state in ShownState] for name in ("done", "failed", "cancelled")}


def test_a_cell_is_told_with_its_tasks_and_what_it_read(notebook: Notebook) -> None:
    """Names lead to the cells that bound them; the digest says what was run."""
    notebook.run("n", "n = 3")
    notebook.run("field", "%%task field\nfield = n * 2")
    notebook.run("show", "field + n")
    field = notebook.know("field", states=STATES["done"])
    assert (field["sources"], field["binds"], field["functions"]) == (["n"], ["field"], ["field"])
    assert field["digest"] == digest("%%task field\nfield = n * 2")
    assert field["count"] == notebook.know("n")["count"] + 1
    assert field["asked"] > notebook.know("n")["asked"] > 0
    assert field["cluster"] == "inline"
    assert notebook.know("show", ended="done")["sources"] == ["field", "n"]


def test_what_has_no_result_is_told(notebook: Notebook) -> None:
    """A failed cell, a task that reads it, a plain cell that is not run, and one that ends with an error."""
    notebook.run("bad", "%%task bad\nbad = 1 / 0")
    notebook.run("reader", "%%task reader\nread = bad + 1")
    notebook.run("plain", "print(bad)")
    notebook.run("wrong", "missing_name")
    notebook.know("bad", states=STATES["failed"], ended="done")
    assert notebook.know("reader", states=STATES["cancelled"])["sources"] == ["bad"]
    assert notebook.know("plain", ended="refused")["sources"] == ["bad"]
    assert notebook.know("wrong", ended="error")["sources"] == []


def test_cells_that_pass_futures_on_are_linked_by_their_tasks(notebook: Notebook) -> None:
    """Values of futures travel from cell to cell without a name of their own."""
    notebook.run("box", "twice = ef.task(lambda x: 2 * x)\nbox = []")
    notebook.run("make", "box.append(twice(1))")
    notebook.run("take", "taken = twice(box[0])")
    assert notebook.know("take", states=STATES["done"])["sources"] == ["box", "make"]


def test_running_definitions_again_changes_nothing(notebook: Notebook) -> None:
    """Imports, functions and literals are what they were; what computes is another execution."""
    notebook.run("definitions", "import math\nlimit = 3\ndef half(x):\n    return x / 2")
    since = notebook.know("definitions", ended="done")["since"]
    notebook.run("definitions", "import math\nlimit = 3\ndef half(x):\n    return x / 2")
    assert notebook.know("definitions", order=since + 1)["since"] == since
    notebook.run("computes", "limited = half(limit)")
    computes = notebook.know("computes", ended="done")
    notebook.run("computes", "limited = half(limit)")
    assert computes["sources"] == ["definitions"]
    assert notebook.know("computes", order=computes["order"] + 1)["since"] == computes["order"] + 1


def test_who_knows_nothing_is_told_all_cells(notebook: Notebook) -> None:
    """A page after a reload, for example; who follows is told what is new."""
    notebook.ask()
    while not notebook.hear()["all"]:
        pass
    assert {"load", "first"} <= notebook.cells.keys()
    notebook.run("new", "x = 1")
    later = notebook.hear()
    assert not later["all"]
    assert {facts["cell"] for facts in later["cells"]} == {"new"}


def outputs(notebook: Notebook, cell: str) -> list[Any]:
    """Ask for the outputs of a cell; return them, text of a stream as it is, of others as plain text."""
    notebook.ask(outputs=[cell])
    while True:
        message = notebook.client.get_iopub_msg(timeout=60)
        data = message["content"].get("data", {})
        if message["msg_type"] == "comm_msg" and data["kind"] == "outputs" and data["cell"] == cell:
            return [one.get("text") or one.get("data", {}).get("text/plain") for one in data["outputs"]]


def test_what_a_cell_has_shown_is_told_to_who_asks(notebook: Notebook) -> None:
    """Text in one piece, replaced displays as they are now, and nothing that was cleared."""
    notebook.run(
        "shows",
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('a')\nprint('b')\n"
        "handle = display('before', display_id=True)\n7",
    )
    notebook.run("updates", "handle.update('after')")
    assert outputs(notebook, "shows") == ["a\nb\n", "'after'", "7"]
    notebook.run("shows", "1")
    assert outputs(notebook, "shows") == ["1"]


def test_the_outputs_of_a_task_cell_are_kept(notebook: Notebook) -> None:
    """Its card as it is now, what the task has printed, and its result."""
    notebook.run("task", "%%task kept\nprint('printed')\n40 + 2")
    notebook.know("task", states=STATES["done"])
    card, *rest = outputs(notebook, "task")
    assert card.startswith("✓ Task cell 'kept'")
    assert sorted(rest) == ["42", "printed\n"]


@pytest.mark.parametrize(
    ("before", "kept"),
    [("%load_ext eflows_nb\nimport time", True), ("%load_ext eflows_nb\nprint('before')", False)],
)
def test_the_outputs_of_the_first_cell_are_kept_if_nothing_was_shown_before(
    fresh: Notebook, before: str, kept: bool
) -> None:
    """Half of what a cell has shown is not told."""
    fresh.run("first", f"{before}\n%eflows status\nprint('after')")
    written = fresh.know("first", ended="done")["written"]
    assert (written > 0) is kept
    if kept:
        assert outputs(fresh, "first")[0].endswith("after\n")


def test_a_cell_that_shows_too_much_is_not_kept(notebook: Notebook) -> None:
    """The next execution is."""
    notebook.run("much", "print('x' * (5 << 20))")
    assert notebook.know("much", ended="done")["written"] == 0
    notebook.run("much", "1")
    assert outputs(notebook, "much") == ["1"]


@pytest.mark.engines
def test_the_tasks_of_a_cell_are_cancelled_by_its_id(notebook: Notebook) -> None:
    """Also while another cell computes."""
    notebook.run("start", "import pathlib, time\n_ = ef.start(engines=1)")
    notebook.run("long", "%%task long\ntime.sleep(600)\nlate = 1")
    notebook.know("long", states=[0, 0, 1, 0, 0, 0, 0, 0])
    code = "while not pathlib.Path('go').exists(): pass"
    request = notebook.client.session.msg("execute_request", {"code": code, "silent": False})
    notebook.client.shell_channel.send(request)
    notebook.ask(cancel_cells=["long"])
    notebook.know("long", states=STATES["cancelled"])
    request = notebook.client.session.msg("shutdown_request", {"restart": False})
    notebook.client.control_channel.send(request)


def test_the_example_has_all_that_is_told() -> None:
    """Pages are tested on the same message."""
    message = json.loads((PROTOCOL / "cells.json").read_text())
    assert message.keys() == CellsMessage.__annotations__.keys()
    assert message["cells"][0].keys() == CellFacts.__annotations__.keys()


def test_a_cell_that_is_run_very_often_is_told_as_it_was_run_last(fresh: Notebook) -> None:
    """The first executions are forgotten, not the last ones."""
    fresh.run("load", "import eflows_nb as ef\nfrom eflows_nb.notebook.cell_executions import CellExecutions")
    fresh.run("few", "CellExecutions.__init__.__defaults__ = (4,)")
    for number in range(1, 9):
        fresh.run("loop", f"_ = ef.wait_on(ef.map(ef.task(abs), range({number})))")
    assert fresh.know("loop", states=[0, 0, 0, 8, 0, 0, 0, 0])["functions"] == ["abs"]
