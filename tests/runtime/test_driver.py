"""Who drives the session, and that nothing which was submitted is left lying."""

from __future__ import annotations

from eflows_nb.clusters.inline import InlineCluster
from eflows_nb.runtime.driver import Driver
from eflows_nb.tasks.data import Datum
from eflows_nb.tasks.task import FunctionCode, Task


class _Elsewhere(InlineCluster):
    """Counts who is woken, and runs nothing by itself."""

    kind = "elsewhere"
    woken = 0

    def wake(self) -> None:
        self.woken += 1


def test_a_task_that_comes_while_another_thread_looks_is_not_left_lying() -> None:
    """That one does not look at new tasks, or not any more: whoever drives is woken."""
    cluster = _Elsewhere("test-of-driver")
    driver = Driver(cluster, "test-of-driver")
    task = Task(1, FunctionCode(0, "f", b""), b"", ())
    task.outputs = (Datum(1, task),)
    with driver._lock:  # as `snapshot` holds it
        driver.submit(task)

    assert cluster.woken == 1
    driver.pump()
    assert driver.scheduler.unfinished == 1
