"""The states of a task."""

from __future__ import annotations

from eflows_nb.tasks.state import TaskState


def test_a_task_ends_in_one_of_four_states() -> None:
    """Two of them leave a result."""
    made = {TaskState.DONE, TaskState.CACHED}

    assert {state for state in TaskState if state.has_result} == made
    assert {state for state in TaskState if state.is_final} == made | {TaskState.FAILED, TaskState.CANCELLED}
