"""The states of a task as people are told them."""

from __future__ import annotations

from eflows_nb.tasks.shown_state import IN_ORDER, ShownState, shown_counts
from eflows_nb.tasks.state import TaskState


def test_people_are_told_the_states_of_the_scheduler_and_one_more() -> None:
    """By the same names and numbers, so that columns and messages are the same for both."""
    assert tuple(ShownState)[: len(TaskState)] == tuple(TaskState)
    assert set(ShownState) - set(TaskState) == {ShownState.SENT}
    assert sorted(IN_ORDER) == sorted(ShownState)


def test_a_task_that_was_sent_has_not_ended() -> None:
    """The others are final, and have results, as for the scheduler."""
    assert {state for state in ShownState if state.is_final} == {s for s in TaskState if s.is_final}
    assert {state for state in ShownState if state.has_result} == {s for s in TaskState if s.has_result}


def test_an_engine_runs_one_of_its_tasks() -> None:
    """The others are sent; the number of tasks stays the same, and no engine runs what there is not."""
    counts = dict.fromkeys(TaskState, 1) | {TaskState.RUNNING: 4736}
    told = shown_counts(counts, 2)

    assert (told[ShownState.RUNNING], told[ShownState.SENT]) == (2, 4734)
    assert sum(told.values()) == sum(counts.values())
    assert tuple(told) == IN_ORDER
    assert shown_counts({TaskState.RUNNING: 1}, 8) == dict.fromkeys(IN_ORDER, 0) | {ShownState.RUNNING: 1}
