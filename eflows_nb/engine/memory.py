"""Memory that arrays leave behind is kept for the next ones, up to a limit.

The first touch of new memory costs more than all that a task then does with an array: the operating system
clears each page, and on a virtual machine the host may have to find it. glibc gives large blocks back at once
when they are freed, and asks for new ones when the next array is made; here it is told to keep them.

NumPy asks for huge pages. Their first touch is twice as fast as that of small ones, unless the host has to
find them: then it took four times as long on a virtual machine. So it is measured here, and huge pages are
used where they are fast.
"""

from __future__ import annotations

import ctypes
import mmap
import resource
import sys
import time
from pathlib import Path
from typing import Any

__all__ = ["FreedMemory", "HugePages", "Judgement"]

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_INT_MAX = (1 << 31) - 1
_PAD = 64 << 20
_PERIOD = 1.0
_LOOK_PERIOD = 0.004
_PR_SET_THP_DISABLE = 41
_STATM = Path("/proc/self/statm")
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


class Judgement:
    """Whether to use huge pages, by what new memory has cost."""

    SLOW = 0.8e-3 / (1 << 20)
    """Seconds of system time a byte of new memory: above it small pages are faster, whoever provides them."""

    ENOUGH = 16 << 20
    """Bytes of new memory that tell something; whatever else the system does costs less."""

    AGAIN = 1 << 30
    """After so many bytes of new memory in small pages huge ones are tried again."""

    def __init__(self) -> None:
        self.wanted = True
        self._resident = 0
        self._system = 0.0
        self._without = 0

    def learn(self, resident: int, system: float) -> bool:
        """Take in the resident memory in bytes and the system time in seconds; return whether to change."""
        grown, spent = resident - self._resident, system - self._system
        self._resident, self._system = resident, system
        if grown < self.ENOUGH:
            return False
        if self.wanted:
            self.wanted = spent <= self.SLOW * grown
            self._without = 0
            return not self.wanted
        self._without += grown
        self.wanted = self._without >= self.AGAIN
        return self.wanted


class HugePages:
    """Lets this process do without huge pages where they are slow to get; on Linux only."""

    def __init__(self) -> None:
        self._judgement = Judgement()
        self._next = 0.0
        self._libc = ctypes.CDLL(None) if sys.platform.startswith("linux") and _STATM.exists() else None
        self.check()

    def check(self) -> None:
        """Look at what the memory that is new since the last time has cost, unless that was just now."""
        now = time.monotonic()
        if self._libc is None or now < self._next:
            return
        self._next = now + _LOOK_PERIOD
        resident = int(_STATM.read_bytes().split()[1]) * mmap.PAGESIZE
        if self._judgement.learn(resident, resource.getrusage(resource.RUSAGE_SELF).ru_stime):
            self._libc.prctl(_PR_SET_THP_DISABLE, not self._judgement.wanted, 0, 0, 0)
