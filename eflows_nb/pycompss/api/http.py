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
        What is sent, with parameters likewise, which become JSON; None for nothing.
    payload_type
        Its media type.
    produces
        A text such as ``{"length": {{return_0}}}`` that says which parts of the answer are returned, and
        gives names to others; None for all of it.
    updates
        ``"{{parameter}}.key = {{name}}"``: what of an argument is set to which part of the answer.
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
        body = None if self.payload is None else _fill(self.payload, arguments, json.dumps).encode()
        request = urllib.request.Request(
            _fill(self.address, arguments, str), data=body, method=self.method,
            headers={"Content-Type": self.payload_type},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        parts = _parts(self.produces, value) if self.produces else {}
        if self.updates:
            _update(self.updates, arguments, parts, value)
        returned = [parts[name] for name in sorted(parts) if name.startswith("return")]
        if not self.produces:
            return value
        return returned[0] if len(returned) == 1 else tuple(returned) or None


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


def _fill(text: str, arguments: Mapping[str, Any], write: Callable[[Any], str]) -> str:
    return _BRACES.sub(lambda match: write(arguments[match[1]]) if match[1] in arguments else match[0], text)


def _parts(pattern: str, value: Any) -> dict[str, Any]:
    """Return the parts of an answer that stand where the pattern has ``{{name}}``, by name."""
    shape = json.loads(re.sub(r'"?(\{\{\w+\}\})"?', r'"\1"', pattern.replace("'", '"')))
    found: dict[str, Any] = {}

    def look(shape: Any, value: Any) -> None:
        if isinstance(shape, str) and (match := _BRACES.fullmatch(shape)):
            found[match[1]] = value
        elif isinstance(shape, dict) and isinstance(value, dict):
            for key in shape.keys() & value.keys():
                look(shape[key], value[key])

    look(shape, value)
    return found


def _update(text: str, arguments: Mapping[str, Any], parts: Mapping[str, Any], value: Any) -> None:
    """Set an entry of an argument to a part of the answer, to all of it where no part has that name."""
    match = re.match(r"\s*\{\{(\w+)\}\}\.(\w+)\s*=\s*\{\{(\w+)\}\}", text)
    if match is not None and isinstance(arguments.get(match[1]), dict):
        arguments[match[1]][match[2]] = parts.get(match[3], value)


Http = HTTP = http
