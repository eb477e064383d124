"""How long calls take."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

__all__ = ["timeit"]


def timeit(*_: Any, **__: Any) -> Callable[[Callable[..., Any]], Callable[..., list[Any]]]:
    """Let calls return a list of the result and the seconds that it took: of a task, to submit it."""

    def decorate(function: Callable[..., Any]) -> Callable[..., list[Any]]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> list[Any]:
            start = time.time()
            result = function(*args, **kwargs)
            return [result, time.time() - start]

        return timed

    return decorate


TimeIt = TimeIT = TIMEIT = timeit
