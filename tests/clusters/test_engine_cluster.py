"""What engines of this machine make known when one after the other is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eflows_nb.clusters.cluster import ClusterState, EngineDown, StateChange
from eflows_nb.clusters.local import LocalCluster
from eflows_nb.clusters.protection import Protection
from eflows_nb.engine.messages import Hello

_FIRST = 1 << 23  # above the number of any process


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    """Make a cluster with two engines that replaces none any more."""
    protection = Protection()
    made = LocalCluster(2, "test-of-local", protection)
    made._restarts = 0
    for number in range(2):
        made._join(Hello(number, "host", _FIRST + number))
    made.receive()
    yield made
    made.stop()
    made._loop.close()
    protection.close()


def test_a_lost_engine_that_is_not_replaced_is_not_waited_for(cluster: LocalCluster) -> None:
    """Who waits until all are there would wait for ever; a later start may ask for it again."""
    cluster._ended.append(_FIRST)

    assert cluster.receive() == [EngineDown(0, expected=False), StateChange(ClusterState.READY)]
    assert cluster.requested == 1


@pytest.mark.parametrize("last", [0, 1])
def test_the_last_engine_to_go_says_that_none_is_left(cluster: LocalCluster, last: int) -> None:
    """Also when that one was asked to go, and the other one was lost."""
    cluster._retired.add(_FIRST)
    cluster._ended.extend([_FIRST + 1 - last, _FIRST + last])
    *_, told = cluster.receive()

    assert type(told) is StateChange
    assert told.state is ClusterState.BROKEN


def test_while_another_one_is_coming_not_all_are_gone(cluster: LocalCluster) -> None:
    """The last two are lost at once, and only one of them is replaced."""
    cluster._coming.append(_FIRST - 1)
    cluster._ended.extend([_FIRST, _FIRST + 1])

    states = [told.state for told in cluster.receive() if type(told) is StateChange]
    assert ClusterState.BROKEN not in states
