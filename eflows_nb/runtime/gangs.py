"""Tasks that need more than any engine offers: several engines of a host, or those of a certain host."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from eflows_nb.runtime.queues import EngineQueue
from eflows_nb.tasks.resources import USUAL, Resources
from eflows_nb.tasks.state import TaskState
from eflows_nb.tasks.task import Task

__all__ = ["Gangs"]


class Gangs:
    """The tasks that wait for several engines, and the engines that are kept for them.

    Such a task runs on one engine, while the others of its gang do nothing. What no host has is not waited
    for: the task gets a whole host, and another one when the host that it names is not there.

    Parameters
    ----------
    engines
        The engines of the session.
    """

    def __init__(self, engines: Mapping[int, EngineQueue]) -> None:
        self.growing = False
        """Whether more engines are expected to join."""
        self._engines = engines
        self._waiting: dict[tuple[int, Resources], deque[Task]] = {}  # of each urgency and need, in order
        self._keeping: list[Task] = []  # wait too, and engines are kept for them
        self._kept = False

    def __bool__(self) -> bool:
        return bool(self._waiting) or self._kept

    @property
    def waiting(self) -> list[Task]:
        """The tasks that wait."""
        return [*self._keeping, *(task for tasks in self._waiting.values() for task in tasks)]

    def demands(self) -> list[tuple[Resources, int, int]]:
        """Return what is waited for, by how many tasks, and how many engines are kept for that."""
        kept = [
            (task.number, task.code.policy.resources, 1, len(self.engines_for(task)))
            for task in self._keeping
            if task.state is TaskState.READY
        ]
        others = [
            (tasks[0].number, resources, sum(task.state is TaskState.READY for task in tasks), 0)
            for (_, resources), tasks in self._waiting.items()
        ]
        return [demand[1:] for demand in sorted(kept + others, key=lambda demand: demand[0]) if demand[2]]

    def needs_many(self, task: Task) -> bool:
        """Return whether a task needs more than any one engine has, or must not run on just any."""
        wanted = task.code.policy.resources
        if wanted is USUAL:
            return False
        return bool(wanted.target) or all(wanted.shares(queue.share) > 1 for queue in self._engines.values())

    def add(self, task: Task) -> None:
        """Let a task that can run otherwise wait for its engines."""
        policy = task.code.policy
        self._waiting.setdefault((policy.priority, policy.resources), deque()).append(task)

    def cores_for(self, task: Task) -> int:
        """Return the cores of several engines that are kept for a task, as far as it wants them, else 0."""
        if not self._kept:
            return 0
        gang = [queue for queue in self._engines.values() if queue.kept_for is task]
        if len(gang) < 2:
            return 0
        return min(task.code.policy.resources.cores, sum(queue.share.cores for queue in gang))

    def engines_for(self, task: Task) -> list[int]:
        """Return the numbers of the engines that are kept for a task."""
        return [queue.number for queue in self._engines.values() if queue.kept_for is task]

    def free(self) -> list[EngineQueue]:
        """Return the engines that stay and are kept for nobody, or all that stay if there is none."""
        queues = [queue for queue in self._engines.values() if not queue.leaving]
        return ([queue for queue in queues if queue.kept_for is None] or queues) if self._kept else queues

    def gather(self) -> Iterator[tuple[EngineQueue, Task | None]]:
        """Keep engines for the tasks that wait.

        Yields
        ------
        EngineQueue, Task or None
            An engine and the task that it is to run now, with all others of its gang idle; or an engine that
            is kept and has more ahead of it than it has begun, with None.
        """
        keeping = [task for task in self._keeping if task.state is TaskState.READY]
        for queue in self._engines.values():
            task = queue.kept_for
            if task is not None and task.state is not TaskState.RUNNING and task not in keeping:
                queue.kept_for = None
        self._keeping = []
        for task, gang in self._form(keeping):
            if any(queue.flights for queue in gang):
                self._keeping.append(task)
                yield from ((queue, None) for queue in gang if len(queue.flights) > 1)
            else:
                yield gang[0], task
        self._kept = any(queue.kept_for is not None for queue in self._engines.values())

    def _form(self, keeping: list[Task]) -> Iterator[tuple[Task, list[EngineQueue]]]:
        """Yield tasks with the engines that are now kept for them; first those that keep some already."""
        for task in keeping:
            gang = self._gang(task)
            for queue in self._engines.values():
                if queue.kept_for is task and queue not in gang:
                    queue.kept_for = None  # two that each keep a part would wait for each other
            if gang:
                yield task, self._keep(gang, task)
            else:
                policy = task.code.policy
                self._waiting.setdefault((policy.priority, policy.resources), deque()).appendleft(task)
        kinds = set(self._waiting)
        while kinds:
            kind = min(kinds, key=self._rank)
            tasks = self._waiting[kind]
            gang = self._gang(tasks[0]) if tasks[0].state is TaskState.READY else []
            if gang or tasks[0].state is not TaskState.READY:
                task = tasks.popleft()
                if not tasks:
                    del self._waiting[kind]
                    kinds.discard(kind)
                if gang:
                    yield task, self._keep(gang, task)
            else:
                kinds.discard(kind)  # what the first one does not get, the others of its kind do not

    def _rank(self, kind: tuple[int, Resources]) -> tuple[int, int]:
        return -kind[0], self._waiting[kind][0].number

    def _keep(self, gang: list[EngineQueue], task: Task) -> list[EngineQueue]:
        for queue in gang:
            queue.kept_for = task
        return gang

    def _gang(self, task: Task) -> list[EngineQueue]:
        """Return the engines to keep for a task: enough of one host, or none while they are not there."""
        best: list[EngineQueue] = []
        enough = False
        wanted = task.code.policy.resources
        hosts: dict[str, list[EngineQueue]] = {}
        for queue in self._engines.values():
            if not queue.leaving:
                hosts.setdefault(queue.host, []).append(queue)
        wished = {name: queues for name, queues in hosts.items() if name in wanted.target}
        if wanted.target and not wished and self.growing:
            return []
        hosts = wished or hosts
        for queues in hosts.values():
            number = max(wanted.shares(queue.share) for queue in queues)
            usable = [queue for queue in queues if queue.kept_for in (None, task)]
            usable.sort(key=lambda queue: (queue.kept_for is not task, queue.ahead))
            fits = number <= len(queues)
            whole = len(usable) >= min(number, len(queues))
            if whole and (fits, len(usable)) > (enough, len(best)):
                best, enough = usable[:number], fits
        return best if enough or not self.growing else []
