"""The clusters of eflows-nb that run on this machine, found from outside the kernels that started them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

__all__ = ["PREFIX", "ClusterListing", "running", "stop"]

PREFIX = "eflows-"
"""What the id of every cluster begins with that eflows-nb starts; others are left alone."""

_ID = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]{1,64}")
_ASKED_SECONDS = 5.0
_ROUNDS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterListing:
    """One cluster with at least one living process.

    Parameters
    ----------
    cluster_id
        What names it; begins with `PREFIX`.
    profile_dir
        The IPython profile folder that holds its files.
    controller
        Process number of its controller, -1 when that is gone.
    owner
        Process number of the kernel or script that started it, -1 when that is gone.
    started
        When its controller began, seconds since the epoch; 0 when that is gone.
    engines
        Process numbers of its engines that live.
    alive
        Whether it still serves somebody: its controller and its owner both live. What is not alive has
        been left behind and only waits to be stopped.
    """

    cluster_id: str
    profile_dir: Path
    controller: int
    owner: int
    started: float
    engines: tuple[int, ...]
    alive: bool


def running() -> tuple[ClusterListing, ...]:
    """Return the clusters that have a living process, in the order of their ids.

    They are read from the cluster files that ipyparallel keeps in the profile folders; a process counts
    only while it carries the cluster's id in its environment, so that a file left by a dead cluster is
    never taken for another process that happens to have its number now.
    """
    listings = (_read(path) for path in _cluster_files())
    return tuple(sorted((one for one in listings if one is not None), key=lambda one: one.cluster_id))


def stop(cluster_id: str) -> bool:
    """End every process of a cluster, also one that its kernel left behind, and remove its files.

    Parameters
    ----------
    cluster_id
        The id of a cluster that eflows-nb started. Anything else is refused without looking at the disk.

    Returns
    -------
    bool
        Whether there was such a cluster. Its processes get 5 s to end by themselves.
    """
    if _ID.fullmatch(cluster_id) is None:
        return False
    files = [path for path in _cluster_files() if path.stem == f"cluster-{cluster_id}"]
    processes = _processes_of(cluster_id)
    if not files and not processes:
        return False
    for path in files:
        listing = _read(path)
        # First and alone: a kernel that still watches replaces lost engines while its controller lives.
        _end([one for one in processes if listing is not None and one.pid == listing.controller])
    for _ in range(_ROUNDS):
        _end(processes)
        processes = _processes_of(cluster_id)
        if not processes:
            break
    for path in files:
        for name in (
            path.name,
            f"ipcontroller-{cluster_id}-client.json",
            f"ipcontroller-{cluster_id}-engine.json",
        ):
            (path.parent / name).unlink(missing_ok=True)
    return True


def _cluster_files() -> list[Path]:
    # Imported late: the server extension is loaded with every JupyterLab, and IPython takes 0.2 s.
    from IPython.paths import get_ipython_dir

    found = Path(get_ipython_dir()).glob(f"profile_*/security/cluster-{PREFIX}*.json")
    return [path for path in found if _ID.fullmatch(path.stem.removeprefix("cluster-"))]


def _read(path: Path) -> ClusterListing | None:
    cluster_id = path.stem.removeprefix("cluster-")
    try:
        content = json.loads(path.read_text())
        controller_pid = int(((content.get("controller") or {}).get("state") or {}).get("pid", -1))
        engine_pids = _engine_pids(content)
    except (OSError, ValueError, TypeError, AttributeError):
        # Half written or not of our making: the next look finds it whole.
        return None
    controller = _alive(controller_pid, cluster_id)
    engines = tuple(pid for pid in engine_pids if _alive(pid, cluster_id) is not None)
    if controller is None and not engines:
        return None
    owner, started = -1, 0.0
    if controller is not None:
        with contextlib.suppress(psutil.Error):
            owner, started = _owner(controller), controller.create_time()
    return ClusterListing(
        cluster_id=cluster_id,
        profile_dir=path.parent.parent,
        controller=-1 if controller is None else controller_pid,
        owner=owner,
        started=started,
        engines=engines,
        alive=controller is not None and owner > 0,
    )


def _engine_pids(content: dict[str, Any]) -> list[int]:
    sets = content.get("engines", {}).get("sets", {}).values()
    return [int(engine["pid"]) for one in sets for engine in one.get("engines", {}).values()]


def _alive(pid: int, cluster_id: str) -> psutil.Process | None:
    if pid <= 0:
        return None
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not _belongs(process, cluster_id):
            return None
    except psutil.Error:
        return None
    return process


def _belongs(process: psutil.Process, cluster_id: str) -> bool:
    return bool(process.environ().get("IPP_CLUSTER_ID") == cluster_id)


def _owner(controller: psutil.Process) -> int:
    """Return who started the controller; a child whose parent died belongs to the system's first process."""
    try:
        parent = controller.parent()
        return -1 if parent is None or parent.pid == 1 else int(parent.pid)
    except psutil.Error:
        return -1


def _processes_of(cluster_id: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and _belongs(process, cluster_id):
                found.append(process)
    return found


def _end(processes: list[psutil.Process]) -> None:
    """Ask the processes to end, then insist; return when they have ended."""
    with contextlib.ExitStack() as stack:
        living = set()
        for process in processes:
            # A descriptor stays with its process, whoever gets the number later.
            with contextlib.suppress(OSError, psutil.Error):
                descriptor = os.pidfd_open(process.pid)
                stack.callback(os.close, descriptor)
                if process.is_running():
                    living.add(descriptor)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for descriptor in living:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(descriptor, number)
            living -= _wait_for(living, _ASKED_SECONDS)


def _wait_for(descriptors: set[int], seconds: float) -> set[int]:
    """Return the processes that have ended, when all have or the time is over."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    ended: set[int] = set()
    deadline = time.monotonic() + seconds
    while ended != descriptors and (left := deadline - time.monotonic()) > 0:
        for descriptor, _ in poll.poll(1000 * left):
            poll.unregister(descriptor)
            ended.add(descriptor)
    return ended
