"""Signal handlers, set at the cost of a system call."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

__all__ = ["set_handler"]

set_handler: Callable[..., Any] = getattr(signal.signal, "__wrapped__", signal.signal)
"""`signal.signal` without its conversions to and from enums, which take twenty times as long as the call."""
