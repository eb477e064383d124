"""A guard ends what the client leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from eflows_nb.clusters.protection import Protection


@pytest.fixture
def protection() -> Iterator[Protection]:
    """Start a guard."""
    made = Protection()
    yield made
    made.close()


def _sleeper(*, first: str = "pass") -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, with a child, that sleeps until it is ended."""
    code = f"import os, signal; {first}; os.fork(); print(flush=True); signal.pause()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    process.stdout.readline(), process.stdout.readline()
    return process


def _end(processes: list[psutil.Process]) -> list[psutil.Process]:
    return psutil.wait_procs(processes, timeout=20)[1]


def test_groups_end_with_their_client(protection: Protection) -> None:
    """Children too, and also those who do not listen to a polite request."""
    polite = _sleeper()
    deaf = _sleeper(first="signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    family = [p for s in (polite, deaf) for p in (*psutil.Process(s.pid).children(), psutil.Process(s.pid))]
    protection.add_group(polite.pid)
    protection.add_group(deaf.pid)
    protection.close()

    assert len(family) == 4
    assert _end(family) == []


def _of_cluster(name: str, program: str) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own that looks like one of a cluster, and sleeps."""
    code = "import signal; print(flush=True); signal.pause()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "-m", program],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "IPP_CLUSTER_ID": name},
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_a_process_of_a_cluster_ends_before_its_number_is_known(protection: Protection) -> None:
    """A client may be killed while it starts a controller; what else has its environment is left alone."""
    protection.add_cluster("eflows-a")
    controller = _of_cluster("eflows-a", "ipyparallel.controller")
    others = [_of_cluster("eflows-ab", "ipyparallel.controller"), _of_cluster("eflows-a", "something.else")]
    protection.close()
    ended = controller.wait(20)
    living = [other.poll() for other in others]
    for other in others:
        other.kill()
        other.wait()

    assert ended == -15
    assert living == [None, None]


def test_a_group_that_has_ended_is_left_alone(protection: Protection) -> None:
    """Its number may belong to somebody else by then."""
    other = _sleeper()
    protection.add_group(other.pid)
    protection.remove_group(other.pid)
    protection.close()

    assert other.poll() is None
    os.killpg(other.pid, 9)
    other.wait()


def test_files_and_folders_are_removed(protection: Protection, tmp_path: Path) -> None:
    """Those that were named, and no others."""
    for name in ("eflows-a-1", "eflows-a-2", "eflows-b-1"):
        (tmp_path / name).write_text("x")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "socket").write_text("x")
    protection.add_files(str(tmp_path / "eflows-a-"))
    protection.add_folder(folder)
    protection.close()

    assert [path.name for path in tmp_path.iterdir()] == ["eflows-b-1"]


def test_closing_twice_does_no_harm(protection: Protection) -> None:
    """And what is said afterwards is heard by nobody."""
    protection.close()
    protection.close()
    protection.add_group(os.getpid())


def test_a_strange_path_is_one_path(protection: Protection, tmp_path: Path) -> None:
    """Neither a line break nor bytes that are no text lead anywhere else."""
    innocent = tmp_path / "innocent"
    innocent.touch()
    folder = tmp_path / os.fsdecode(f"strange\nFILES {tmp_path}".replace("/", "_").encode() + b"\xff")
    folder.mkdir()
    (folder / "file").touch()
    protection.add_folder(folder)
    protection.add_files(f"{tmp_path}/\nFILES {innocent}")
    protection.close()

    assert not folder.exists()
    assert innocent.exists()
