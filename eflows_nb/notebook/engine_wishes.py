"""What a page wants with the engines of its kernel: start some, have more or fewer, stop them."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eflows_nb.errors import ClusterError
from eflows_nb.notebook.messages import VERSION, EnginesMessage, EnginesRequest
from eflows_nb.runtime.session import ENGINES

if TYPE_CHECKING:
    from eflows_nb.runtime.session import Session

__all__ = ["fulfil"]

logger = logging.getLogger(__name__)


def fulfil(
    session: Session, wish: EnginesRequest, request: str, tell: Callable[[EnginesMessage], None]
) -> None:
    """Do what a page wants, and tell it when that is done, or why it cannot be.

    It is done in a thread of its own, since stopping waits for tasks, and meanwhile another page, or the same
    one, may want those tasks to be cancelled.

    Parameters
    ----------
    session
        The session whose engines are meant.
    wish
        What is wanted; it comes from outside and may be anything.
    request
        Returned with what is told.
    tell
        Sends a message to the pages.
    """

    def work() -> None:
        error = ""
        try:
            _do(session, wish)
        except Exception as problem:  # whatever it is, the page must hear of it
            logger.debug("A wish of a page could not be fulfilled.", exc_info=True)
            error = str(problem) or type(problem).__name__
        tell(EnginesMessage(version=VERSION, kind="engines", request=request, error=error))

    threading.Thread(target=work, name="eflows-wish", daemon=True).start()


def _do(session: Session, wish: EnginesRequest) -> None:
    given: Any = wish
    if not isinstance(given, dict):
        raise ClusterError(f"{given!r} is not a wish about engines; reload the page.")
    if os.environ.get(ENGINES):
        raise ClusterError(f"The engines of this kernel belong to a run ({ENGINES}) and end with it.")
    match given.get("do"):
        case "start":
            session.start(
                given.get("number"),
                hosts=_hosts_of(given.get("hosts")),
                address=_text_of(given, "address"),
                checkpoint=_text_of(given, "checkpoint"),
            )
        case "scale":
            session.scale(given.get("number"))  # type: ignore[arg-type]  # it is checked there
        case "stop":
            session.let_engines_go(cancel=given.get("cancel") is True)
        case other:
            raise ClusterError(
                f"This kernel cannot {other!r} engines: it runs another release than the page."
            )


def _text_of(given: dict[str, Any], name: str) -> str | None:
    text = given.get(name)
    if text is None or (isinstance(text, str) and text):
        return text
    raise ClusterError(f"{text!r} is no {name}. Give it as text, or leave it out.")


def _hosts_of(given: Any) -> list[str] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not given or not all(isinstance(host, str) and host for host in given):
        raise ClusterError(f"{given!r} are no hosts. Give names as SSH knows them, such as 'n1', 'n2'.")
    return given
