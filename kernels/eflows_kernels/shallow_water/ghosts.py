"""Filling a block from the fields, with what lies beyond the sides of the domain in its ghost cells."""

import numpy as np
from numpy.typing import NDArray

from eflows_kernels.shallow_water import physics
from eflows_kernels.shallow_water.boundaries import SideCode
from eflows_kernels.shallow_water.planes import (
    BED,
    DEPTH,
    ELEVATION,
    FLOW_X,
    FLOW_Y,
    ONE,
    U,
    V,
    compiled,
    inlined,
)

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_OPEN, _WALL, _PERIODIC = int(SideCode.OPEN), int(SideCode.WALL), int(SideCode.PERIODIC)
_outgoing_velocity = inlined(physics.outgoing_velocity)


@compiled
def load_row(
    work: Array, base: np.uint64, bed: Array, now: Array, row: int, first: int, last: int, sides: Indices
) -> None:
    """Fill a row of the block, whose columns `first` to `last` are no ghosts, from row `row` of the grid."""
    rows, columns = bed.shape
    j = _source(row, rows, sides[2], sides[3])
    low, high = max(first - 2, 0), min(last + 2, columns)
    at = base + np.uint64(low - (first - 2))
    _copy(work, ELEVATION + at, now[0, j, low:high])
    _copy(work, FLOW_X + at, now[1, j, low:high])
    _copy(work, FLOW_Y + at, now[2, j, low:high])
    _copy(work, BED + at, bed[j, low:high])
    for column in (first - 2, first - 1, last, last + 1):
        if column < 0 or column >= columns:
            i = _source(column, columns, sides[0], sides[1])
            k = base + np.uint64(column - (first - 2))
            work[ELEVATION + k] = now[0, j, i]
            work[FLOW_X + k] = now[1, j, i]
            work[FLOW_Y + k] = now[2, j, i]
            work[BED + k] = bed[j, i]


@compiled
def set_ghost_velocities(
    work: Array, width: np.uint64, shape: tuple[int, int], bounds: Indices, sides: Indices
) -> None:
    """Turn the velocity across each side of the domain into that of what lies beyond it."""
    first_row, last_row, first_column, last_column = bounds
    height = np.uint64(last_row - first_row + 4)
    for row in (-2, -1, shape[0], shape[0] + 1):
        r = row - (first_row - 2)
        if 0 <= r < last_row - first_row + 4:
            side = sides[2] if row < 0 else sides[3]
            _turn(work, V, np.uint64(r) * width, ONE, width, side, row < 0)
    for column in (-2, -1, shape[1], shape[1] + 1):
        c = column - (first_column - 2)
        if 0 <= c < last_column - first_column + 4:
            side = sides[0] if column < 0 else sides[1]
            _turn(work, U, np.uint64(c), width, height, side, column < 0)


@compiled
def _source(index: int, count: int, before: int, after: int) -> int:
    """Return which row or column a ghost beyond either end is a copy of."""
    if index < 0:
        if before == _OPEN:
            return 0
        return max(index + count, 0) if before == _PERIODIC else min(-1 - index, count - 1)
    if index >= count:
        if after == _OPEN:
            return count - 1
        return min(index - count, count - 1) if after == _PERIODIC else max(2 * count - 1 - index, 0)
    return index


@inlined
def _copy(work: Array, at: np.uint64, row: Array) -> None:
    for i in range(np.uint64(row.size)):
        work[at + i] = row[i]


@compiled
def _turn(
    work: Array,
    normal: np.uint64,
    base: np.uint64,
    step: np.uint64,
    count: np.uint64,
    side: int,
    before: bool,
) -> None:
    for n in range(count):
        k = base + n * step
        if side == _WALL:
            work[normal + k] = -work[normal + k]
        elif side == _OPEN:
            away = _outgoing_velocity(work[ELEVATION + k], work[DEPTH + k])
            work[normal + k] = -away if before else away
