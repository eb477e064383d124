"""Engines on two hosts, each with an address, processes and shared memory of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import eflows_nb as ef
from eflows_nb.clusters import channel
from eflows_nb.errors import ClusterError

pytestmark = pytest.mark.engines
MEBI = 1 << 20


@ef.task
def make(value: float, size: int = 32 * MEBI) -> Any:
    """Return an array of so many bytes."""
    return np.full(size // 8, value)


@ef.task
def meet(pipe: str, mode: str, value: float) -> Any:
    """Return a large array, after another task has opened the other end of a pipe: they run side by side."""
    with Path(pipe).open(mode):
        return np.full(32 * MEBI // 8, value)


@ef.task
def total(*arrays: Any) -> float:
    """Return the sum of all items."""
    return float(sum(array.sum() for array in arrays))


@ef.task
def place(*_: Any) -> str:
    """Return where this runs."""
    return socket.gethostname()


@pytest.fixture
def running(virtual_hosts: Any) -> Iterator[ef.Session]:
    """One engine on each of two hosts."""
    with ef.start(engines=2, hosts=virtual_hosts.names, address=virtual_hosts.address) as session:
        yield session


def _one_on_each(tmp_path: Path) -> list[ef.Future]:
    """Return arrays of 32 MiB, 1.0 and 2.0, of which each host has made one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    made = [meet(str(pipe), "w", 1.0), meet(str(pipe), "r", 2.0)]
    ef.barrier(60)
    pipe.unlink()
    pipe.touch()  # a task that runs again meets nobody
    return made


def test_a_task_runs_on_the_host_that_it_names(running: ef.Session) -> None:
    """The host that the user calls so, and no other; one that is not there is told of."""

    @ef.task(target="n2")
    def named() -> str:
        return os.environ["EFLOWS_HOST"]

    ef.barrier(60)
    assert {future.result(60) for future in [named() for _ in range(4)]} == {"n2"}
    elsewhere = ef.task(target=["n8", "n9"])(os.getpid)
    ef.wait_on(named())
    with pytest.warns(
        ef.ScarceResourceWarning, match="asks for host 'n8' or 'n9', and there is only 'n1', 'n2'"
    ):
        assert elsewhere().result(60)


def test_each_host_has_its_engine_and_data_go_between_them(
    running: ef.Session, virtual_hosts: Any, tmp_path: Path
) -> None:
    """A large result goes from host to host once, and the client sees nothing of it until it asks."""
    made = _one_on_each(tmp_path)
    assert sorted(engine.host for engine in running.snapshot().engines) == ["n1", "n2"]
    assert sorted(ef.wait_on([place(one) for one in made])) == ["n1", "n2"]
    before = virtual_hosts.bytes_of_client()

    assert ef.wait_on(total(*made)) == 3.0 * 4 * MEBI
    assert virtual_hosts.bytes_of_client() - before < MEBI
    array = ef.wait_on(made[0])
    assert array[-1] == 1.0
    assert 32 * MEBI < virtual_hosts.bytes_of_client() - before < 36 * MEBI


def test_a_frozen_value_reaches_each_host_once(
    running: ef.Session, virtual_hosts: Any, tmp_path: Path
) -> None:
    """However many tasks read it there."""
    _one_on_each(tmp_path)
    before = virtual_hosts.bytes_of_client()
    frozen = ef.put(np.ones(4 * MEBI))
    sums = ef.wait_on([total(frozen) for _ in range(8)])

    assert sums == [4.0 * MEBI] * 8
    assert virtual_hosts.bytes_of_client() - before < 2 * 36 * MEBI


def test_what_nobody_needs_is_removed_everywhere(
    running: ef.Session, virtual_hosts: Any, tmp_path: Path
) -> None:
    """What was made there, what was fetched there, and what the client has brought home or frozen."""
    made = _one_on_each(tmp_path)
    made.append(ef.put(np.ones(MEBI)))
    assert ef.wait_on(total(*made)) == 3.0 * 4 * MEBI + MEBI
    assert [array[0] for array in ef.wait_on(made)] == [1.0, 2.0, 1.0]
    assert any(running.token in name for name in virtual_hosts.files())
    del made
    while any(running.token in name for name in virtual_hosts.files()):
        ef.wait_on(place())
    assert list(Path("/dev/shm").glob(f"*{running.token}*")) == []


def test_what_was_on_a_lost_host_is_made_again(
    running: ef.Session, virtual_hosts: Any, tmp_path: Path
) -> None:
    """With its engine and its memory; the other host goes on alone."""
    made = _one_on_each(tmp_path)
    virtual_hosts.kill("n2")

    assert ef.wait_on(total(*made)) == 3.0 * 4 * MEBI
    assert {ef.wait_on(place()) for _ in range(4)} == {"n1"}
    assert [array[0] for array in ef.wait_on(made)] == [1.0, 2.0]
    assert [engine.host for engine in running.snapshot().engines] == ["n1"]


def test_a_lost_host_is_noticed_by_whoever_fetches_from_it(
    running: ef.Session, virtual_hosts: Any, tmp_path: Path
) -> None:
    """The client asks for a result that was shared there, and gets it from a task that runs again."""
    made = _one_on_each(tmp_path)
    assert ef.wait_on(total(*made)) == 3.0 * 4 * MEBI
    virtual_hosts.kill("n1")

    assert [array[0] for array in ef.wait_on(made)] == [1.0, 2.0]


def test_a_host_that_is_cut_off_is_given_up_on_both_sides(
    virtual_hosts: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No word comes from there or goes there: the client goes on elsewhere, the keeper ends everything."""
    monkeypatch.setattr(channel, "HEARTBEAT_LIMIT_MILLISECONDS", 3000)  # the keeper waits for 10 s
    with ef.start(engines=2, hosts=virtual_hosts.names, address=virtual_hosts.address) as session:
        made = _one_on_each(tmp_path)
        there = virtual_hosts.processes("n2")
        virtual_hosts.cut_off("n2")

        assert ef.wait_on(total(*made)) == 3.0 * 4 * MEBI
        assert [engine.host for engine in session.snapshot().engines] == ["n1"]
        _, alive = psutil.wait_procs(there, timeout=60)
        assert there
        assert alive == []


def test_a_stop_while_hosts_start_leaves_nothing(virtual_hosts: Any) -> None:
    """Neither keepers that have come, nor those that are about to."""
    ef.start(engines=2, hosts=virtual_hosts.names, address=virtual_hosts.address)
    while not virtual_hosts.processes():
        pass
    ef.stop()
    _, alive = psutil.wait_procs(virtual_hosts.processes(), timeout=60)

    assert alive == []
    assert virtual_hosts.files() == []


def test_results_outlive_the_hosts_and_nothing_is_left_there(virtual_hosts: Any, tmp_path: Path) -> None:
    """No process, no shared file, no folder; what somebody may still ask for has been brought home."""
    with ef.start(hosts=virtual_hosts.names, engines=2, address=virtual_hosts.address):
        made = _one_on_each(tmp_path)
        assert ef.wait_on(total(*made)) == 3.0 * 4 * MEBI

    assert [array[0] for array in ef.wait_on(made)] == [1.0, 2.0]
    assert virtual_hosts.processes() == []
    assert virtual_hosts.files() == []


def test_a_client_that_is_killed_takes_its_hosts_with_it(virtual_hosts: Any) -> None:
    """Its keepers see the connection go, and end everything within 10 s."""
    program = (
        "import eflows_nb as ef, numpy as np, threading\n"
        f"ef.start(engines=2, hosts={virtual_hosts.names!r}, address={virtual_hosts.address!r})\n"
        "made = ef.map(np.ones, [1 << 20] * 4)\n"
        "ef.wait_on(ef.map(len, made)); print('up', flush=True); threading.Event().wait()\n"
    )
    client = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert client.stdout is not None
    assert client.stdout.readline() == "up\n"
    there = virtual_hosts.processes()
    client.send_signal(signal.SIGKILL)
    client.wait(10)
    client.stdout.close()
    _, alive = psutil.wait_procs(there, timeout=20)

    assert there
    assert alive == []
    assert virtual_hosts.files() == []


@pytest.fixture
def ssh_hosts(virtual_hosts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let an SSH server run on each host; return the names by which SSH knows them."""
    sshd, keygen = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin"), shutil.which("ssh-keygen")
    if sshd is None or keygen is None or shutil.which("ssh") is None:
        pytest.skip("no SSH server is installed (Debian: openssh-server)")
    Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("key", "host"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    server = [f"HostKey={tmp_path}/host", f"AuthorizedKeysFile={tmp_path}/key.pub", "StrictModes=no"]
    server += ["UsePAM=no", "PidFile=none", "PermitRootLogin=yes"]
    for name in virtual_hosts.names:
        options = [word for option in server for word in ("-o", option)]
        virtual_hosts.run(name, sshd, "-f", "/dev/null", *options)
        virtual_hosts.wait_for_port(name, 22)
    client = f"-F /dev/null -i {tmp_path}/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    monkeypatch.setenv("EFLOWS_SSH", f"ssh -q -o BatchMode=yes {client}")
    return [f"root@{virtual_hosts.address_of(name)}" for name in virtual_hosts.names]


def test_hosts_are_reached_by_ssh(virtual_hosts: Any, ssh_hosts: list[str]) -> None:
    """The address at which they reach this machine is found out."""
    before = {one.pid for one in virtual_hosts.processes()}
    with ef.start(engines=2, hosts=ssh_hosts) as session:
        assert ef.wait_on(total(make(2.0))) == 8.0 * MEBI
        assert {engine.host for engine in session.snapshot().engines} <= set(ssh_hosts)

    assert {one.pid for one in virtual_hosts.processes()} <= before
    assert virtual_hosts.files() == []


def test_a_host_that_cannot_be_used_is_told_and_the_others_go_on(
    virtual_hosts: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Its share of the engines is on the others."""
    with ef.start(engines=2, hosts=["n1", "nowhere"], address=virtual_hosts.address) as session:
        assert ef.wait_on(place()) == "n1"
        assert {engine.host for engine in session.snapshot().engines} == {"n1"}

    assert "goes on without a host: 'nowhere'" in caplog.text


def test_hosts_that_cannot_be_reached_are_an_error(virtual_hosts: Any) -> None:
    """It says what was tried, and what the shell has said."""
    ef.start(hosts=["nowhere"], address=virtual_hosts.address)
    with pytest.raises(ClusterError, match=r"no host can be used\. 'nowhere': .*nowhere"):
        ef.wait_on(place(), timeout=60)
    ef.start(engines=1)
    ef.stop(cancel=True)


def test_an_address_that_hosts_cannot_reach_is_an_error(virtual_hosts: Any) -> None:
    """The loopback of this machine is not that of theirs; each tries the way before anything else."""
    ef.start(hosts=["n1"], address="127.0.0.1")
    with pytest.raises(ClusterError, match=r"'n1': this host cannot reach the client at 127\.0\.0\.1:\d+"):
        ef.wait_on(place(), timeout=60)
    ef.start(engines=1)
    ef.stop(cancel=True)
