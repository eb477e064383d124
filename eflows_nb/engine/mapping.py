"""Files as memory, without a file descriptor each: a process may map more files than it may have open."""

from __future__ import annotations

import mmap
import os
import pickle
import sys
import weakref
from functools import cache
from typing import Any

__all__ = ["mapped"]

_PROTECTION = mmap.PROT_READ | mmap.PROT_WRITE


def mapped(descriptor: int) -> memoryview:
    """Return a whole file that is not empty as memory. Writing to it is private (copy on write).

    The descriptor can be closed; the memory is given back when nobody refers to it any more.

    Raises
    ------
    OSError
        When it cannot be mapped.
    """
    if sys.version_info >= (3, 13):
        flags = mmap.MAP_PRIVATE
        return memoryview(mmap.mmap(descriptor, 0, flags=flags, prot=_PROTECTION, trackfd=False))
    import ctypes  # here, since it takes long to import

    # Until Python 3.13 `mmap.mmap` duplicates the descriptor, and keeps that open.
    libc = _libc()
    size = os.fstat(descriptor).st_size
    address = libc.mmap(None, size, _PROTECTION, mmap.MAP_PRIVATE, descriptor, 0)
    if address == ctypes.c_void_p(-1).value:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    block = (ctypes.c_ubyte * size).from_address(address)
    # Not at the end of the interpreter, when arrays may still lie there.
    weakref.finalize(block, libc.munmap, address, size).atexit = False
    return pickle.PickleBuffer(block).raw()


@cache
def _libc() -> Any:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
    libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    return libc
