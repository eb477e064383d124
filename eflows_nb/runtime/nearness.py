"""Which host is nearest to what a task reads, where engines are on several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from eflows_nb.runtime.queues import EngineQueue
from eflows_nb.tasks.data import Datum, Large
from eflows_nb.tasks.task import Task

__all__ = ["by_host", "near"]


def near(reads: Iterable[Datum], engines: Mapping[int, EngineQueue]) -> Counter[str]:
    """Return how many bytes of some data each host has, by the engines there that hold them."""
    found: Counter[str] = Counter()
    for datum in reads:
        value = datum.value
        if type(value) is Large:
            for host in {engines[number].host for number in value.engines if number in engines}:
                found[host] += value.size
    return found


def by_host(
    tasks: list[Task], queues: list[EngineQueue], engines: Mapping[int, EngineQueue]
) -> Iterator[tuple[list[Task], list[EngineQueue]]]:
    """Yield tasks with the queues that are nearest to what they read, all of them where it is the same.

    Nobody is tied to a host: who has nothing to do takes what waits elsewhere.
    """
    hosts = {queue.host for queue in queues}
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        have = near(task.reads, engines) if task.reads else None
        best, most = have.most_common(1)[0] if have else ("", 0)
        even = not have or best not in hosts or list(have.values()).count(most) == len(hosts)
        groups.setdefault("" if even else best, []).append(task)
    for host, group in groups.items():
        yield group, [queue for queue in queues if host in ("", queue.host)]
