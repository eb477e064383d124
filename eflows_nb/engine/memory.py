"""Memory that arrays leave behind is kept for the next ones, up to a limit.

The first touch of new memory costs more than all that a task then does with an array: the operating system
clears each page, and on a virtual machine the host may have to find it. glibc gives large blocks back at once
when they are freed, and asks for new ones when the next array is made; here it is told to keep them.
"""

from __future__ import annotations

import ctypes
import sys
import time
from typing import Any

__all__ = ["FreedMemory"]

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_INT_MAX = (1 << 31) - 1
_PAD = 64 << 20
_PERIOD = 1.0
_INFO = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)


class _Info(ctypes.Structure):
    """What `mallinfo2` returns; ``fordblks`` are the free bytes that glibc holds."""

    _fields_ = [(name, ctypes.c_size_t) for name in _INFO]


class FreedMemory:
    """Lets this process keep memory that is freed; on systems without glibc it does nothing.

    Parameters
    ----------
    limit
        Bytes of freed memory that are kept.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._next = 0.0
        self._libc: Any = None
        if not sys.platform.startswith("linux"):
            return
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt") and hasattr(libc, "mallinfo2") and hasattr(libc, "malloc_trim"):
            self._libc = libc
            libc.mallinfo2.restype = _Info
            libc.mallopt(_M_MMAP_MAX, 0)
            libc.mallopt(_M_TRIM_THRESHOLD, min(limit, _INT_MAX))
            libc.mallopt(_M_TOP_PAD, min(limit // 2, _PAD))

    def kept(self) -> int:
        """Return the bytes of freed memory that are kept now."""
        return int(self._libc.mallinfo2().fordblks) if self._libc is not None else 0

    def check(self) -> None:
        """Give back what is kept past the limit; looks once a second at most."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PERIOD
            if self.kept() > self._limit:
                self._libc.malloc_trim(0)
