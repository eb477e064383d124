"""Which engine a task is queued for: the one that has its data, or the one that has the least to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from eflows_nb.runtime.durations import Durations
from eflows_nb.runtime.queues import RECALL_SECONDS, EngineQueue, is_tied
from eflows_nb.tasks.data import Datum, Large
from eflows_nb.tasks.state import READY
from eflows_nb.tasks.task import Task

__all__ = ["best_engine", "load", "place_by_priority", "spread", "steal"]

_BLOCK_SECONDS = 0.002


def best_engine(
    task: Task, engines: Iterable[int], nearness: Callable[[int], float] | None = None
) -> tuple[int, list[Datum]]:
    """Return the engine that holds most of what a task reads, and what must be shared to run it there.

    The engine is -1 when all of it is to be had everywhere.

    Parameters
    ----------
    nearness
        Bytes that are as good as held by an engine, since its host has them; None where all are near.
    """
    weights: Counter[int] = Counter()
    unshared: list[Datum] = []
    for datum in task.reads:
        value = datum.value
        if type(value) is Large and value.shared is None:
            unshared.append(datum)
            for engine in value.engines:
                weights[engine] += value.size
    if not unshared:
        return -1, []
    best = max(engines, key=lambda engine: weights[engine] + (nearness(engine) if nearness else 0))
    return best, [datum for datum in unshared if best not in datum.value.engines]


def place_by_priority(tasks: list[Task], queues: list[EngineQueue]) -> list[EngineQueue]:
    """Queue tasks that are more or less urgent than usual, each where the least waits.

    Returns
    -------
    list of EngineQueue
        Those on which an urgent task would have to wait for what its engine was sent in advance.
    """
    late = []
    for task in sorted(tasks, key=lambda task: -task.code.policy.priority):
        chosen = min(queues, key=load)
        if task.code.policy.priority > 0 and chosen.can_share and chosen not in late:
            late.append(chosen)
        chosen.queue.append(task)
    return late


def spread(tasks: list[Task], queues: list[EngineQueue], durations: Durations) -> None:
    """Queue tasks in contiguous blocks, so that neighbours in program order share an engine.

    What takes less time than to send it goes to few engines, those with the least to do.
    """
    if not tasks:
        return
    if len(tasks) == 1:
        _place_next(tasks[0], queues)
        return
    seconds = len(tasks) * (
        durations.expected(tasks[0].code.number) + durations.expected(tasks[-1].code.number)
    ) / 2  # fmt: skip
    wanted = int(seconds / _BLOCK_SECONDS) + 1
    if wanted < len(queues):
        queues = sorted(queues, key=load)[:wanted]
    loads = [load(queue) for queue in queues]
    goal = -(-(len(tasks) + sum(loads)) // len(queues))
    begin = 0
    for queue, present in zip(queues, loads, strict=True):
        end = begin + max(0, goal - present)
        queue.queue.usual.extend(tasks[begin:end])
        begin = end
    queues[-1].queue.usual.extend(tasks[begin:])


def _place_next(task: Task, queues: list[EngineQueue]) -> None:
    """Queue a task behind the one that came before it, unless an engine has less to do.

    Neighbours in program order are often read together. Who has nothing to do later steals a block of them.
    """
    least = min(queues, key=load)
    before = max(queues, key=_youngest)
    if load(least) and before.ahead <= least.ahead + RECALL_SECONDS:
        least = before
    least.queue.usual.append(task)


def _youngest(queue: EngineQueue) -> int:
    if queue.queue.usual:
        return queue.queue.usual[-1].number
    return queue.flights[-1].tasks[-1].number if queue.flights else 0


def steal(idle: EngineQueue, queues: Iterable[EngineQueue], durations: Durations) -> bool:
    """Give an engine that has nothing the later half of the longest queue, if it is worth sending.

    Of several urgencies these are the most urgent tasks.
    """
    longest = max(queues, key=lambda queue: len(queue.queue))
    count = len(longest.queue)
    waiting = longest.queue.first
    if not waiting or (count < 2 and not longest.flights):
        return False
    if longest.flights and not longest.returning:
        seconds = longest.ahead + count * durations.expected(waiting[-1].code.number)
        if seconds < _BLOCK_SECONDS:
            return False
    for _ in range(max(1, len(waiting) // 2)):
        task = waiting[-1]
        if task.state is READY and is_tied(task.reads):
            break
        idle.queue.append_first(waiting.pop())
    return bool(idle.queue)


def load(queue: EngineQueue) -> int:
    """Return the number of tasks that an engine has or is to have."""
    return len(queue.queue) + queue.running
