"""A task graph by function: how many tasks each has, how far they are, and who reads from whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eflows_nb.notebook.begun import SHOWN, shown_states
from eflows_nb.notebook.task_board import TaskBoard
from eflows_nb.tasks.shown_state import ShownState

__all__ = ["ARROWS", "BOXES", "Arrow", "Box", "Outline", "outline"]

BOXES = 40
"""Functions that are outlined at most, those with most tasks."""

ARROWS = 160
"""Arrows between them at most, those that stand for most dependencies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """The tasks of one function.

    Parameters
    ----------
    name
        Of the function; text from the user.
    counts
        Number of tasks in each state, in the order of `ShownState`.
    seconds
        What a task took in the mean, None when none has ended.
    column
        How many functions at least stand before this one on the way from those that read nothing.
    """

    name: str
    counts: tuple[int, ...]
    seconds: float | None
    column: int

    @property
    def total(self) -> int:
        """Number of tasks."""
        return sum(self.counts)

    def count(self, state: ShownState) -> int:
        """Return the number of tasks in a state."""
        return self.counts[SHOWN.index(state)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrow:
    """So many dependencies between the tasks of two functions, by their places among the boxes."""

    source: int
    target: int
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """A task graph with one box for each function.

    Parameters
    ----------
    boxes, arrows
        In the order in which the functions were called first.
    counts
        Number of all tasks in each state, in the order of `ShownState`.
    functions
        How many functions there are, those without a box among them.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    counts: tuple[int, ...]
    functions: int

    @property
    def total(self) -> int:
        """Number of tasks."""
        return sum(self.counts)

    @property
    def is_live(self) -> bool:
        """Whether any task has not ended."""
        return self.total > sum(self.count(state) for state in ShownState if state.is_final)

    def count(self, state: ShownState) -> int:
        """Return the number of all tasks in a state."""
        return self.counts[SHOWN.index(state)]


def outline(board: TaskBoard) -> Outline:
    """Return the outline of a task graph; its size has a bound, whatever the graph's."""
    functions, states = len(board.functions), len(SHOWN)
    function = board.column("function")
    cells = np.bincount(function * states + shown_states(board), minlength=functions * states)
    table = cells.reshape(functions, states)
    totals = table.sum(axis=1)
    shown = np.sort(np.argsort(-totals, kind="stable")[:BOXES])
    arrows = _arrows(board, shown)
    columns = _columns(len(shown), arrows)
    seconds = _seconds(board)
    boxes = tuple(
        Box(
            name=board.functions[number],
            counts=tuple(table[number].tolist()),
            seconds=None if np.isnan(seconds[number]) else float(seconds[number]),
            column=columns[place],
        )
        for place, number in enumerate(shown.tolist())
    )
    return Outline(boxes=boxes, arrows=arrows, counts=tuple(table.sum(axis=0).tolist()), functions=functions)


def _seconds(board: TaskBoard) -> npt.NDArray[np.float64]:
    """Return what the tasks of each function took in the mean, nan where none has ended."""
    seconds, functions = board.column("seconds"), len(board.functions)
    ended = seconds >= 0
    function = board.column("function")[ended]
    summed = np.bincount(function, weights=seconds[ended], minlength=functions)
    counted = np.bincount(function, minlength=functions)
    return np.where(counted > 0, summed / np.maximum(counted, 1), np.nan)


def _arrows(board: TaskBoard, shown: npt.NDArray[Any]) -> tuple[Arrow, ...]:
    """Return the arrows between functions that have a box."""
    place = np.full(max(len(board.functions), 1), -1, np.int64)
    place[shown] = np.arange(len(shown))
    of_task = place[board.column("function")]
    targets = np.repeat(of_task, board.column("parents"))
    sources = of_task[board.parents]
    known = (sources >= 0) & (targets >= 0)
    pairs, counts = np.unique(sources[known] * BOXES + targets[known], return_counts=True)
    most = np.sort(np.argsort(-counts, kind="stable")[:ARROWS])
    return tuple(
        Arrow(source=pair // BOXES, target=pair % BOXES, count=count)
        for pair, count in zip(pairs[most].tolist(), counts[most].tolist(), strict=True)
    )


def _columns(boxes: int, arrows: tuple[Arrow, ...]) -> list[int]:
    """Let each function stand right of those before it that it reads from."""
    columns = [0] * boxes
    for target in range(boxes):
        for arrow in arrows:
            if arrow.target == target and arrow.source < target:
                columns[target] = max(columns[target], columns[arrow.source] + 1)
    return columns
