"""What pages ask of a kernel, checked: it comes from outside and may be anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from eflows_nb.errors import EflowsError
from eflows_nb.notebook.messages import VERSION, PageRequest, RefusalMessage, WatchRequest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from logging import Logger

__all__ = ["read_request", "refusal"]

T = TypeVar("T")

_TEXT_LIMIT = 200


def read_request(given: Any) -> PageRequest:
    """Return what a page asks, without what this release does not know.

    What is wanted with engines is left as it is: `eflows_nb.notebook.engine_wishes` answers for it.

    Raises
    ------
    EflowsError
        When it makes no sense.
    """
    if not isinstance(given, dict):
        raise _senseless(given, "is not a request")
    request = PageRequest()
    if given.get("watch") is not None:
        request["watch"] = _watch(given["watch"])
    if given.get("cells") is not None:
        request["cells"] = _watch(given["cells"])
    if "outputs" in given:
        request["outputs"] = _list(given["outputs"], _cell)
    if "task" in given:
        request["task"] = _task(given["task"])
    if "cancel" in given:
        request["cancel"] = _list(given["cancel"], _task)
    if "cancel_cells" in given:
        request["cancel_cells"] = _list(given["cancel_cells"], _cell)
    if "engines" in given:
        request["engines"] = given["engines"]
    if "request" in given:
        request["request"] = _request(given["request"])
    return request


def refusal(given: Any, error: Exception, log: Logger) -> RefusalMessage:
    """Return what the page is told whose request could not be met; the log of the kernel has the rest."""
    number = given.get("request") if isinstance(given, dict) else None
    expected = isinstance(error, EflowsError)
    text = str(error) if expected else f"What this page asked for could not be done: {_short(repr(error))}."
    log.warning("A page asked for what cannot be: %s", text, exc_info=None if expected else error)
    return RefusalMessage(
        version=VERSION, kind="error", request=number if isinstance(number, str) else "", error=text
    )


def _watch(given: Any) -> WatchRequest:
    match given:
        case {"stream": str(stream), "sequence": int(sequence)}:
            return WatchRequest(stream=stream, sequence=sequence)
    raise _senseless(given, "does not say from where on a page wants to be told")


def _task(given: Any) -> int:
    if type(given) is not int:
        raise _senseless(given, "is not the number of a task")
    return given


def _cell(given: Any) -> str:
    if not isinstance(given, str):
        raise _senseless(given, "is not the id of a cell")
    return given


def _request(given: Any) -> str:
    if not isinstance(given, str):
        raise _senseless(given, "is not the name of a request")
    return given


def _list(given: Any, read: Callable[[Any], T]) -> list[T]:
    if not isinstance(given, list):
        raise _senseless(given, "is not a list")
    entries: Iterable[Any] = given
    return [read(entry) for entry in entries]


def _senseless(given: Any, what: str) -> EflowsError:
    return EflowsError(
        f"A page asked for what makes no sense: {_short(repr(given))} {what}. Reload the page; it may be of "
        "another release than the kernel."
    )


def _short(text: str) -> str:
    return text if len(text) <= _TEXT_LIMIT else f"{text[:_TEXT_LIMIT]}…"
