"""A task cell whose task is with an engine, behind another one, does not run yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engines

BUSY = """import eflows_nb as ef
from eflows_nb.runtime import queues
queues._PATIENCE = 1e6  # engines do not give back what they were sent
running = ef.start(engines=1)
@ef.task
def hold(path):
    import os, time
    while not os.path.exists(path):
        time.sleep(0.01)
number = running._functions.code(hold).number
running._driver.change(lambda scheduler: scheduler.durations.learn(number, [0.001]))
held = hold({!r})
running._driver.wait(lambda: running.at_work())"""
LATE = "%%task late\nimport os, time\nwhile not os.path.exists({!r}):\n    time.sleep(0.01)"


def shows(kernel: Any, request: str, state: str) -> None:
    """Listen until the card of a cell has this state."""
    kernel.hear(
        lambda message: (
            message["parent_header"].get("msg_id") == request
            and message["content"].get("metadata", {}).get("eflows", {}).get("state") == state
        )
    )


def test_the_card_of_a_cell_that_is_behind_another_task_says_so(kernel: Any, tmp_path: Path) -> None:
    """Until that has ended, of which only the other task tells."""
    first, second = tmp_path / "first", tmp_path / "second"
    kernel.run(BUSY.format(str(first)))
    request = kernel.run(LATE.format(str(second)))
    shows(kernel, request, "sent")
    status = kernel.run("%eflows status\n%eflows why late")
    first.touch()
    shows(kernel, request, "running")
    second.touch()
    shows(kernel, request, "done")
    said = "".join(
        message["content"]["text"]
        for message in kernel.heard
        if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == status
    )
    assert "1 sent, 1 running" in said
    assert "late: sent (gives nothing)" in said
    assert "late is sent: its engine has other tasks before it." in said
