"""Clusters are found and stopped from outside the kernels that started them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import ipyparallel
import psutil
import pytest

from eflows_nb.clusters import discovery

Launch = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def security(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of cluster files in an IPython folder of the test's own."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    folder = tmp_path / "profile_default" / "security"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Launch a process that waits, with the mark by which ipyparallel tells whose it is."""
    with ExitStack() as stack:

        def start(cluster_id: str) -> subprocess.Popen[bytes]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", "print(flush=True); input()"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env={**os.environ, "IPP_CLUSTER_ID": cluster_id},
                )
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
            return process

        yield start


def write(security: Path, cluster_id: str, controller: int, *engines: int) -> Path:
    """Write a cluster file as ipyparallel does."""
    content = {
        "cluster": {"cluster_id": cluster_id},
        "controller": {"class": "local", "state": {"pid": controller}},
        "engines": {
            "class": "local",
            "sets": {"1": {"engines": {str(n): {"pid": pid} for n, pid in enumerate(engines)}}},
        },
    }
    path = security / f"cluster-{cluster_id}.json"
    path.write_text(json.dumps(content))
    return path


def test_a_cluster_is_listed_with_its_living_engines(security: Path, launch: Launch) -> None:
    """The controller, the living engines and who started it are told."""
    controller, engine, lost = (launch("eflows-ab12") for _ in range(3))
    write(security, "eflows-ab12", controller.pid, engine.pid, lost.pid)
    lost.kill()
    lost.wait()
    (listing,) = discovery.running()
    assert listing == discovery.ClusterListing(
        cluster_id="eflows-ab12",
        profile_dir=security.parent,
        controller=controller.pid,
        owner=os.getpid(),
        started=psutil.Process(controller.pid).create_time(),
        engines=(engine.pid,),
        alive=True,
    )


def test_a_file_of_dead_processes_is_left_out(security: Path, launch: Launch) -> None:
    """What has ended is not listed, whatever its file says."""
    process = launch("eflows-ab12")
    process.kill()
    process.wait()
    write(security, "eflows-ab12", process.pid, process.pid)
    assert discovery.running() == ()


def test_a_process_number_that_was_given_again_is_not_taken_for_ours(security: Path, launch: Launch) -> None:
    """A living process without the cluster's mark does not count, and is not stopped."""
    stranger = launch("another")
    write(security, "eflows-ab12", stranger.pid, stranger.pid)
    assert discovery.running() == ()
    discovery.stop("eflows-ab12")
    assert stranger.poll() is None


def test_engines_without_a_controller_are_left_behind(security: Path, launch: Launch) -> None:
    """They are listed, so that they can be stopped, but not as alive."""
    engine = launch("eflows-ab12")
    write(security, "eflows-ab12", -1, engine.pid)
    (listing,) = discovery.running()
    assert (listing.controller, len(listing.engines), listing.alive) == (-1, 1, False)


def test_clusters_that_others_started_are_not_listed(security: Path, launch: Launch) -> None:
    """Only ids with our prefix are ours."""
    process = launch("mine")
    write(security, "mine", process.pid)
    assert discovery.running() == ()
    assert not discovery.stop("mine")
    assert process.poll() is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"controller": {"state": {"pid": "x"}}}'])
def test_a_file_that_cannot_be_read_is_skipped(security: Path, content: str) -> None:
    """A half-written file does not hide the other clusters."""
    (security / "cluster-eflows-ab12.json").write_text(content)
    assert discovery.running() == ()


def test_stopping_ends_all_processes_and_removes_the_files(security: Path, launch: Launch) -> None:
    """Also a process that the cluster file does not know."""
    controller, engine, unknown = (launch("eflows-ab12") for _ in range(3))
    file = write(security, "eflows-ab12", controller.pid, engine.pid)
    connection = security / "ipcontroller-eflows-ab12-client.json"
    connection.write_text("{}")
    assert discovery.stop("eflows-ab12")
    assert [process.wait(10) for process in (controller, engine, unknown)] == [-15, -15, -15]
    assert not file.exists()
    assert not connection.exists()
    assert not discovery.stop("eflows-ab12")


@pytest.mark.parametrize(
    "cluster_id", ["", "eflows-", "../eflows-a", "eflows-../a", "eflows-a/b", "eflows-*"]
)
def test_an_id_that_is_none_stops_nothing(security: Path, cluster_id: str) -> None:
    """No text from outside reaches the disk unless it looks like an id."""
    assert not discovery.stop(cluster_id)


@pytest.mark.engines
def test_a_real_cluster_is_found_and_stopped(security: Path) -> None:
    """What ipyparallel writes today is what is read here."""
    cluster = ipyparallel.Cluster(
        n=1,
        cluster_id="eflows-real",
        profile_dir=str(security.parent),
        load_profile=False,
        shutdown_atexit=False,
    )
    cluster.start_cluster_sync()
    (listing,) = discovery.running()
    assert (listing.cluster_id, len(listing.engines), listing.alive) == ("eflows-real", 1, True)
    assert discovery.stop("eflows-real")
    assert discovery.running() == ()
    assert not list(security.glob("*eflows-real*"))
