"""What tests of clusters share: hosts of their own, on this machine."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest


class VirtualHosts:
    """Hosts with an address, a name, processes and shared memory of their own, and one file system.

    Each is a set of namespaces whose first process does nothing; with it everything on the host ends. This
    machine, where the client is, has an address in their network, and sees which bytes come and go there.
    """

    names = ("n1", "n2")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._network = f"10.{200 + os.getpid() // 250 % 50}.{os.getpid() % 250}"
        self._bridge = f"efl{os.getpid()}"
        self._first: dict[str, psutil.Process] = {}
        self._outer: dict[str, subprocess.Popen[bytes]] = {}
        self.address = f"{self._network}.1"
        """Address of this machine that the hosts can reach."""
        self.shell = folder / "enter"
        """What SSH is elsewhere: runs a command on a host."""
        self.shell.write_text(
            f'#!/bin/sh\ncd / && read pid < "{folder}/$1" || exit 255\n'
            f'export TMPDIR="{folder}/of-$1"\nshift\n'
            'exec setsid --wait nsenter -t "$pid" -n -u -m -p sh -c "$*"\n'  # signals do not cross
        )
        self.shell.chmod(0o700)

    def start(self) -> None:
        """Make the network and the hosts."""
        _run("ip", "link", "add", self._bridge, "type", "bridge")
        _run("ip", "addr", "add", f"{self.address}/24", "dev", self._bridge)
        _run("ip", "link", "set", self._bridge, "up")
        for name in self.names:
            self.boot(name)

    def boot(self, name: str) -> None:
        """Start a host that is not there, with an empty disk for what is temporary."""
        disk = self.folder / f"of-{name}"
        shutil.rmtree(disk, ignore_errors=True)
        disk.mkdir()
        alone = ["unshare", "--net", "--uts", "--mount", "--pid", "--fork", "--mount-proc"]
        first = "import signal as s\ns.signal(s.SIGCHLD, s.SIG_IGN)\nwhile True: s.pause()"  # no zombies
        rest = shlex.join([sys.executable, "-ISc", first])
        script = f"hostname {name} && mount -t tmpfs shm /dev/shm && echo up && exec {rest}"
        outer = subprocess.Popen(
            [*alone, "--propagation", "private", "sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert outer.stdout is not None
        assert outer.stdout.readline() == b"up\n"
        outer.stdout.close()
        (inner,) = psutil.Process(outer.pid).children()
        end = f"{self._bridge}{self.names.index(name)}"
        peer = ["peer", "name", "eth0", "netns", str(inner.pid)]
        _run("ip", "link", "add", end, "type", "veth", *peer)
        _run("ip", "link", "set", end, "master", self._bridge, "up")
        inside = ["nsenter", "-t", str(inner.pid), "-n", "ip"]
        _run(*inside, "addr", "add", f"{self.address_of(name)}/24", "dev", "eth0")
        _run(*inside, "link", "set", "eth0", "up")
        _run(*inside, "link", "set", "lo", "up")
        self._first[name] = inner
        self._outer[name] = outer
        (self.folder / name).write_text(f"{inner.pid}\n")

    def address_of(self, name: str) -> str:
        """Return the address of a host."""
        return f"{self._network}.{11 + self.names.index(name)}"

    def run(self, name: str, *command: str) -> None:
        """Run a command on a host until it ends, or goes into the background."""
        _run("nsenter", "-t", str(self._first[name].pid), "-n", "-u", "-m", "-p", *command)

    def wait_for_port(self, name: str, port: int) -> None:
        """Return when somebody listens there."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with (
                suppress(ConnectionRefusedError),
                socket.create_connection((self.address_of(name), port), 20),
            ):
                return
        pytest.fail(f"nobody listens at port {port} of {name}")

    def kill(self, name: str) -> None:
        """Let everything on a host end at once."""
        (self.folder / name).unlink(missing_ok=True)
        if name in self._first:
            self._first.pop(name).send_signal(signal.SIGKILL)
            self._outer.pop(name).wait(10)
            end = f"{self._bridge}{self.names.index(name)}"  # it goes with its host, but not at once
            subprocess.run(["ip", "link", "del", end], check=False, capture_output=True)

    def cut_off(self, name: str) -> None:
        """Let nothing come to a host or from it any more; it is another one in the next test."""
        _run("ip", "link", "set", f"{self._bridge}{self.names.index(name)}", "down")
        (self.folder / name).unlink()

    def processes(self, *names: str) -> list[psutil.Process]:
        """Return what runs on some hosts, or all, but for the first process of each."""
        spaces = {_space(self._first[name].pid) for name in names or self._first}
        firsts = {first.pid for first in self._first.values()}
        return [one for one in psutil.process_iter() if one.pid not in firsts and _space(one.pid) in spaces]

    def files(self) -> list[str]:
        """Return what lies in the shared memory and in the temporary folders of the hosts."""
        memory = [Path(f"/proc/{first.pid}/root/dev/shm") for first in self._first.values()]
        return [path.name for folder in (*memory, *self.folder.glob("of-*")) for path in folder.iterdir()]

    def bytes_of_client(self) -> int:
        """Return how many bytes this machine has sent to hosts and received from them."""
        statistics = Path(f"/sys/class/net/{self._bridge}/statistics")
        return sum(int((statistics / f"{way}_bytes").read_text()) for way in ("rx", "tx"))

    def stop(self) -> None:
        """End all hosts, and remove the network."""
        for name in list(self._first):
            self.kill(name)
        subprocess.run(["ip", "link", "del", self._bridge], check=False, capture_output=True)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _space(pid: int) -> str:
    with suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115 - it leads nowhere
    return ""


@pytest.fixture(scope="session")
def _virtual_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualHosts]:
    missing = [tool for tool in ("ip", "unshare", "nsenter") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"virtual hosts need {' and '.join(missing)} (Debian: iproute2, util-linux)")
    if os.geteuid() != 0:
        pytest.skip("virtual hosts need root, to make namespaces")
    hosts = VirtualHosts(tmp_path_factory.mktemp("hosts"))
    try:
        hosts.start()
    except (subprocess.CalledProcessError, AssertionError) as error:
        hosts.stop()
        pytest.skip(f"this system makes no virtual hosts: {error}")
    yield hosts
    hosts.stop()


@pytest.fixture
def virtual_hosts(_virtual_hosts: VirtualHosts, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualHosts]:
    """Two hosts, ``n1`` and ``n2``, which are reached as by SSH; those that a test ends are started again."""
    monkeypatch.setenv("EFLOWS_SSH", str(_virtual_hosts.shell))
    yield _virtual_hosts
    for name in _virtual_hosts.names:  # those that were killed or cut off
        if not (_virtual_hosts.folder / name).exists():
            _virtual_hosts.kill(name)
            _virtual_hosts.boot(name)
