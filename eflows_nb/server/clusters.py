"""The clusters of this machine, listed and stopped from the browser."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import ensure_async

from eflows_nb.clusters import discovery

__all__ = ["ClusterHandler", "ClusterModel", "ClustersHandler", "ClustersModel"]


class ClusterModel(TypedDict):
    """One cluster, as the panel shows it.

    ``owner`` is the path of the notebook whose kernel started it, empty when that is not known to this
    server; ``alive`` is false for what a kernel has left behind; process numbers are -1 when gone.
    """

    id: str
    engines: int
    controller: int
    owner: str
    owner_pid: int
    alive: bool


class ClustersModel(TypedDict):
    """The answer of ``GET eflows/clusters``."""

    clusters: list[ClusterModel]


class ClustersHandler(APIHandler):
    """``GET eflows/clusters``."""

    auth_resource = "eflows"

    @tornado.web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the clusters that eflows-nb runs on this machine."""
        listings = await asyncio.to_thread(discovery.running)
        notebooks = await _notebook_of_process(self)
        clusters = [
            ClusterModel(
                id=one.cluster_id,
                engines=one.engines,
                controller=one.controller,
                owner=notebooks.get(one.owner, ""),
                owner_pid=one.owner,
                alive=one.alive,
            )
            for one in listings
        ]
        self.finish(ClustersModel(clusters=clusters))


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
