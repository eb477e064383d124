"""Who drives sends a few tasks at once, and many together."""

from __future__ import annotations

import math

from eflows_nb.clusters.cluster import Arrival
from eflows_nb.clusters.inline import InlineCluster
from eflows_nb.runtime.driver import Driver
from eflows_nb.tasks.task import FunctionCode, Task


def test_what_ran_inline_does_not_let_each_of_a_flood_go_alone() -> None:
    """On engines only the first few are sent at once, however many tasks have run here before."""
    driver = Driver(InlineCluster("test"), "test")
    assert all(driver._is_due() for _ in range(100))
    driver.cluster.kind = "local"
    driver._pumped = math.inf  # nobody pauses

    assert [driver._is_due() for _ in range(12)] == [True] * 8 + [False] * 4


class _Finalizing(InlineCluster):
    """Submits a task while a driver moves, as the finalizer of an object of the user's may."""

    kind = "local"
    driver: Driver
    late: list[Task]

    def receive(self) -> list[Arrival]:
        while self.late:
            self.driver.submit(self.late.pop())
        return super().receive()


def test_a_finalizer_may_submit_in_the_midst_of_a_move() -> None:
    """Python runs it in the thread that moves: nothing waits for itself, and the task is taken."""
    cluster = _Finalizing("test")
    cluster.late = []
    driver = cluster.driver = Driver(cluster, "test")
    cluster.late.append(Task(1, FunctionCode(1, "f", b""), b"", ()))
    driver.pump()

    assert driver.scheduler.unfinished == 1
