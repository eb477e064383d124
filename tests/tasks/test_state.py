"""The states of a task."""

from __future__ import annotations

from eflows_nb.tasks.state import TaskState


def test_three_states_are_final() -> None:
    """A task that is done, failed or cancelled never changes again."""
    assert {state for state in TaskState if state.is_final} == {
        TaskState.DONE,
        TaskState.FAILED,
        TaskState.CANCELLED,
    }
