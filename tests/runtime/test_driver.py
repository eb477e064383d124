"""Who drives sends a few tasks at once and many together, and tells of what nobody foresaw."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from eflows_nb.clusters.cluster import Arrival, ClusterState
from eflows_nb.clusters.inline import InlineCluster
from eflows_nb.errors import InternalError
from eflows_nb.runtime import driver
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
    """Does something while a driver moves, as the finalizer of an object of the user's may."""

    kind = "local"

    def __init__(self) -> None:
        super().__init__("test")
        self.finalizers: list[Callable[[], None]] = []

    def receive(self) -> list[Arrival]:
        while self.finalizers:
            self.finalizers.pop()()
        return super().receive()


def test_a_finalizer_may_submit_and_cancel_in_the_midst_of_a_move() -> None:
    """Python runs it in the thread that moves: nothing waits for itself, and what it wants is done."""
    cluster = _Finalizing()
    driver = Driver(cluster, "test")
    task = Task(1, FunctionCode(1, "f", b""), b"", ())
    cluster.finalizers.append(partial(driver.submit, task))
    driver.pump()
    assert driver.scheduler.unfinished == 1

    cluster.finalizers.append(partial(driver.change, lambda scheduler: scheduler.cancel([task], "enough")))
    driver.pump()
    assert driver.scheduler.unfinished == 0


def test_of_two_interrupts_none_comes_out_of_nothing_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second may be raised where the first was put off, as the handler is set back."""
    one = Driver(InlineCluster("test"), "test")
    set_handler = driver.set_handler

    def interrupted_at_the_end(number: int, handler: Any) -> Any:
        before = set_handler(number, handler)
        if handler is signal.default_int_handler:
            signal.raise_signal(number)
        return before

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        monkeypatch.setattr(driver, "set_handler", interrupted_at_the_end)
        with pytest.raises(KeyboardInterrupt):
            one._uninterrupted(lambda: signal.raise_signal(signal.SIGINT))
        monkeypatch.undo()
        one._uninterrupted(lambda: None)
    finally:
        signal.signal(signal.SIGINT, before)


class _Faulty(InlineCluster):
    """A cluster in which something goes wrong that nobody foresaw."""

    kind = "local"
    faulty = ""

    def wait(self, timeout: float) -> None:
        if self.faulty == "wait":
            raise OSError("no such socket")

    def receive(self) -> list[Arrival]:
        if self.faulty == "receive":
            raise OSError("no such message")
        return super().receive()


@pytest.mark.parametrize("where", ["wait", "receive"])
def test_who_waits_is_told_of_what_nobody_foresaw(where: str, caplog: pytest.LogCaptureFixture) -> None:
    """The first error ends all movement; whoever comes later is told of the same one."""
    cluster = _Faulty("test")
    driver = Driver(cluster, "test")
    cluster.faulty = where
    told = []
    for _ in range(2):
        with pytest.raises(
            InternalError, match=r"eflows-nb itself: OSError: no such (socket|message)"
        ) as error:
            driver.wait(lambda: False)
        told.append(error.value.__cause__)
    with pytest.raises(InternalError):
        driver.submit(Task(1, FunctionCode(1, "f", b""), b"", ()))

    assert told[0] is told[1] is driver.breakdown.cause
    assert driver.state is ClusterState.BROKEN
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == told[:1]
