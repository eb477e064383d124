"""All tasks of a run in columns: a million of them fit into a hundred megabytes."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eflows_nb.tasks.shown_state import ShownState, shown_counts
from eflows_nb.tasks.state import TaskState

__all__ = ["STATES", "Columns", "TaskRecord", "TaskTable"]

STATES = tuple(TaskState)
"""States by the number that stands for them in a column."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskRecord:
    """What is known of one task.

    Parameters
    ----------
    task
        Its number.
    name
        Name of its function; text from the user, to be escaped where it is shown.
    state
        Where it was when the record ends.
    engine
        Number of the engine that ran it last, -1 for none.
    submitted
        When the runtime took it in, seconds since the epoch.
    start, seconds
        When it began to run and for how long; 0 for one that has not ended.
    ended
        When the client heard of its end, 0 for one that has not ended.
    size
        Bytes of its results, 0 for plain numbers.
    memory
        Most resident memory of its engine about then, in bytes; 0 when that was not read.
    parents
        Numbers of the tasks that made what it reads.
    origin
        Number of the notebook cell execution that submitted it, -1 outside a notebook.
    runs
        How often it ran to its end; more than once if its results were lost.
    error
        Why it failed, else empty.
    """

    task: int
    name: str
    state: TaskState
    engine: int
    submitted: float
    start: float
    seconds: float
    ended: float
    size: int
    memory: int
    parents: tuple[int, ...]
    origin: int
    runs: int
    error: str


class Columns:
    """The columns; the entry of a task is at its number, and a number that is no task has state -1.

    `parents` holds the parents of all tasks, one after the other; those of a task are `parent_count` many
    from `first_parent` on. `names` and `errors` are by number of the name, and of the task.
    """

    __slots__ = (
        "ended",
        "engine",
        "errors",
        "first_parent",
        "memory",
        "name",
        "names",
        "origin",
        "parent_count",
        "parents",
        "runs",
        "seconds",
        "size",
        "start",
        "state",
        "submitted",
    )

    def __init__(self) -> None:
        self.state = array("b")
        self.name = array("i")
        self.engine = array("i")
        self.origin = array("i")
        self.runs = array("i")
        self.parent_count = array("i")
        self.first_parent = array("q")
        self.size = array("q")
        self.memory = array("q")
        self.submitted = array("d")
        self.start = array("d")
        self.seconds = array("d")
        self.ended = array("d")
        self.parents = array("q")
        self.names: list[str] = []
        self.errors: dict[int, str] = {}

    def grow(self, task: int) -> None:
        """Make room for a task of this number."""
        more = max(task + 1 - len(self.state), len(self.state) // 4)
        if task < len(self.state):
            return
        self.state.extend([-1] * more)
        self.engine.extend([-1] * more)
        for column in (
            *(self.name, self.origin, self.runs, self.parent_count, self.first_parent, self.size),
            *(self.memory, self.submitted, self.start, self.seconds, self.ended),
        ):
            column.frombytes(bytes(more * column.itemsize))


class TaskTable(Mapping[int, TaskRecord]):
    """The tasks of a run by number, in order."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def __getitem__(self, task: int) -> TaskRecord:
        columns = self.columns
        if not 0 <= task < len(columns.state) or columns.state[task] < 0:
            raise KeyError(task)
        first = columns.first_parent[task]
        return TaskRecord(
            task=task,
            name=columns.names[columns.name[task]],
            state=STATES[columns.state[task]],
            engine=columns.engine[task],
            submitted=columns.submitted[task],
            start=columns.start[task],
            seconds=columns.seconds[task],
            ended=columns.ended[task],
            size=columns.size[task],
            memory=columns.memory[task],
            parents=tuple(columns.parents[first : first + columns.parent_count[task]]),
            origin=columns.origin[task],
            runs=columns.runs[task],
            error=columns.errors.get(task, ""),
        )

    def __iter__(self) -> Iterator[int]:
        return (task for task, state in enumerate(self.columns.state) if state >= 0)

    def __len__(self) -> int:
        return len(self.columns.state) - self.columns.state.count(-1)

    def __repr__(self) -> str:
        return f"<{len(self)} tasks>"

    def counts(self) -> dict[TaskState, int]:
        """Return the number of tasks in each state."""
        found = Counter(self.columns.state)
        return {state: found[code] for code, state in enumerate(STATES)}

    def shown(self) -> dict[ShownState, int]:
        """Return the number of tasks in each state as people are told it."""
        running, columns = STATES.index(TaskState.RUNNING), self.columns
        engines = {one for one, code in zip(columns.engine, columns.state, strict=True) if code == running}
        return shown_counts(self.counts(), len(engines))
