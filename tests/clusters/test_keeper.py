"""Engines behind a keeper of this machine, reached like those of another host."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
import pytest

import eflows_nb as ef
from eflows_nb.errors import ClusterError

pytestmark = pytest.mark.engines


@ef.task
def process(*_: Any) -> int:
    """Return the process that runs this."""
    return os.getpid()


@ef.task
def secrets_in_reach() -> list[str]:
    """Return the names of our variables in the environment that a task sees."""
    return [
        name for name in os.environ if name in ("EFLOWS_CHANNEL", "EFLOWS_DATA_KEY", "IPP_CONNECTION_INFO")
    ]


@pytest.fixture
def running() -> Iterator[ef.Session]:
    """One engine, and its keeper."""
    session = ef.start(engines=1, hosts=["localhost"])
    yield session
    ef.stop(cancel=True)


def _keeper() -> psutil.Process:
    children = psutil.Process().children()
    (found,) = [one for one in children if "eflows_nb.clusters.keeper" in one.cmdline()]
    return found


def test_a_killed_engine_is_replaced(running: ef.Session) -> None:
    """The keeper tells of its end, and starts another one."""
    array = ef.map(np.ones, [100_000])[0]
    before = ef.wait_on(process(array))
    os.kill(before, signal.SIGKILL)

    assert ef.wait_on(process(array), timeout=60) != before


def test_a_killed_controller_is_replaced_with_its_engines(running: ef.Session) -> None:
    """As on this machine alone: the keeper ends the engines and starts others."""
    before = ef.wait_on(process())
    os.killpg(running._driver.cluster._controller.cluster.controller.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(before)], timeout=60)

    assert ef.wait_on(process(), timeout=60) != before


def test_engines_come_and_go(running: ef.Session) -> None:
    """More, and fewer again: what only those that go hold is brought to where others find it."""
    ef.scale(2)
    arrays = ef.map(np.ones, [100_000] * 4)
    assert sum(ef.wait_on(ef.map(len, arrays), timeout=60)) == 400_000
    ef.scale(1)

    assert sum(ef.wait_on(ef.map(len, arrays), timeout=60)) == 400_000


def test_a_killed_keeper_takes_its_engines_with_it(running: ef.Session) -> None:
    """Its guard ends them; nothing can run then, and somebody who waits is told."""
    engine = psutil.Process(ef.wait_on(process()))
    _keeper().kill()
    _, alive = psutil.wait_procs([engine], timeout=60)

    assert alive == []
    with pytest.raises(ClusterError, match="the host 'localhost' was lost"):
        ef.wait_on(process(), timeout=60)


def test_tasks_do_not_find_the_keys(running: ef.Session) -> None:
    """What they start inherits none, and what they print shows none."""
    assert ef.wait_on(secrets_in_reach()) == []


def test_another_cluster_needs_a_stop(running: ef.Session) -> None:
    """Nobody moves from one to the other by mistake."""
    with pytest.raises(ClusterError, match=r"A hosts cluster is running.*ef\.stop\(\)"):
        ef.start(hosts=["localhost"])
    assert ef.start(engines=1) is running
