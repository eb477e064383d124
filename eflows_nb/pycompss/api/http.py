"""``@http``: a task that asks a web service."""

from __future__ import annotations

import os

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Refusal
from eflows_nb.pycompss.requests import Request, variable_of

__all__ = ["http"]


@on_task
def http(
    task: LayerTask,
    *,
    request: str,
    resource: str,
    service_name: str,
    payload: str | None = None,
    payload_type: str = "application/json",
    produces: str | None = None,
    updates: str | None = None,
    base_url: str | None = None,
) -> None:
    """Ask ``resource`` of a service, whose address is in the variable ``EFLOWS_HTTP_<service_name>``.

    When nothing says where the service is, the task says so when it runs.
    """
    variable = variable_of(service_name)
    base = base_url or os.environ.get(variable)
    if not base:
        task.program = Refusal(
            f"@http of '{task.name}' asks the service '{service_name}', and nothing says where it is. Set "
            f"the environment variable {variable} to its address, such as http://localhost:8080."
        )
        return
    task.program = Request(
        address=f"{base.rstrip('/')}/{resource.lstrip('/')}", method=request.upper(), payload=payload,
        payload_type=payload_type, produces=produces, updates=updates,
    )  # fmt: skip


Http = HTTP = http
