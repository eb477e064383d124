"""Clusters are listed and stopped over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from eflows_nb.server.clusters import ClusterModel, ClustersModel, LauncherModel, ProcessModel

EXAMPLE = Path(__file__).parents[1] / "protocol" / "clusters.json"


@pytest.fixture
def process(server: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Give a process that looks like the controller of cluster ``eflows-ab12``."""
    security = server.running.home / "ipython" / "profile_default" / "security"
    security.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "IPP_CLUSTER_ID": "eflows-ab12"},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        state = {"controller": {"state": {"pid": process.pid}}, "engines": {"sets": {}}}
        (security / "cluster-eflows-ab12.json").write_text(json.dumps(state))
        yield process
        process.kill()


def test_without_clusters_the_list_is_empty(server: Any) -> None:
    """An empty list is an answer, not an error."""
    status, answer = server.ask("GET", "eflows/clusters")
    assert (status, answer["clusters"]) == (200, [])


def test_what_can_be_started_is_told(server: Any) -> None:
    """Engines on this machine, with what they would share."""
    _, answer = server.ask("GET", "eflows/clusters")
    local, *others = answer["launchers"]
    assert (local["name"], local["cores"]) == ("local", len(os.sched_getaffinity(0)))
    assert local["memory"] > 0
    assert [other["hosts"] for other in others] == [True] * (shutil.which("ssh") is not None)


def test_a_cluster_is_listed_and_stopped(server: Any, process: subprocess.Popen[bytes]) -> None:
    """It is gone from the list when the request to stop it has been answered."""
    expected = ClusterModel(
        id="eflows-ab12",
        engines=0,
        processes=[],
        controller=process.pid,
        owner="",
        owner_pid=os.getpid(),
        alive=True,
        started=psutil.Process(process.pid).create_time(),
    )
    assert server.ask("GET", "eflows/clusters")[1]["clusters"] == [expected]
    assert server.ask("DELETE", "eflows/clusters/eflows-ab12") == (204, None)
    assert process.wait(10) == -15
    assert server.ask("GET", "eflows/clusters")[1]["clusters"] == []


@pytest.mark.parametrize(
    "path",
    ["eflows-none", "another", "..", "%2e%2e", "eflows-%2e%2e%2fab12", "eflows-ab12%00", "eflows-ab12/x"],
)
def test_what_is_no_cluster_of_ours_is_not_found(
    server: Any, process: subprocess.Popen[bytes], path: str
) -> None:
    """An id is matched whole, and nothing else is touched."""
    status, _ = server.ask("DELETE", f"eflows/clusters/{path}")
    assert status in (404, 405)
    assert process.poll() is None


def test_the_example_of_the_front_end_has_the_keys_of_the_answer() -> None:
    """The TypeScript tests read this example."""
    example = json.loads(EXAMPLE.read_text())
    assert example.keys() == ClustersModel.__annotations__.keys()
    assert [cluster.keys() for cluster in example["clusters"]] == [ClusterModel.__annotations__.keys()] * 2
    processes = [process for cluster in example["clusters"] for process in cluster["processes"]]
    assert [process.keys() for process in processes] == [ProcessModel.__annotations__.keys()] * 3
    assert [launcher.keys() for launcher in example["launchers"]] == [
        LauncherModel.__annotations__.keys()
    ] * 2
