"""The chain of tasks that no number of engines can make shorter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from eflows_nb.runtime.history.task_table import TaskTable

__all__ = ["CriticalPath"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CriticalPath:
    """The chain of tasks, each of which reads from the one before, that took longest.

    Parameters
    ----------
    tasks
        Their numbers, in order.
    seconds
        How long they ran together.
    functions
        Name of each of their functions with the seconds that its tasks on the chain ran, the longest first.
    """

    tasks: tuple[int, ...]
    seconds: float
    functions: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, tasks: TaskTable) -> CriticalPath:
        """Return the longest chain of the tasks that ran."""
        columns = tasks.columns
        finish = columns.seconds.tolist()
        before: dict[int, int] = {}
        counts, first, parents = columns.parent_count, columns.first_parent, columns.parents
        for task, count in enumerate(counts):  # a task is submitted after those that it reads from
            if count:
                begin = first[task]
                latest = max(parents[begin : begin + count], key=finish.__getitem__)
                finish[task] += finish[latest]
                before[task] = latest
        if not finish:
            return cls(tasks=(), seconds=0.0, functions=())
        task = max(range(len(finish)), key=finish.__getitem__)
        seconds = finish[task]
        chain = [task] if seconds else []
        while chain and task in before:
            task = before[task]
            chain.append(task)
        spent: Counter[str] = Counter()
        for task in chain:
            spent[columns.names[columns.name[task]]] += columns.seconds[task]  # type: ignore[assignment]
        return cls(tasks=tuple(reversed(chain)), seconds=seconds, functions=tuple(spent.most_common()))
