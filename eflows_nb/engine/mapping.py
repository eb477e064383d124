"""Files as memory, without a file descriptor each: a process may map more files than it may have open."""

from __future__ import annotations

import errno
import mmap
import os
import pickle
import sys
import weakref
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["mapped", "most_mapped"]

_PROTECTION = mmap.PROT_READ | mmap.PROT_WRITE
_MOST = 1 << 16
_USUAL = 65_530

_live: list[None] = []  # as long as there are mappings: to append and to pop is safe in every thread


@cache
def most_mapped() -> int:
    """Return how many files this process maps at most: half of the areas that the system allows it.

    The rest is for libraries, threads, and arrays: without a free area, no process can do anything.
    """
    try:
        allowed = int(Path("/proc/sys/vm/max_map_count").read_text())
    except (OSError, ValueError):
        allowed = _USUAL
    return min(allowed // 2, _MOST)


def mapped(descriptor: int) -> memoryview:
    """Return a whole file that is not empty as memory. Writing to it is private (copy on write).

    The descriptor can be closed; the memory is given back when nobody refers to it any more.

    Raises
    ------
    OSError
        When it cannot be mapped; ENOMEM when so many are already.
    """
    if len(_live) >= most_mapped():
        raise OSError(errno.ENOMEM, f"This process maps {len(_live)} files already.")
    if sys.version_info >= (3, 13):
        flags = mmap.MAP_PRIVATE
        area = mmap.mmap(descriptor, 0, flags=flags, prot=_PROTECTION, trackfd=False)
        _live.append(None)
        weakref.finalize(area, _live.pop).atexit = False
        return memoryview(area)
    import ctypes  # here, since it takes long to import

    # Until Python 3.13 `mmap.mmap` duplicates the descriptor, and keeps that open.
    libc = _libc()
    size = os.fstat(descriptor).st_size
    address = libc.mmap(None, size, _PROTECTION, mmap.MAP_PRIVATE, descriptor, 0)
    if address == ctypes.c_void_p(-1).value:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    block = (ctypes.c_ubyte * size).from_address(address)
    _live.append(None)
    # Not at the end of the interpreter, when arrays may still lie there.
    weakref.finalize(block, _unmap, address, size).atexit = False
    return pickle.PickleBuffer(block).raw()


def _unmap(address: int, size: int) -> None:
    _libc().munmap(address, size)
    _live.pop()


@cache
def _libc() -> Any:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
    libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    return libc
