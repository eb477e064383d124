"""Tasks that do not end in time, and what their policy makes of that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.engine.messages import Code
from eflows_nb.runtime import exchange
from eflows_nb.runtime.commands import Send
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


def test_an_attempt_on_the_same_engine_has_all_of_its_time() -> None:
    """What came back unrun, since a task before it lasted, is not ended by the deadline of that time."""
    deadlines = Deadlines()
    deadlines.set(0, [1], 10.0)
    deadlines.restart(0, 1, 20.0)

    assert deadlines.overdue(15.0) == []
    assert deadlines.overdue(25.0) == [(0, 1)]


def test_a_task_that_may_be_ended_travels_alone(graph: Any) -> None:
    """Else nobody would know whether it is the one that runs, or one that is done before it."""
    graph.know("quick", 1e-6)
    graph.know("f", 1e-6)
    graph.define("limited", Policy.of(time_out=1))
    graph.engines(0)
    graph.scheduler.look_ahead = 1.0
    quick = graph.make(name="quick")
    limited = graph.make(quick.outputs[0], name="limited")
    batches = [
        [task.number for task in command.tasks] for command in graph.advance() if type(command) is Send
    ]

    assert batches == [[quick.number]]
    graph.finish(0, 1)
    assert graph.sent() == {0: [limited.number]}


def test_who_is_done_before_one_that_is_ended_is_not_blamed(graph: Any) -> None:
    """An engine says which task lasts; those before it in its batch run again, with others as ever."""
    graph.know("f", 1e-6)
    graph.engines(0, 1)
    tasks = [graph.make() for _ in range(3)]
    engine = next(iter(graph.sent()))
    assert not graph.scheduler.is_running(tasks[1], engine)
    graph.scheduler.lasting(engine, tasks[1].number, 0)
    assert graph.scheduler.is_running(tasks[1], engine)
    graph.scheduler.cancel([tasks[1]], "it was cancelled")
    graph.scheduler.expire(tasks[1], engine)
    graph.scheduler.engine_down(engine)

    assert sorted(graph.sent()[1 - engine]) == [tasks[0].number, tasks[2].number]
    assert [task.lost for task in tasks] == [0, 0, 0]


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


@pytest.mark.engines
def test_what_does_not_listen_is_ended_behind_others_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tasks that are done have not told of it yet while one behind them runs; they run again."""
    monkeypatch.setattr(exchange, "GRACE_SECONDS", 0.1)
    started = tmp_path / "started"
    os.mkfifo(started)

    def deaf_for(path: Path | None) -> None:
        if path is not None:
            path.write_text("here")
            _deafen()

    with ef.start(engines=1):
        deaf = ef.task(deaf_for)
        ef.wait_on(ef.map(deaf, [None] * 100))  # now it is known as quick
        futures = ef.map(deaf, [None] * 50 + [started] + [None] * 50)
        limited = ef.task(time_out=0.5)(_deafen)()
        assert started.read_text() == "here"
        assert futures[50].cancel()
        assert ef.wait_on(futures[:50] + futures[51:], timeout=60) == [None] * 100
        with pytest.raises(ef.TaskTimeOutError, match="did not end within its time_out"):
            limited.result(60)
