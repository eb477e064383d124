"""The task graph in columns, as pages draw it."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.notebook.begun import SHOWN, begun, shown_states
from eflows_nb.notebook.graph_feed import message_of
from eflows_nb.notebook.task_board import STATES, TaskBoard
from eflows_nb.tasks.events import (
    ClusterChanged,
    EngineJoined,
    EngineLeft,
    Event,
    TaskFailed,
    TasksChanged,
    TasksSubmitted,
)
from eflows_nb.tasks.state import TaskState

EXAMPLE = Path(__file__).parents[1] / "protocol" / "graph.json"

FIRST: list[Event] = [
    EngineJoined(time=100.0, engine=0, host="n01", pid=4711),
    TasksSubmitted(
        time=100.5,
        tasks=(1, 2, 4, 5),
        names=("load", "load", "<b>mean</b>", "plot"),
        parents=((), (), (1, 2), (4,)),
        origins=(3, 3, 4, 4),
    ),
    TasksChanged(time=100.75, state=TaskState.RUNNING, tasks=(1, 2), engine=0),
]
THEN: list[Event] = [
    TasksChanged(
        time=102.0,
        state=TaskState.DONE,
        tasks=(1,),
        engine=0,
        starts=(101.0,),
        seconds=(0.5,),
        sizes=(1024,),
        memory=4096,
    ),
    TasksSubmitted(time=102.0, tasks=(6,), names=("plot",), parents=((1, 5),), origins=(5,)),
    TasksChanged(
        time=103.0,
        state=TaskState.FAILED,
        tasks=(2,),
        engine=0,
        starts=(101.5,),
        seconds=(0.25,),
        sizes=(0,),
    ),
    TaskFailed(time=103.0, task=2, error="ValueError: <i>no</i>", traceback="Traceback …"),
    TasksChanged(time=103.0, state=TaskState.CANCELLED, tasks=(4, 5, 6)),
    EngineLeft(time=104.0, engine=0, expected=False),
]


def told(board: TaskBoard, *, everything: bool = False) -> dict[str, Any]:
    """Return what a board tells, with the columns as lists by name."""
    base, new, changed = board.news(everything=everything)
    return {
        "base": base,
        "new": {name: column.tolist() for name, column in new.items()},
        "changed": {name: column.tolist() for name, column in changed.items()},
    }


def test_parents_are_rows_and_states_are_numbers() -> None:
    """Numbers of tasks have gaps, rows have none."""
    board = TaskBoard(100.0)
    board.take(FIRST)
    new = told(board)["new"]
    assert new["task"] == [1, 2, 4, 5]
    assert new["function"] == [0, 0, 1, 2]
    assert new["parents"] == [0, 0, 2, 1]
    assert new["links"] == [0, 1, 2]
    assert [STATES[code] for code in new["state"]] == ["running", "running", "waiting", "waiting"]
    assert new["start"] == pytest.approx([0.75, 0.75, 0.0, 0.0])


def test_only_what_has_changed_is_told_again() -> None:
    """A row that was told of comes with the columns that can change."""
    board = TaskBoard(100.0)
    board.take(FIRST)
    told(board)
    board.take(THEN)
    news = told(board)
    assert news["base"] == 4
    assert news["new"]["task"] == [6]
    assert news["new"]["links"] == [0, 3]
    assert news["changed"]["row"] == [0, 1, 2, 3]
    assert [STATES[code] for code in news["changed"]["state"]] == ["done", "failed", "cancelled", "cancelled"]
    assert news["changed"]["seconds"] == [0.5, 0.25, -1.0, -1.0]
    assert news["changed"]["size"] == [1024, 0, 0, 0]
    assert told(board)["changed"]["row"] == []


def test_of_several_changes_the_last_one_stays() -> None:
    """A task that was lost with its engine is waiting again, and then runs elsewhere."""
    board = TaskBoard(100.0)
    board.take(
        [
            *FIRST,
            TasksChanged(time=101.0, state=TaskState.WAITING, tasks=(1, 2), engine=0),
            TasksChanged(time=102.0, state=TaskState.RUNNING, tasks=(2,), engine=1),
        ]
    )
    new = told(board)["new"]
    assert new["engine"][:2] == [-1, 1]
    assert new["start"][:2] == pytest.approx([0.0, 2.0])
    assert new["state"][:2] == [STATES.index(TaskState.WAITING), STATES.index(TaskState.RUNNING)]


def test_an_engine_runs_what_was_sent_to_it_first() -> None:
    """The others are behind it, in the order of the event, whatever their numbers."""
    board = TaskBoard(100.0)
    board.take([*FIRST[:2], TasksChanged(time=101.0, state=TaskState.RUNNING, tasks=(4, 1, 2), engine=0)])
    assert board.behind().tolist() == [0, 1]
    states = shown_states(board)
    assert [SHOWN[code] for code in states] == ["sent", "sent", "running", "waiting"]
    assert begun(board, states).tolist() == [0.0, 0.0, 1.0, 0.0]

    ended = {"starts": (101.0,), "seconds": (2.0,), "sizes": (0,)}
    board.take([TasksChanged(time=104.0, state=TaskState.DONE, tasks=(4,), engine=0, **ended)])
    states = shown_states(board)  # and nobody tells of the next one that it has begun
    assert [SHOWN[code] for code in states] == ["running", "sent", "done", "waiting"]
    assert begun(board, states).tolist() == [3.0, 0.0, 1.0, 0.0]


def test_a_task_that_was_cancelled_before_it_began_has_not_run() -> None:
    """Its engine had it, and another one before it."""
    board = TaskBoard(100.0)
    board.take([*FIRST, TasksChanged(time=103.0, state=TaskState.CANCELLED, tasks=(2, 1))])
    new = told(board)["new"]
    assert new["start"][:2] == [0.75, 0.0]
    assert new["seconds"][:2] == [2.25, -1.0]


def test_events_that_come_twice_change_nothing() -> None:
    """The journal and the observer overlap."""
    once, twice = TaskBoard(100.0), TaskBoard(100.0)
    once.take([*FIRST, *THEN])
    twice.take([*FIRST, *THEN])
    twice.take([*FIRST[1:], *THEN])
    assert told(twice, everything=True)["new"] == told(once, everything=True)["new"]


def test_it_is_known_which_cluster_there_was_when() -> None:
    """Also when events come twice; before the first of them there was none but that."""
    board = TaskBoard(100.0)
    assert board.cluster_at(0.0) == ""
    changes: list[Event] = [
        ClusterChanged(time=time, cluster=cluster, state="ready")
        for time, cluster in ((101.0, "inline"), (105.0, "local"), (109.0, "inline"))
    ]
    board.take(changes)
    board.take(changes)
    assert [board.cluster_at(time) for time in (0.0, 1.0, 5.0, 8.9, 20.0)] == [
        *("inline", "inline", "local", "local", "inline")
    ]


def test_a_cancelled_task_that_ran_lasted_until_then() -> None:
    """The timeline shows how long it held its engine."""
    board = TaskBoard(100.0)
    board.take([*FIRST, TasksChanged(time=105.75, state=TaskState.CANCELLED, tasks=(1,), engine=0)])
    assert told(board)["new"]["seconds"][0] == 5.0


def test_parents_from_before_the_board_are_left_out() -> None:
    """Without a journal a page begins in the middle."""
    board = TaskBoard(100.0)
    board.take(
        [
            TasksSubmitted(time=100.0, tasks=(8,), names=("f",), parents=((),), origins=(1,)),
            TasksSubmitted(time=100.0, tasks=(9,), names=("f",), parents=((3, 8),), origins=(1,)),
            TasksChanged(time=101.0, state=TaskState.RUNNING, tasks=(3, 9, 5000), engine=0),
        ]
    )
    new = told(board)["new"]
    assert (new["parents"], new["links"]) == ([0, 1], [0])
    assert new["engine"] == [-1, 0]


def test_a_graph_is_told_as_in_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot and a delta have the names, types and bytes that the page expects."""
    monkeypatch.setattr(time, "time", lambda: 106.0)
    board = TaskBoard(100.0)
    said = []
    for events in (FIRST, THEN):
        board.take(events)
        message, buffers = message_of(board, everything=events is FIRST)
        said.append({"message": message, "buffers": [base64.b64encode(b).decode() for b in buffers]})
    assert json.loads(json.dumps(said)) == json.loads(EXAMPLE.read_text())
