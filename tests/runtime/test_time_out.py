"""Tasks that do not end in time, and what their policy makes of that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.engine.messages import Code
from eflows_nb.runtime import exchange
from eflows_nb.runtime.deadlines import Deadlines
from eflows_nb.tasks.policy import Policy
from eflows_nb.tasks.state import TaskState


def _deafen() -> str:
    """Sleep for ever, and let no signal but SIGKILL end that: as a long call into C does."""
    import signal
    import time

    signal.pthread_sigmask(signal.SIG_BLOCK, signal.Signals)
    while True:
        time.sleep(60)


def test_a_task_that_has_come_back_has_no_deadline_any_more() -> None:
    """A second attempt on the same engine gets all of its time, and nothing is kept of the first."""
    deadlines = Deadlines()
    deadlines.set(0, [1, 2], 10.0)
    deadlines.done(0, [1])
    deadlines.set(0, [1], 20.0)

    assert deadlines.overdue(15.0) == [(0, 2)]
    assert deadlines.overdue(25.0) == [(0, 1)]
    for task in range(10_000):
        deadlines.set(0, [task], 1e9)
        deadlines.done(0, [task])
    assert len(deadlines._next) < 1_000


def test_a_task_with_retries_runs_elsewhere_when_it_does_not_end(graph: Any) -> None:
    """Its engine is about to be ended, and gets nothing more."""
    graph.define("f", Policy.of(retries=1, time_out=1))
    graph.engines(0, 1)
    task = graph.make()
    first = next(iter(graph.sent()))
    graph.scheduler.expire(task, first)

    assert graph.sent() == {1 - first: [task.number]}
    graph.scheduler.engine_down(first)
    assert task.state is TaskState.RUNNING


@pytest.mark.parametrize("lost", ["expired", "blamed"])
def test_a_task_whose_failures_are_ignored_is_not_run_again(graph: Any, lost: str) -> None:
    """An engine makes what a failure leaves, without running the task."""
    graph.define("f", Policy.of(on_failure="ignore", time_out=1))
    graph.engines(*range(4))
    task = graph.make()
    engine = next(iter(graph.sent()))
    if lost == "expired":
        graph.scheduler.expire(task, engine)
        graph.scheduler.engine_down(engine)
    else:
        for _ in range(3):
            graph.scheduler.engine_down(engine)
            engine = next(iter(graph.sent()), -1)

    assert list(graph.scheduler.given_up([task])) == [task.number]
    engine = next(iter(graph.sent())) if engine not in graph.scheduler.engines else engine
    graph.finish(engine, (Code.IGNORED, None, None))
    assert task.state is TaskState.DONE
    assert not graph.scheduler.given_up([task])


@pytest.mark.engines
def test_the_policy_is_asked_when_a_task_does_not_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its engine is ended; then it runs again, or is ignored, or fails."""
    monkeypatch.setattr(exchange, "GRACE_SECONDS", 0.1)

    def deaf_at_first(path: Path) -> str:
        if path.exists():
            return "the second time"
        path.touch()
        return _deafen()

    with ef.start(engines=2):
        retried = ef.task(retries=1, time_out=0.5)(deaf_at_first)(tmp_path / "seen")
        ignored = ef.task(on_failure="ignore", time_out=0.5)(_deafen)()
        assert ef.wait_on([retried, ignored]) == ["the second time", None]
        with pytest.raises(ef.TaskTimeOutError, match="did not end within its time_out"):
            ef.wait_on(ef.task(time_out=0.5)(_deafen)())
