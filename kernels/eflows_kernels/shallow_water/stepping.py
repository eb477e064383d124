"""One stage of a time step over the whole grid: blocks of cells shared out over Numba's threads."""

import functools
import hashlib
import inspect
from collections.abc import Callable
from typing import cast

import numba
import numpy as np
from numba import float64, int64, prange, void
from numpy.typing import NDArray

from eflows_kernels.shallow_water import block, physics
from eflows_kernels.shallow_water.block import PLANE_SIZE, advance_block

Array = NDArray[np.float64]
Sweep = Callable[..., None]

_COLUMNS = 128
_LINE, _PLANE, _CUBE = float64[::1], float64[:, ::1], float64[:, :, ::1]
# One eager signature, so that no caller's array can trigger a second compilation.
_SIGNATURE = void(
    int64, float64, float64, _PLANE, _CUBE, _CUBE, _CUBE, _PLANE, _PLANE, _PLANE,
    int64[::1], _LINE, int64[:, ::1], _PLANE,
)  # fmt: skip


def block_bounds(shape: tuple[int, int], *, threads: int) -> NDArray[np.int64]:
    """Return the bounds of blocks that cover a grid: first and last row, first and last column.

    Each block fits the scratch planes of `advance_block`, and every thread gets at least one.
    """
    rows, columns = shape
    across = min(columns, _COLUMNS)
    along = max(1, min(PLANE_SIZE // (across + 4) - 4, -(-rows // threads)))
    bounds = [
        (j, min(j + along, rows), i, min(i + across, columns))
        for j in range(0, rows, along)
        for i in range(0, columns, across)
    ]
    return np.array(bounds, np.int64)


def compiled_sweep(*, threads: int) -> Sweep:
    """Return machine code that runs `advance_block` on every block, on one thread or on several.

    Its arguments are those of `advance_block`, with a row of `bounds` and of `report` for each block. The
    code for one thread compiles in half the time and needs no threading layer.
    """
    return _serial_sweep(_source_digest()) if threads == 1 else _parallel_sweep(_source_digest())


# Numba notices a change of the file that a cached function is in, but not of the functions it calls. Both
# sweeps therefore close over a digest of that source, which makes it part of the key of their cache.
@functools.cache
def _source_digest() -> str:
    sources = "".join(inspect.getsource(module) for module in (physics, block))
    return hashlib.sha256(sources.encode()).hexdigest()


@functools.cache
def _serial_sweep(digest: str) -> Sweep:
    @numba.njit(_SIGNATURE, cache=True, nogil=True, error_model="numpy")
    def sweep(
        stage, time, dt, bed, start, now, out, highest, arrival, metrics, sides, limits, bounds, report
    ):  # type: ignore[no-untyped-def]
        digest  # noqa: B018
        for n in range(len(bounds)):
            advance_block(
                stage, time, dt, bed, start, now, out, highest, arrival, metrics, sides, limits,
                bounds[n], report[n],
            )  # fmt: skip

    return cast(Sweep, sweep)


@functools.cache
def _parallel_sweep(digest: str) -> Sweep:
    @numba.njit(_SIGNATURE, cache=True, nogil=True, error_model="numpy", parallel=True)
    def sweep(
        stage, time, dt, bed, start, now, out, highest, arrival, metrics, sides, limits, bounds, report
    ):  # type: ignore[no-untyped-def]
        digest  # noqa: B018
        for n in prange(len(bounds)):
            advance_block(
                stage, time, dt, bed, start, now, out, highest, arrival, metrics, sides, limits,
                bounds[n], report[n],
            )  # fmt: skip

    return cast(Sweep, sweep)
