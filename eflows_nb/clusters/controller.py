"""The controller of ipyparallel, which names engines and lets clients reach them."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from eflows_nb.clusters.protection import Protection

__all__ = ["Controller"]

_HUB_LIMIT = 20.0
_ARGUMENTS = [
    "--HeartMonitor.period=500",
    # The Hub forgets for good whom it does not hear in time, on a busy machine those that are well, too.
    "--HeartMonitor.max_heartmonitor_misses=120",
    "--IPController.registration_timeout=300",
]

logger = logging.getLogger(__name__)
_quiet = logging.getLogger(f"{__name__}.ipyparallel")  # it prints the whole log of each engine that stops
_quiet.setLevel(logging.CRITICAL)


class Controller:
    """An ipyparallel cluster without engines.

    Parameters
    ----------
    session
        Token of the session; the ipyparallel cluster is called ``eflows-`` and this.
    protection
        Ends its processes if this one dies, and removes its files.
    ip
        Address at which it listens, with CURVE, for engines of other hosts; empty for those of this machine.
    """

    def __init__(self, session: str, protection: Protection, ip: str = "") -> None:
        # ipyparallel takes a third of a second to import: not while the user waits for `start`.
        import ipyparallel
        from traitlets.config import Config

        config = Config()
        config.LocalEngineSetLauncher.delay = 0
        self.cluster: Any = ipyparallel.Cluster(
            config=config,
            engines="local",
            controller="local",
            controller_ip=ip,
            controller_location=ip,
            cluster_id=f"eflows-{session}",
            n=0,
            load_profile=False,
            shutdown_atexit=False,
            controller_args=[*_ARGUMENTS, *(["--IPController.enable_curve=True"] if ip else [])],
            log=_quiet,
        )
        self._protection = protection
        protection.add_cluster(self.cluster.cluster_id)
        for prefix in _file_prefixes(self.cluster):
            protection.add_files(prefix)

    async def start(self, stopped: Callable[[Any], None]) -> None:
        """Start it; `stopped` is called with ipyparallel's record of the end when it ends."""
        await self.cluster.start_controller()
        self.cluster.controller.on_stop(stopped)
        self._protection.add_group(self.cluster.controller.pid)

    async def engine_environment(self) -> dict[str, str]:
        """Return the environment by which ipyparallel's engine finds this controller; it holds keys."""
        info = await self.cluster.controller.get_connection_info()
        return {"IPP_CONNECTION_INFO": json.dumps(info["engine"]), "IPP_CLUSTER_ID": self.cluster.cluster_id}

    def client(self, engines: int) -> Any:
        """Return a connected `ipyparallel.Client` that knows so many engines."""
        client = self.cluster.connect_client_sync()
        # The Hub presents an engine only when it has heard its heart, later than we hear of it.
        try:
            client.wait_for_engines(engines, timeout=_HUB_LIMIT, interactive=False)
        except TimeoutError:
            logger.warning(
                "ipyparallel's Hub presents %d of %d engines; %%px reaches no others.",
                len(client.ids),
                engines,
            )
        return client

    async def stop(self) -> None:
        """End it, and the engines that ipyparallel has started."""
        try:
            controller = self.cluster.controller
            await self.cluster.stop_cluster()
            if controller is not None:
                with suppress(ProcessLookupError):  # what a killed controller leaves behind
                    os.killpg(controller.pid, signal.SIGKILL)
                self._protection.remove_group(controller.pid)
        except Exception as error:  # noqa: BLE001 - the guard ends what is left
            logger.warning("The controller of the cluster did not stop cleanly: %s", error)


def _file_prefixes(cluster: Any) -> list[str]:
    """Return what the paths of all files begin with that ipyparallel writes for a cluster."""
    profile = Path(cluster.profile_dir)
    return [
        str(profile / folder / f"{name}{cluster.cluster_id}")
        for folder, name in (
            *(("log", "engines"), ("log", "ipengine-"), ("log", "ipcontroller-")),
            *(("security", "cluster-"), ("security", "ipcontroller-")),
        )
    ]
