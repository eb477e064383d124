"""Signal handlers, set at the cost of a system call."""

from __future__ import annotations

import signal
from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["set_handler"]


def _plain() -> Callable[..., Any]:
    try:
        return import_module("_signal").signal  # type: ignore[no-any-return]
    except ImportError:  # another Python than CPython
        return signal.signal


set_handler: Callable[..., Any] = _plain()
"""`signal.signal` without its conversions to and from enums, which take twenty times as long as the call."""
