"""What a cluster of engines makes known when one after the other is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eflows_nb.clusters.cluster import ClusterState, EngineDown, StateChange
from eflows_nb.clusters.engines import EngineCluster
from eflows_nb.clusters.launcher import Process
from eflows_nb.clusters.local import LocalLauncher
from eflows_nb.clusters.protection import Protection
from eflows_nb.engine.messages import Hello

_FIRST, _SECOND = Process("host", 1), Process("host", 2)


@pytest.fixture
def cluster() -> Iterator[EngineCluster]:
    """Make a cluster with two engines that replaces none any more."""
    protection = Protection()
    made = EngineCluster(2, "test-of-local", protection, LocalLauncher("test-of-local", protection))
    made._restarts = 0
    for number in range(2):
        made._join(Hello(number, "host", 1 + number))
    made.receive()
    yield made
    made.stop()
    made._loop.close()
    protection.close()


def test_a_lost_engine_that_is_not_replaced_is_not_waited_for(cluster: EngineCluster) -> None:
    """Who waits until all are there would wait for ever; a later start may ask for it again."""
    cluster._launcher.news.append(_FIRST)

    told = "1 engine on host host was lost and could not be replaced"
    assert cluster.receive() == [EngineDown(0, expected=False), StateChange(ClusterState.READY, told)]
    assert cluster.requested == 1


@pytest.mark.parametrize("last", [0, 1])
def test_the_last_engine_to_go_says_that_none_is_left(cluster: EngineCluster, last: int) -> None:
    """Also when that one was asked to go, and the other one was lost."""
    cluster.release(0)
    cluster._launcher.news.extend([(_FIRST, _SECOND)[1 - last], (_FIRST, _SECOND)[last]])
    *_, told = cluster.receive()

    assert type(told) is StateChange
    assert told.state is ClusterState.BROKEN


@pytest.mark.parametrize("retired", [False, True])
def test_a_released_engine_is_not_replaced_however_it_ends(cluster: EngineCluster, *, retired: bool) -> None:
    """It was asked to go, or crashed while it still had work; only in the first case was that expected."""
    cluster._restarts = 6
    cluster._ever_joined = True
    cluster.release(0)
    cluster._retired.update([_FIRST] if retired else [])
    cluster._launcher.news.append(_FIRST)

    assert cluster.receive() == [EngineDown(0, expected=retired)]
    assert cluster._coming == []
    assert cluster.requested == 1


def test_while_another_one_is_coming_not_all_are_gone(cluster: EngineCluster) -> None:
    """The last two are lost at once, and only one of them is replaced."""
    cluster._coming.append(Process("host", 3))
    cluster._launcher.news.extend([_FIRST, _SECOND])

    states = [told.state for told in cluster.receive() if type(told) is StateChange]
    assert ClusterState.BROKEN not in states


def test_lost_engines_are_told_until_others_have_taken_their_place(
    cluster: EngineCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the hosts that they were on; afterwards nothing is missing."""
    for name in ("_replace", "_tried", "_ask"):  # nothing is started
        monkeypatch.setattr(cluster, name, lambda *_: None)
    cluster._restarts = 6
    cluster._launcher.news.extend([_FIRST, _SECOND])
    *_, told = cluster.receive()

    assert told == StateChange(
        ClusterState.STARTING, "2 engines on host host were lost; replaced by new ones, which start"
    )
    for number in (2, 3):
        cluster._join(Hello(number, "host", 10 + number))
    *_, told = cluster.receive()
    assert told == StateChange(ClusterState.READY)
