"""One stage of a time step on one block of cells, small enough to stay in a core's cache.

A block keeps each quantity in a plane of one flat scratch array, two ghost cells wide on all sides, and
runs the scalar physics over it in loops that the compiler turns into vector instructions. Two habits make
that possible and are easily undone: planes lie a constant distance apart, so no overlap has to be ruled out
at run time, and indices are unsigned, so none is checked for counting from the end.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from eflows_kernels.shallow_water import physics
from eflows_kernels.shallow_water.boundaries import SideCode
from eflows_kernels.shallow_water.grid import CURVATURE, INVERSE_DX, NORTH_FACE, ROTATION, SOUTH_FACE

Array = NDArray[np.float64]

PLANE_SIZE = 2640
"""Cells a block may have, ghosts included: 20 rows of 132 make a scratch array of 0.45 MB."""

_compiled = numba.njit(nogil=True, error_model="numpy")
_inlined = numba.njit(nogil=True, error_model="numpy", forceinline=True)
_limited_half_difference = _inlined(physics.limited_half_difference)
_inverse_depth = _inlined(physics.inverse_depth)
_face_flux = _inlined(physics.face_flux)
_outgoing_velocity = _inlined(physics.outgoing_velocity)
_friction_factor = _inlined(physics.friction_factor)

_PLANE = np.uint64(PLANE_SIZE)
_ELEVATION, _DEPTH, _U, _V = (np.uint64(n * PLANE_SIZE) for n in range(4))
_HALF = np.uint64(4 * PLANE_SIZE)
_FLOW_X, _FLOW_Y, _BED = (np.uint64(n * PLANE_SIZE) for n in range(8, 11))
_FLUX_X, _FLUX_Y = np.uint64(11 * PLANE_SIZE), np.uint64(16 * PLANE_SIZE)
_MASS, _LEFT, _RIGHT, _ALONG, _SPEED = (np.uint64(n * PLANE_SIZE) for n in range(5))
# The half differences are spent when the new state is formed, so it takes their place.
_NEW_ELEVATION, _NEW_FLOW_X, _NEW_FLOW_Y, _RATE = (np.uint64(n * PLANE_SIZE) for n in range(4, 8))
_PLANES = 21

_ZERO, _ONE, _TWO = np.uint64(0), np.uint64(1), np.uint64(2)
_GRAVITY = physics.GRAVITY
_OPEN, _WALL, _PERIODIC = int(SideCode.OPEN), int(SideCode.WALL), int(SideCode.PERIODIC)
_ROUNDING = 8.0 * float(np.finfo(np.float64).eps)


@_compiled
def advance_block(
    stage: int,
    time: float,
    dt: float,
    bed: Array,
    start: Array,
    now: Array,
    out: Array,
    highest: Array,
    arrival: Array,
    metrics: Array,
    sides: NDArray[np.int64],
    limits: Array,
    bounds: NDArray[np.int64],
    report: Array,
) -> None:
    """Advance rows j0 to j1 and columns i0 to i1 of `bounds` by one stage of Heun's method.

    Stage 1 writes now + dt L(now) to `out` and takes `now`, which is the accepted state at `time`, into the
    running maximum and the arrival time; stage 2 writes the mean of `start` and now + dt L(now), less bottom
    friction. `report` receives the largest wave speed over cell size (1/s) and the number of cells whose
    depth came out negative or not a number.
    """
    dry_depth, manning_squared, threshold = limits
    first_row, last_row, first_column, last_column = bounds
    columns = np.uint64(last_column - first_column)
    width = columns + _TWO + _TWO
    work = np.empty(_PLANES * PLANE_SIZE)

    for r in range(last_row - first_row + 4):
        _load_row(work, np.uint64(r) * width, bed, now, first_row - 2 + r, first_column, last_column, sides)
    rows = np.uint64(last_row - first_row)
    _velocities(work, (rows + _TWO + _TWO) * width, dry_depth)
    _ghost_velocities(work, width, bed.shape, bounds, sides)

    inner, inner_end = _TWO * width, (_TWO + rows) * width
    _half_differences(work, inner + _ONE, inner_end - _ONE, _ONE)
    _fluxes(work, _FLUX_X, inner + _ONE, inner_end - _TWO, _ONE, _U, _V)
    _half_differences(work, width, inner_end + width, width)
    _fluxes(work, _FLUX_Y, width, inner_end, width, _V, _U)

    for i in range(width):
        work[_RATE + i] = 0.0
    invalid = 0
    for r in range(last_row - first_row):
        j = first_row + r
        base = inner + np.uint64(r) * width + _TWO
        if stage == 1:
            _track(work, base, highest[j, first_column:last_column], arrival[j, first_column:last_column],
                   time, dry_depth, threshold)  # fmt: skip
        _update(work, base, columns, width, metrics[j], dt)
        if stage == 2:
            for q in range(3):
                _average(work, _NEW_ELEVATION + np.uint64(q) * _PLANE + base,
                         start[q, j, first_column:last_column])  # fmt: skip
        invalid += _keep_positive(work, base, columns, dry_depth)
        if stage == 2 and manning_squared > 0.0:
            _rub(work, base, columns, dry_depth, manning_squared, dt)
        for q in range(3):
            _store(work, _NEW_ELEVATION + np.uint64(q) * _PLANE + base, out[q, j, first_column:last_column])
    rate = 0.0
    for i in range(width):
        rate = max(rate, work[_RATE + i])
    report[0] = rate
    report[1] = float(invalid)


@_compiled
def _load_row(
    work: Array,
    base: np.uint64,
    bed: Array,
    now: Array,
    row: int,
    first: int,
    last: int,
    sides: NDArray[np.int64],
) -> None:
    rows, columns = bed.shape
    j = _source(row, rows, sides[2], sides[3])
    low, high = max(first - 2, 0), min(last + 2, columns)
    at = base + np.uint64(low - (first - 2))
    _load(work, _ELEVATION + at, now[0, j, low:high])
    _load(work, _FLOW_X + at, now[1, j, low:high])
    _load(work, _FLOW_Y + at, now[2, j, low:high])
    _load(work, _BED + at, bed[j, low:high])
    for column in (first - 2, first - 1, last, last + 1):
        if column < 0 or column >= columns:
            i = _source(column, columns, sides[0], sides[1])
            at = base + np.uint64(column - (first - 2))
            work[_ELEVATION + at] = now[0, j, i]
            work[_FLOW_X + at] = now[1, j, i]
            work[_FLOW_Y + at] = now[2, j, i]
            work[_BED + at] = bed[j, i]


@_compiled
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


@_inlined
def _load(work: Array, at: np.uint64, row: Array) -> None:
    for i in range(np.uint64(row.size)):
        work[at + i] = row[i]


@_inlined
def _store(work: Array, at: np.uint64, row: Array) -> None:
    for i in range(np.uint64(row.size)):
        row[i] = work[at + i]


@_inlined
def _average(work: Array, at: np.uint64, row: Array) -> None:
    for i in range(np.uint64(row.size)):
        work[at + i] = 0.5 * (row[i] + work[at + i])


@_inlined
def _velocities(work: Array, end: np.uint64, dry_depth: float) -> None:
    for k in range(end):
        depth = work[_ELEVATION + k] - work[_BED + k]
        inverse = _inverse_depth(depth, dry_depth)
        work[_DEPTH + k] = depth
        work[_U + k] = work[_FLOW_X + k] * inverse
        work[_V + k] = work[_FLOW_Y + k] * inverse


@_compiled
def _ghost_velocities(
    work: Array,
    width: np.uint64,
    shape: tuple[int, int],
    bounds: NDArray[np.int64],
    sides: NDArray[np.int64],
) -> None:
    """Turn the velocity across each side of the domain into that of what lies beyond."""
    first_row, last_row, first_column, last_column = bounds
    height = np.uint64(last_row - first_row + 4)
    for row in (-2, -1, shape[0], shape[0] + 1):
        r = row - (first_row - 2)
        if 0 <= r < last_row - first_row + 4:
            side = sides[2] if row < 0 else sides[3]
            _turn(work, _V, np.uint64(r) * width, _ONE, width, side, row < 0)
    for column in (-2, -1, shape[1], shape[1] + 1):
        c = column - (first_column - 2)
        if 0 <= c < last_column - first_column + 4:
            side = sides[0] if column < 0 else sides[1]
            _turn(work, _U, np.uint64(c), width, height, side, column < 0)


@_compiled
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
            away = _outgoing_velocity(work[_ELEVATION + k], work[_DEPTH + k])
            work[normal + k] = -away if before else away


@_compiled
def _half_differences(work: Array, first: np.uint64, end: np.uint64, step: np.uint64) -> None:
    for q in range(4):
        plane = np.uint64(q) * _PLANE
        for k in range(plane + first, plane + end):
            work[_HALF + k] = _limited_half_difference(work[k - step], work[k], work[k + step])


@_compiled
def _fluxes(
    work: Array,
    flux: np.uint64,
    first: np.uint64,
    end: np.uint64,
    step: np.uint64,
    normal: np.uint64,
    along: np.uint64,
) -> None:
    """Fill the flux planes for the faces between each cell k and cell k + step.

    The pressure gradient within a cell, g h d(elevation)/dx, is shared out over its two faces.
    """
    for k in range(first, end):
        n = k + step
        elevation_left = work[_HALF + k]
        elevation_right = work[_HALF + n]
        mass, left, right, carried, speed = _face_flux(
            work[k] + elevation_left,
            work[_DEPTH + k] + work[_HALF + _DEPTH + k],
            work[normal + k] + work[_HALF + normal + k],
            work[along + k] + work[_HALF + along + k],
            work[n] - elevation_right,
            work[_DEPTH + n] - work[_HALF + _DEPTH + n],
            work[normal + n] - work[_HALF + normal + n],
            work[along + n] - work[_HALF + along + n],
        )
        at = flux + k
        work[_MASS + at] = mass
        work[_LEFT + at] = left + _GRAVITY * work[_DEPTH + k] * elevation_left
        work[_RIGHT + at] = right - _GRAVITY * work[_DEPTH + n] * elevation_right
        work[_ALONG + at] = carried
        work[_SPEED + at] = speed


@_inlined
def _update(
    work: Array, base: np.uint64, columns: np.uint64, width: np.uint64, metrics: Array, dt: float
) -> None:
    east, north, south = metrics[INVERSE_DX], metrics[NORTH_FACE], metrics[SOUTH_FACE]
    rotation, curvature = metrics[ROTATION], metrics[CURVATURE]
    speed_y = max(north, south)
    for i in range(columns):
        k = base + i
        x, w = _FLUX_X + k, _FLUX_X + k - _ONE
        y, s = _FLUX_Y + k, _FLUX_Y + k - width
        turn = rotation + curvature * work[_U + k]
        elevation = (work[_MASS + x] - work[_MASS + w]) * east
        elevation += work[_MASS + y] * north - work[_MASS + s] * south
        flow_x = (work[_LEFT + x] - work[_RIGHT + w]) * east
        flow_x += work[_ALONG + y] * north - work[_ALONG + s] * south - turn * work[_FLOW_Y + k]
        flow_y = (work[_ALONG + x] - work[_ALONG + w]) * east
        flow_y += work[_LEFT + y] * north - work[_RIGHT + s] * south + turn * work[_FLOW_X + k]
        work[_NEW_ELEVATION + k] = work[_ELEVATION + k] - dt * elevation
        work[_NEW_FLOW_X + k] = work[_FLOW_X + k] - dt * flow_x
        work[_NEW_FLOW_Y + k] = work[_FLOW_Y + k] - dt * flow_y
        rate = max(work[_SPEED + x] * east, work[_SPEED + y] * speed_y)
        work[_RATE + i] = max(work[_RATE + i], rate)


@_inlined
def _keep_positive(work: Array, base: np.uint64, columns: np.uint64, dry_depth: float) -> int:
    """Lift depths that are negative by rounding, stop thin films, and count depths below that."""
    invalid = 0
    for i in range(columns):
        k = base + i
        bed, elevation = work[_BED + k], work[_NEW_ELEVATION + k]
        depth = elevation - bed
        invalid += 0 if depth >= -_ROUNDING * (abs(bed) + abs(elevation)) else 1
        work[_NEW_ELEVATION + k] = max(elevation, bed)
        flow_x, flow_y = work[_NEW_FLOW_X + k], work[_NEW_FLOW_Y + k]
        work[_NEW_FLOW_X + k] = flow_x if depth >= dry_depth else 0.0
        work[_NEW_FLOW_Y + k] = flow_y if depth >= dry_depth else 0.0
    return invalid


@_inlined
def _rub(
    work: Array, base: np.uint64, columns: np.uint64, dry_depth: float, manning_squared: float, dt: float
) -> None:
    for i in range(columns):
        k = base + i
        depth = work[_NEW_ELEVATION + k] - work[_BED + k]
        if depth >= dry_depth:
            flow = np.hypot(work[_NEW_FLOW_X + k], work[_NEW_FLOW_Y + k])
            left = _friction_factor(depth, flow, manning_squared, dt)
            work[_NEW_FLOW_X + k] *= left
            work[_NEW_FLOW_Y + k] *= left


@_inlined
def _track(
    work: Array,
    base: np.uint64,
    highest: Array,
    arrival: Array,
    time: float,
    dry_depth: float,
    threshold: float,
) -> None:
    for i in range(np.uint64(highest.size)):
        k = base + i
        wet = work[_DEPTH + k] >= dry_depth
        elevation = work[_ELEVATION + k]
        record = highest[i]
        highest[i] = elevation if wet and elevation > record else record
    for i in range(np.uint64(highest.size)):
        k = base + i
        arrived = work[_DEPTH + k] >= dry_depth and abs(work[_ELEVATION + k]) >= threshold
        before = arrival[i]
        arrival[i] = min(before, time) if arrived else before
