"""The session of a process, and those who watch it."""

from __future__ import annotations

import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.clusters.cluster import ClusterState
from eflows_nb.runtime import session
from eflows_nb.tasks.events import Event, TaskFailed, TasksChanged, TasksSubmitted, WaitEnded, WaitStarted
from eflows_nb.tasks.state import TaskState


@ef.task
def double(x: Any) -> Any:
    """Return twice the argument."""
    return 2 * x


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[ef.Session]:
    """Let a session of its own be that of this process."""
    made = ef.Session()
    monkeypatch.setattr(session, "_session", made)
    yield made
    made._close()


@pytest.fixture
def told(fresh: ef.Session) -> list[Event]:
    """Collect what observers are told."""
    events: list[Event] = []
    fresh.observe(events.extend)
    return events


def test_there_is_one_session(fresh: ef.Session) -> None:
    """All calls work on the same graph."""
    assert session.current() is session.existing() is fresh
    assert ef.wait_on(double(double(1))) == 4
    assert fresh.snapshot().tasks[TaskState.DONE] == 2


def test_threads_that_begin_together_share_a_session(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Data of two sessions would have the same numbers."""
    monkeypatch.setattr(session, "_session", None)
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    sys.setswitchinterval(1e-6)
    together = threading.Barrier(8)
    found: list[ef.Session] = []

    def look() -> None:
        together.wait(60)
        found.append(session.current())

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for one in set(found):
        one._close()

    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_session_says_what_it_does(fresh: ef.Session) -> None:
    """Where it runs, and how many tasks are in which state."""
    assert repr(fresh) == "<session on this process, ready: no tasks yet>"
    ef.wait_on(ef.map(double, range(3)))
    assert repr(fresh) == "<session on this process, ready: 3 done>"


def test_what_is_lacking_is_told_again_where_that_is_another_thing(fresh: ef.Session) -> None:
    """Once for each function and cluster: after the cluster has changed it is no news of before."""
    wide = ef.task(cores=4096)(abs)
    cluster: Any = fresh._driver.cluster
    here, told = cluster.capacity, []
    for there in (here, here, replace(here, cores=3), replace(here, cores=4096), here):
        cluster.capacity = there
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            wide(-1)
        told.append([str(one.message).partition(" that")[0] for one in caught])

    first = f"Task function 'abs' asks for 4096 cores of {here.cores}"
    assert told == [[first], [], ["Task function 'abs' asks for 4096 cores of 3"], [], [first]]


def test_a_snapshot_shows_the_cluster(fresh: ef.Session) -> None:
    """The inline cluster has one engine, and nobody asked for it."""
    shot = fresh.snapshot()

    assert (shot.cluster, shot.state, shot.reason, shot.requested) == ("inline", ClusterState.READY, "", 0)
    assert [engine.pid for engine in shot.engines] == [os.getpid()]
    assert set(shot.tasks) == set(TaskState)


def test_observers_are_told_everything_in_order(fresh: ef.Session, told: list[Event]) -> None:
    """A task is submitted, runs and is done; a wait begins and ends."""
    future = double(21)
    ef.wait_on(future)
    changes = [event.state for event in told if isinstance(event, TasksChanged)]
    submitted = [event.tasks for event in told if isinstance(event, TasksSubmitted)]

    assert submitted == [(1,)]
    assert changes == [TaskState.RUNNING, TaskState.DONE]
    assert [type(event) for event in told].index(TasksSubmitted) < [type(event) for event in told].index(
        TasksChanged
    )


def test_observers_are_told_why_a_task_failed(fresh: ef.Session, told: list[Event]) -> None:
    """With the error and its traceback as text, once."""

    @ef.task
    def fail() -> None:
        raise ValueError("no")

    fail().exception()
    [failed] = [event for event in told if isinstance(event, TaskFailed)]

    assert failed.error == "ValueError: no"
    assert 'raise ValueError("no")' in failed.traceback


def test_every_wait_that_begins_ends(fresh: ef.Session, told: list[Event]) -> None:
    """Also one that is not waited for to its end."""
    futures = ef.map(double, range(3))
    next(ef.as_completed(futures))
    ef.wait_on(futures)
    ef.barrier()
    begun = [event.wait for event in told if isinstance(event, WaitStarted)]
    ended = [event.wait for event in told if isinstance(event, WaitEnded)]

    assert sorted(begun) == sorted(ended)


def test_who_stops_observing_is_told_nothing_more(fresh: ef.Session) -> None:
    """The returned function may be called twice."""
    events: list[Event] = []
    end = fresh.observe(events.extend)
    end()
    end()
    ef.wait_on(double(1))

    assert events == []


def test_an_observer_that_raises_does_not_stop_the_work(
    fresh: ef.Session, caplog: pytest.LogCaptureFixture
) -> None:
    """It is dropped, the log says so, and the others are told as before."""
    calls: list[int] = []
    events: list[Event] = []

    def breaks(_events: Any) -> None:
        calls.append(1)
        raise RuntimeError("broken observer")

    fresh.observe(breaks)
    fresh.observe(events.extend)
    with caplog.at_level(logging.ERROR):
        assert ef.wait_on(ef.map(double, [1, 2])) == [2, 4]

    assert calls == [1]
    assert "An observer failed and is told nothing more" in caplog.text
    assert events


def test_an_observer_may_use_the_session(fresh: ef.Session) -> None:
    """It asks for a snapshot while it is told."""
    done: list[int] = []
    fresh.observe(lambda _events: done.append(fresh.snapshot().tasks[TaskState.DONE]))
    ef.wait_on(ef.map(double, range(3)))

    assert done[-1] == 3
