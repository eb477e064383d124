"""Which tasks of a board have begun: engines have tasks in advance, and run the first of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from eflows_nb.notebook.task_board import STATES, TaskBoard
from eflows_nb.tasks.shown_state import ShownState
from eflows_nb.tasks.state import TaskState

__all__ = ["SHOWN", "begun", "shown_states"]

SHOWN = tuple(ShownState)
"""States as people are told them, by the number that stands for them."""

_RUNNING, _SENT = STATES.index(TaskState.RUNNING), SHOWN.index(ShownState.SENT)


def shown_states(board: TaskBoard) -> npt.NDArray[np.uint8]:
    """Return for each task the number of its state as people are told it."""
    states: npt.NDArray[np.uint8] = board.column("state").copy()
    states[board.behind()] = _SENT
    return states


def begun(board: TaskBoard, states: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return when each task began, in seconds since the board did; 0 for one that has not.

    Of one that runs it is only known when it was sent, and when the one before it on its engine ended.

    Parameters
    ----------
    board
        The tasks.
    states
        What `shown_states` says of them.
    """
    starts: npt.NDArray[np.float64] = board.column("start").copy()
    starts[states == _SENT] = 0.0
    runs = np.flatnonzero(states == _RUNNING)
    ended = [board.ended.get(engine, 0.0) for engine in board.column("engine")[runs].tolist()]
    starts[runs] = np.maximum(starts[runs], ended)
    return starts
