"""A kernel that runs a cell is not taken for an idle one."""

from __future__ import annotations

from typing import Any

import pytest

START = """import eflows_nb as ef, pathlib, time
@ef.task
def f(x):
    return x
ef.wait_on(f(1))
"""
WAITS = """print('waits')
while not pathlib.Path('{name}').exists():
    time.sleep(0.01)"""


def is_status(state: str, request: str) -> Any:
    """Return what tells a status of a request."""

    def wanted(message: Any) -> bool:
        return bool(
            message["msg_type"] == "status"
            and message["content"]["execution_state"] == state
            and message["parent_header"].get("msg_id", "") == request
        )

    return wanted


@pytest.mark.parametrize("cell", [START + WAITS, WAITS], ids=["first", "later"])
def test_a_cell_is_said_to_run_after_other_answers(front_end: Any, cell: str, tmp_path: Any) -> None:
    """Front ends make subshells for widgets while it runs; also for the cell that begins the session."""
    go = tmp_path / "go"
    request = front_end.send(cell.format(name=go))
    front_end.hear(lambda message: message["content"].get("text") == "waits\n")
    other = front_end.ask_meanwhile("create_subshell_request")
    front_end.hear(is_status("idle", other))
    front_end.hear(is_status("busy", ""))
    go.touch()
    front_end.wait_for_end(request)


def test_a_kernel_is_idle_when_its_cell_has_ended(front_end: Any) -> None:
    """Whatever it answers then."""
    front_end.run(START)
    before = len(front_end.heard)
    other = front_end.ask_meanwhile("list_subshell_request")
    front_end.hear(is_status("idle", other))
    front_end.run("1")
    assert not any(map(is_status("busy", ""), front_end.heard[before:]))
