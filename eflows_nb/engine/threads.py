"""How many threads the libraries that a task uses may start."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module

__all__ = ["LIMITS", "threads"]

LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Environment variables with the number of threads that libraries start."""


@contextmanager
def threads(cores: int) -> Iterator[None]:
    """Let libraries use so many cores meanwhile; 0 leaves them alone.

    Programs that the task starts see it in their environment. Of those that are loaded, BLAS and OpenMP are
    told where threadpoolctl is installed, and Numba as far as it was given threads when the engine began.
    """
    if not cores:
        yield
        return
    before = {name: os.environ.get(name) for name in LIMITS}
    os.environ.update(dict.fromkeys(LIMITS, str(cores)))
    numba = sys.modules.get("numba")
    numba_threads = numba.get_num_threads() if numba is not None else 0
    try:
        with ExitStack() as stack:
            try:
                threadpoolctl = import_module("threadpoolctl")
            except ImportError:
                pass
            else:
                stack.enter_context(threadpoolctl.threadpool_limits(cores))
            if numba is not None:
                numba.set_num_threads(min(cores, numba.config.NUMBA_NUM_THREADS))
            yield
    finally:
        if numba is not None:
            numba.set_num_threads(numba_threads)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
