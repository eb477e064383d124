"""Tasks that ask a web service."""

from __future__ import annotations

from eflows_nb.programs.decorating import Decorator, require_alone
from eflows_nb.programs.function import ProgramTask, above_task, require_names
from eflows_nb.pycompss.requests import Request

__all__ = ["http"]


def http(
    method: str,
    url: str,
    *,
    payload: str | None = None,
    payload_type: str = "application/json",
    produces: str | None = None,
    updates: str | None = None,
) -> Decorator:
    """Let a task ask a web service in the place of the function; the result is the answer.

    It stands above ``@ef.task``. An answer of JSON is what that stands for, any other one its text.

    Parameters
    ----------
    method
        ``"GET"``, ``"POST"`` and so on.
    url
        The address; it may name parameters as ``{{x}}`` and environment variables as ``${X}``.
    payload
        What is sent, such as ``'{"id": {{x}}}'``: parameters in it become JSON. None for nothing.
    payload_type
        Its media type.
    produces
        Which parts of the answer are returned, such as ``'{"length": "{{return_0}}"}'``; other names are for
        `updates`. None for all of it.
    updates
        What of an argument that the task writes, a dict, is set to which part, such as
        ``"{{x}}.length = {{length}}"``.

    Raises
    ------
    TaskDefinitionError
        When it stands above no task function, or twice, or a text names a parameter that does not exist.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> @ef.http("GET", "https://earthquake.usgs.gov/fdsnws/event/1/count?minmagnitude={{magnitude}}")
    ... @ef.task
    ... def count(magnitude): ...
    """

    def change(task: ProgramTask) -> None:
        require_alone(task, "http")
        require_names(task, "http", (url, payload))
        task.program = Request(
            address=url, method=method.upper(), payload=payload, payload_type=payload_type,
            produces=produces, updates=updates,
        )  # fmt: skip

    return above_task("http", change)
