"""What the kernel says is what the page reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eflows_nb.clusters.cluster import ClusterState
from eflows_nb.notebook.live import message_of
from eflows_nb.runtime.snapshot import EngineSnapshot, SessionSnapshot
from eflows_nb.tasks.state import TaskState

PROTOCOL = Path(__file__).parents[1] / "protocol"


def example(name: str) -> Any:
    """Return an example that the TypeScript tests read too."""
    return json.loads((PROTOCOL / f"{name}.json").read_text())


def test_a_session_is_told_as_in_the_example() -> None:
    """Engines, counts and the state of the cluster have the names that the page expects."""
    snapshot = SessionSnapshot(
        cluster="local",
        state=ClusterState.READY,
        reason="",
        requested=2,
        engines=(
            EngineSnapshot(engine=0, host="n01", pid=4711, running=2, finished=40),
            EngineSnapshot(engine=1, host="n02", pid=4712, running=1, finished=38),
        ),
        tasks=dict(zip(TaskState, (12, 4, 3, 78, 1, 2, 0), strict=True)),
        waiting="4 tasks are ready: both engines are busy; 12 tasks wait for other tasks",
    )
    assert message_of(snapshot) == example("session-ready")


def test_the_reason_of_a_broken_cluster_is_told_as_it_is() -> None:
    """Text is not escaped on the way: the page shows it as text."""
    snapshot = SessionSnapshot(
        cluster="local",
        state=ClusterState.BROKEN,
        reason='no engine joined within 120 s: <b>no room</b> & "quotes"',
        requested=64,
        engines=(),
        tasks=dict(zip(TaskState, (0, 5, 0, 0, 0, 0, 0), strict=True)),
        waiting="5 tasks are ready: no engine is left; ef.start() starts others",
    )
    assert message_of(snapshot) == example("session-broken")
