"""Why tasks wait now, in one line, told by those who place them: engines, gangs and data on their way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from eflows_nb.clusters.cluster import ClusterState
from eflows_nb.runtime.queues import EngineQueue, is_tied
from eflows_nb.runtime.scheduler import Scheduler
from eflows_nb.tasks.resources import Resources
from eflows_nb.tasks.state import TaskState

__all__ = ["why_waiting"]

_DEMANDS_SHOWN = 2
_HOSTS_SHOWN = 3


def why_waiting(scheduler: Scheduler, state: ClusterState, requested: int) -> str:
    """Return why tasks that have not begun wait, empty when none does.

    It looks at engines and at counts, never at every task, so that it may be asked ten times a second. It is
    called under the lock of the runtime.

    Parameters
    ----------
    scheduler
        The task graph, and the engines that work on it.
    state
        What the cluster is doing.
    requested
        How many engines were asked for; 0 where tasks run in this process.
    """
    return "; ".join(_reasons(scheduler, state, requested))


def _reasons(scheduler: Scheduler, state: ClusterState, requested: int) -> Iterator[str]:
    engines = list(scheduler.engines.values())
    counts = scheduler.graph.counts
    demands = scheduler.gangs.demands()
    ready = counts[TaskState.READY] - sum(count for _, count, _ in demands)
    if ready > 0:
        yield f"{_tasks(ready)} ready: {_why_ready(engines, state, requested)}"
    for wanted, count, kept in demands[:_DEMANDS_SHOWN]:
        yield f"{_want(count, wanted)}: {_why_many(engines, wanted, kept, scheduler.gangs.growing)}"
    held = counts[TaskState.RUNNING]
    sent = held - min(held, sum(queue.running > 0 for queue in engines))
    if sent and not ready > 0:
        where = "its engine" if sent == 1 else "their engine" if requested == 1 else "their engines"
        yield f"{_tasks(sent)} sent to {where}, behind what runs there"
    moving = min(scheduler.waiting_for_data, counts[TaskState.WAITING])
    if moving:
        yield f"{_wait(moving)} for data that engines are sharing"
    others = counts[TaskState.WAITING] - moving
    if others:
        yield f"{_wait(others)} for other tasks"


def _why_ready(engines: list[EngineQueue], state: ClusterState, requested: int) -> str:
    staying = [queue for queue in engines if not queue.leaving]
    if not requested:
        return "they run in this process, one after the other"
    coming = requested - len(staying)
    if not staying:
        if state is ClusterState.BROKEN:
            return "no engine is left; ef.start() starts others"
        return "no engine has joined yet" if requested == 1 else f"none of {requested} engines has joined yet"
    starting = ""
    if coming > 0 and state is ClusterState.STARTING:
        starting = f", and {coming} of {requested} {'is' if coming == 1 else 'are'} starting"
    kept = sum(queue.kept_for is not None and not queue.flights for queue in staying)
    busy = sum(bool(queue.flights) for queue in staying)
    if busy + kept < len(staying):
        tied = [queue.number for queue in staying if queue.flights and _holds_inputs(queue)]
        if tied:
            where = f"engine {tied[0]}" if len(tied) == 1 else f"{len(tied)} engines"
            return f"what they read lies on {where}, which {'is' if len(tied) == 1 else 'are'} busy"
        return "they are on their way to engines"
    if kept:
        idle = "1 waits" if kept == 1 else f"{kept} wait"
        return (
            f"{busy} of {len(staying)} engines are busy, and {idle} for a task that needs several{starting}"
        )
    all_of_them = {1: "the engine is", 2: "both engines are"}.get(
        len(staying), f"all {len(staying)} engines are"
    )
    return f"{all_of_them} busy{starting}"


def _why_many(engines: list[EngineQueue], wanted: Resources, kept: int, growing: bool) -> str:
    hosts = {queue.host for queue in engines if not queue.leaving}
    if wanted.target and not hosts.intersection(wanted.target):
        return "no engine of that host has joined yet" if engines else "no engine has joined yet"
    if kept:
        several = "1 engine is kept" if kept == 1 else f"{kept} engines are kept"
        return f"{several} for that until what runs there ends"
    there = Counter(queue.host for queue in engines if not queue.leaving)
    needed = min((wanted.shares(queue.share) for queue in engines), default=1)
    if needed > max(there.values(), default=0) and growing:
        return "the engines that have joined do not have that, and more are starting"
    if needed > 1:
        return "no engine has that alone, and those of a host are not free together yet"
    return "the engines of that host are busy"


def _holds_inputs(queue: EngineQueue) -> bool:
    """Return whether the task that others would take first reads what they cannot have."""
    waiting = queue.queue.first
    return bool(waiting) and is_tied(waiting[-1].reads)


def _tasks(number: int) -> str:
    return "1 task is" if number == 1 else f"{number:,} tasks are"


def _wait(number: int) -> str:
    return "1 task waits" if number == 1 else f"{number:,} tasks wait"


def _want(number: int, wanted: Resources) -> str:
    asked = []
    if wanted.cores > 1:
        asked.append(f"{wanted.cores} cores")
    if wanted.memory:
        asked.append(f"{wanted.memory / 1e9:.3g} GB of memory")
    if wanted.gpus:
        asked.append("1 GPU" if wanted.gpus == 1 else f"{wanted.gpus} GPUs")
    if wanted.target:
        named = " or ".join(wanted.target[:_HOSTS_SHOWN])
        more = ", …" if len(wanted.target) > _HOSTS_SHOWN else ""
        asked.append(f"host {named}{more}")
    return f"{_wait(number)} for {' and '.join(asked)}"
