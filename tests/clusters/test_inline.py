"""The cluster that is always there."""

from __future__ import annotations

import os
from typing import Any

import cloudpickle
import pytest

from eflows_nb.clusters.cluster import ClusterState, EngineUp, Message, StateChange
from eflows_nb.clusters.inline import InlineCluster
from eflows_nb.engine.messages import Batch, Code, WireFunction


def _batch(*functions: Any) -> Batch:
    """Return a batch with one task for each function."""
    tasks = [(number, number, cloudpickle.dumps(((), {})), None) for number in range(len(functions))]
    codes = {number: WireFunction(cloudpickle.dumps(function)) for number, function in enumerate(functions)}
    return Batch(tasks, codes, {}, [], 0, 100.0, {})


def test_it_has_one_engine_in_this_process() -> None:
    """It is ready as soon as it is started."""
    cluster = InlineCluster("token")
    cluster.start()
    [engine, state] = cluster.receive()

    assert isinstance(engine, EngineUp)
    assert engine.pid == os.getpid()
    assert state == StateChange(ClusterState.READY)
    assert cluster.receive() == []


def test_whoever_waits_runs_the_tasks() -> None:
    """Results are there when the wait is over, and not before."""
    cluster = InlineCluster("token")
    cluster.send(0, _batch(os.getpid, os.getpid))
    assert cluster.receive() == []
    cluster.wait(0.0)
    [message] = cluster.receive()

    assert isinstance(message, Message)
    assert message.content.results == [os.getpid(), os.getpid()]


def test_an_interrupt_ends_the_task_and_is_passed_on() -> None:
    """The interrupted task counts as cancelled; those behind it run when somebody waits again."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    cluster = InlineCluster("token")
    cluster.send(0, _batch(interrupted, os.getpid))
    with pytest.raises(KeyboardInterrupt):
        cluster.wait(0.0)
    cluster.wait(0.0)
    results = [result for message in cluster.receive() for result in message.content.results]

    assert results == [(Code.CANCELLED,), os.getpid()]


def test_large_results_are_told_like_small_ones() -> None:
    """There is nowhere else to keep them."""
    cluster = InlineCluster("token")
    cluster.send(0, _batch(lambda: "x" * 1_000_000))
    cluster.wait(0.0)
    [message] = cluster.receive()

    assert message.content.results[0][0] is Code.SMALL
    assert len(message.content.results[0][1].value()) == 1_000_000
