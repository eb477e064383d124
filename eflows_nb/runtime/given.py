"""What users give to those words that wait and cancel, made sure of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from eflows_nb.runtime.future import Future

__all__ = ["as_futures", "check_timeout", "listed"]

_ONCE = (type(_ for _ in ()), map, zip, filter, reversed, enumerate)


def as_futures(given: Iterable[Any], word: str) -> list[Future]:
    """Return what was given as futures.

    Parameters
    ----------
    word
        Who asks, for the error.

    Raises
    ------
    TypeError
        When something is no future.
    """
    way_out = f"{word} takes futures, several of them in one flat list."
    try:
        found = list(given)
    except TypeError:
        raise TypeError(f"{given!r:.80} is no future. {way_out}") from None
    for one in found:
        if not isinstance(one, Future):
            raise TypeError(f"{one!r:.80} is no future. {way_out}")
    return found


def check_timeout(timeout: Any) -> None:
    """Make sure that something is a number of seconds, or None.

    Raises
    ------
    TypeError
        When it is neither.
    """
    if timeout is None:
        return
    try:
        seconds = math.nan if isinstance(timeout, (str, bytes)) else float(timeout)
    except (TypeError, ValueError):
        seconds = math.nan
    if math.isnan(seconds):
        raise TypeError(
            f"timeout={timeout!r} is not a number of seconds. Give one, or None to wait as long as it takes."
        )


def listed(value: Any) -> Any:
    """Return what a generator or the like yields as a list, since it can be looked at only once."""
    return list(value) if isinstance(value, _ONCE) else value
