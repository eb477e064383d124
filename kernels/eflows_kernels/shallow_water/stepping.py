"""One stage of a time step over the whole grid: blocks of cells shared out over Numba's threads."""

import functools
import hashlib
import inspect
from collections.abc import Callable
from typing import cast

import numba
import numpy as np
from numba import float64, int64, prange, void
from numba.core import types
from numpy.typing import NDArray

from eflows_kernels.shallow_water import block, grid, loops, physics, planes
from eflows_kernels.shallow_water.block import advance_block
from eflows_kernels.shallow_water.planes import PLANE_SIZE

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Arguments = tuple[int, float, float, Array, Array, Array, Array, Array, Array, Array, Array]
"""What `advance_block` takes before the bounds: stage, time, dt and eight arrays."""
Sweep = Callable[[Arguments, Indices, Array], None]

_COLUMNS = 128
_LINE, _PLANE, _CUBE = float64[::1], float64[:, ::1], float64[:, :, ::1]
_TYPES = (int64, float64, float64, _PLANE, _CUBE, _CUBE, _CUBE, _PLANE, _PLANE, _PLANE, _LINE)
# One eager signature, so that no caller's array can trigger a second compilation.
_SIGNATURE = void(types.Tuple(_TYPES), int64[:, ::1], _PLANE)  # type: ignore[no-untyped-call]


def block_bounds(shape: tuple[int, int], *, threads: int) -> Indices:
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

    It takes a row of `bounds` and of `report` for each block. The code for one thread compiles sooner and
    needs no threading layer.
    """
    return _serial_sweep(_source_digest()) if threads == 1 else _parallel_sweep(_source_digest())


# Numba notices a change of the file that a cached function is in, but not of the functions it calls. Both
# sweeps therefore close over a digest of that source, which makes it part of the key of their cache.
@functools.cache
def _source_digest() -> str:
    sources = "".join(inspect.getsource(module) for module in (physics, planes, grid, loops, block))
    return hashlib.sha256(sources.encode()).hexdigest()


@functools.cache
def _serial_sweep(digest: str) -> Sweep:
    def sweep(arguments: Arguments, bounds: Indices, report: Array) -> None:
        digest  # noqa: B018
        for n in range(len(bounds)):
            advance_block(*arguments, bounds[n], report[n])

    return _compiled(sweep, parallel=False)


@functools.cache
def _parallel_sweep(digest: str) -> Sweep:
    def sweep(arguments: Arguments, bounds: Indices, report: Array) -> None:
        digest  # noqa: B018
        for n in prange(len(bounds)):
            advance_block(*arguments, bounds[n], report[n])

    return _compiled(sweep, parallel=True)


def _compiled(sweep: Sweep, *, parallel: bool) -> Sweep:
    def machine_code(*, cache: bool) -> Sweep:
        compiler = numba.njit(_SIGNATURE, cache=cache, nogil=True, error_model="numpy", parallel=parallel)
        return cast(Sweep, compiler(sweep))

    try:
        return machine_code(cache=True)
    except RuntimeError:
        # Neither the folder of this module nor the user's cache folder can be written to, as on nodes with a
        # read-only home: every process compiles for itself.
        return machine_code(cache=False)
