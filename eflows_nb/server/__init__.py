"""The Jupyter server extension: what a browser can ask about this machine.

===========================  ======  ==================================================
path                         method  answer
===========================  ======  ==================================================
``eflows/version``           GET     the version of the package
``eflows/clusters``          GET     the clusters that eflows-nb runs on this machine
``eflows/clusters/ID``       DELETE  stops one of them
``eflows/convert``           POST    a notebook with its task cells in another form
``eflows/runs``              GET     the runs whose journals lie below the server's root
``eflows/runs/PATH``         GET     a journal
``eflows/runs/PATH``         DELETE  removes it
===========================  ======  ==================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["_load_jupyter_server_extension"]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Add our addresses to a Jupyter server."""
    from jupyter_server.utils import url_path_join

    from eflows_nb.server.clusters import ClusterHandler, ClustersHandler
    from eflows_nb.server.convert import ConvertHandler
    from eflows_nb.server.runs import RunHandler, RunsHandler
    from eflows_nb.server.version import VersionHandler

    web_app: Any = server.web_app
    base = web_app.settings["base_url"]
    routes = (
        ("version", VersionHandler),
        ("clusters", ClustersHandler),
        (r"clusters/(?P<cluster_id>[^/]+)", ClusterHandler),
        ("convert", ConvertHandler),
        ("runs", RunsHandler),
        (r"runs/(?P<path>.+)", RunHandler),
    )
    web_app.add_handlers(
        ".*$", [(url_path_join(base, "eflows", pattern), handler) for pattern, handler in routes]
    )
    server.log.info("eflows-nb answers below %s", url_path_join(base, "eflows"))
