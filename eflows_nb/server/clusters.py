"""The clusters of this machine, listed and stopped from the browser."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any, TypedDict

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import ensure_async

from eflows_nb.clusters import discovery
from eflows_nb.clusters.offers import available
from eflows_nb.clusters.usage import UsageMeter

__all__ = [
    "ClusterHandler",
    "ClusterModel",
    "ClustersHandler",
    "ClustersModel",
    "LauncherModel",
    "ProcessModel",
]


class ProcessModel(TypedDict):
    """What an engine's process uses now.

    ``cores`` is None until it was asked for twice, ``gpu_memory`` where nobody tells. Memory is in bytes.
    """

    pid: int
    cores: float | None
    memory: int
    gpu_memory: int | None


class ClusterModel(TypedDict):
    """One cluster, as the panel shows it.

    ``owner`` is the path of the notebook whose kernel started it, empty when that is not known to this
    server; ``alive`` is false for what a kernel has left behind; process numbers are -1 when gone;
    ``started`` is in seconds since the epoch, 0 when that is not known.
    """

    id: str
    engines: int
    processes: list[ProcessModel]
    controller: int
    owner: str
    owner_pid: int
    alive: bool
    started: float


class LauncherModel(TypedDict):
    """A kind of cluster that a kernel on this machine can start, and what its engines share.

    ``hosts`` says whether the hosts of the engines have to be named; what they have is not known then.
    """

    name: str
    hosts: bool
    cores: int
    memory: int
    gpus: int


class ClustersModel(TypedDict):
    """The answer of ``GET eflows/clusters``.

    ``host`` is the name of this machine, as engines on it give it; ``now`` is the server's clock, in seconds
    since the epoch.
    """

    clusters: list[ClusterModel]
    launchers: list[LauncherModel]
    host: str
    now: float


_meter = UsageMeter()


class ClustersHandler(APIHandler):
    """``GET eflows/clusters``."""

    auth_resource = "eflows"

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the clusters that eflows-nb runs on this machine."""
        measured = await asyncio.to_thread(_measure)
        notebooks = await _notebook_of_process(self)
        clusters = [
            ClusterModel(
                id=one.cluster_id,
                engines=len(one.engines),
                processes=processes,
                controller=one.controller,
                owner=notebooks.get(one.owner, ""),
                owner_pid=one.owner,
                alive=one.alive,
                started=one.started,
            )
            for one, processes in measured
        ]
        launchers = [
            LauncherModel(name=one.name, hosts=one.hosts, cores=one.cores, memory=one.memory, gpus=one.gpus)
            for one in available()
        ]
        host = socket.gethostname()
        self.finish(ClustersModel(clusters=clusters, launchers=launchers, host=host, now=time.time()))


class ClusterHandler(APIHandler):
    """``DELETE eflows/clusters/ID``."""

    auth_resource = "eflows"

    @tornado.web.authenticated
    @authorized
    async def delete(self, cluster_id: str) -> None:
        """Stop a cluster; 404 when there is none of this id that eflows-nb started."""
        # In a thread: processes get some seconds to end, in which the server must answer others.
        if not await asyncio.to_thread(discovery.stop, cluster_id):
            raise tornado.web.HTTPError(404, reason="No cluster of this id runs on this server")
        self.log.info("Stopped cluster %s", cluster_id)
        self.set_status(204)
        self.finish()


def _measure() -> list[tuple[discovery.ClusterListing, list[ProcessModel]]]:
    return [
        (
            listing,
            [
                ProcessModel(pid=one.pid, cores=one.cores, memory=one.memory, gpu_memory=one.gpu_memory)
                for one in _meter.read(listing.engines)
            ],
        )
        for listing in discovery.running()
    ]


async def _notebook_of_process(handler: APIHandler) -> dict[int, str]:
    """Return the path of the notebook behind each kernel process of this server."""
    session_manager: Any = handler.session_manager
    sessions: list[dict[str, Any]] = await ensure_async(session_manager.list_sessions())
    found: dict[int, str] = {}
    for session in sessions:
        try:
            kernel = handler.kernel_manager.get_kernel(session["kernel"]["id"])
        except (KeyError, TypeError):
            continue  # it ended meanwhile
        # Only provisioners of local kernels know a process number.
        pid = getattr(getattr(kernel, "provisioner", None), "pid", None)
        if isinstance(pid, int):
            found[pid] = str(session["path"])
    return found
