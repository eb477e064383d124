"""Ends a call that takes too long."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from eflows_nb.engine.signals import set_handler
from eflows_nb.errors import TaskTimeOutError

__all__ = ["call_within"]


def call_within(seconds: float, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call a function, and raise in the midst of it when it takes longer.

    Works in the main thread, between two bytecodes of Python; a call into C is ended when it returns.

    Raises
    ------
    TaskTimeOutError
        When the call took longer.
    """
    __tracebackhide__ = True

    def expire(_signal: int, _frame: FrameType | None) -> None:
        raise TaskTimeOutError(f"The task ran for longer than its time_out of {seconds:g} s.")

    previous = set_handler(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function(*args, **kwargs)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        set_handler(signal.SIGALRM, previous)
