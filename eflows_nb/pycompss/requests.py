"""What a task does that asks a web service."""

from __future__ import annotations

import functools
import inspect
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Request", "RequestFailedError", "variable_of"]

_BRACES = re.compile(r"\{\{(\w+)\}\}")
_SECONDS = 60
_SHOWN = 200


class RequestFailedError(RuntimeError):
    """A web service that gave no answer, or refused one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
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
            __tracebackhide__ = True
            bound = formal.bind(*args, **kwargs)
            bound.apply_defaults()
            return self._ask(bound.arguments)

        return ask

    def _ask(self, arguments: Mapping[str, Any]) -> Any:
        __tracebackhide__ = True
        body = None if self.payload is None else _fill(self.payload, arguments, json.dumps).encode()
        address = _fill(self.address, arguments, str)
        request = urllib.request.Request(
            address, data=body, method=self.method, headers={"Content-Type": self.payload_type}
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:  # it holds a socket, and could not travel
            said = error.read(_SHOWN).decode(errors="replace").strip()
            raise RequestFailedError(
                f"{self.method} {address} was refused: {error.code} {error.reason}{said and f' ({said})'}."
            ) from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise RequestFailedError(f"{self.method} {address} got no answer: {reason}.") from None
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


def variable_of(service_name: str) -> str:
    """Return the environment variable that says where a service is."""
    return "EFLOWS_HTTP_" + re.sub(r"\W", "_", service_name).upper()


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
