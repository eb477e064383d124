"""Pages that show the task graph are told what is new in it."""

from __future__ import annotations

from typing import Any

import eflows_nb as ef
from eflows_nb.notebook.graph_feed import GraphFeed
from eflows_nb.runtime import session as sessions


def test_new_executions_are_told_also_where_old_ones_are_forgotten() -> None:
    """Their number says nothing of which they are."""
    cells = {1: "first", 2: "second"}
    feed = GraphFeed(sessions.current(), cells.copy)
    told: list[Any] = [feed.message(everything=True)]
    del cells[1]
    cells[3] = "third"
    ef.wait_on(ef.task(abs)(-1))
    told.append(feed.message(everything=False))
    feed.close()

    assert [message["cells"] for message, _ in told] == [[[1, "first"], [2, "second"]], [[3, "third"]]]
