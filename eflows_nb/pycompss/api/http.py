"""``@http``: a task that asks a web service."""

from __future__ import annotations

import functools
import inspect
import json
import os
import re
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from eflows_nb.pycompss.api.decorators import on_task
from eflows_nb.pycompss.function import LayerTask
from eflows_nb.pycompss.programs import Refusal

__all__ = ["http"]

_BRACES = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """Asks a service in the place of the function.

    Parameters
    ----------
    address
        Of the service and the resource; it may name parameters as ``{{x}}``.
    method
        ``GET``, ``POST`` and so on.
    payload
        What is sent, with parameters likewise; None for nothing.
    payload_type
        Its media type.
    produces
        A text such as ``{"length": {{return_0}}}`` that says which part of the answer is returned; None for
        all of it.
    updates
        ``"{{parameter}}.key = {{return}}"``: what of an argument is set to the answer.
    """

    address: str
    method: str
    payload: str | None
    payload_type: str
    produces: str | None
    updates: str | None

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that asks the service and returns the answer."""
        formal = inspect.signature(function)

        @functools.wraps(function)
        def ask(*args: Any, **kwargs: Any) -> Any:
            bound = formal.bind(*args, **kwargs)
            bound.apply_defaults()
            return self._ask(bound.arguments)

        return ask

    def _ask(self, arguments: Mapping[str, Any]) -> Any:
        body = None if self.payload is None else _fill(self.payload, arguments).encode()
        request = urllib.request.Request(
            _fill(self.address, arguments), data=body, method=self.method,
            headers={"Content-Type": self.payload_type},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        if self.produces:
            value = _pick(self.produces, value)
        if self.updates:
            _update(self.updates, arguments, value)
        return value


@on_task
def http(
    task: LayerTask,
    *,
    request: str = "GET",
    resource: str = "",
    service_name: str = "",
    payload: str | None = None,
    payload_type: str = "application/json",
    produces: str | None = None,
    updates: str | None = None,
    base_url: str | None = None,
) -> None:
    """Ask ``resource`` of a service, whose address is in the variable ``EFLOWS_HTTP_<service_name>``.

    When nothing says where the service is, the task says so when it runs.
    """
    variable = "EFLOWS_HTTP_" + re.sub(r"\W", "_", service_name).upper()
    base = base_url or os.environ.get(variable)
    if not base:
        task.program = Refusal(
            f"@http of '{task.name}' asks the service '{service_name}', and nothing says where it is. Set "
            f"the environment variable {variable} to its address, such as http://localhost:8080."
        )
        return
    task.program = _Request(
        address=f"{base.rstrip('/')}/{resource.lstrip('/')}", method=request.upper(), payload=payload,
        payload_type=payload_type, produces=produces, updates=updates,
    )  # fmt: skip


def _fill(text: str, arguments: Mapping[str, Any]) -> str:
    return _BRACES.sub(lambda match: str(arguments.get(match[1], match[0])), text)


def _pick(pattern: str, value: Any) -> Any:
    """Return the part of an answer that stands where the pattern has ``{{return_0}}``."""
    shape = json.loads(re.sub(r'"?(\{\{\w+\}\})"?', r'"\1"', pattern.replace("'", '"')))

    def find(shape: Any, value: Any) -> Any:
        if isinstance(shape, str) and _BRACES.search(shape):
            return value
        if isinstance(shape, dict):
            for key, inner in shape.items():
                if isinstance(value, dict) and key in value:
                    return find(inner, value[key])
        return None

    return find(shape, value)


def _update(text: str, arguments: Mapping[str, Any], value: Any) -> None:
    target = text.partition("=")[0].strip()
    match = re.match(r"\{\{(\w+)\}\}\.(\w+)", target)
    if match is not None and isinstance(arguments.get(match[1]), dict):
        arguments[match[1]][match[2]] = value


Http = HTTP = http
