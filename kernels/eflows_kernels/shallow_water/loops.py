"""The loops over a block: velocities, reconstruction, fluxes, the new state and its records.

The layout of the scratch array, and what keeps these loops fast, is described in `planes`.
"""

import math

import numpy as np
from numpy.typing import NDArray

from eflows_kernels.shallow_water import physics
from eflows_kernels.shallow_water.grid import CURVATURE, INVERSE_DX, NORTH_FACE, ROTATION, SOUTH_FACE
from eflows_kernels.shallow_water.planes import (
    ALONG,
    BED,
    DEPTH,
    ELEVATION,
    FLOW_X,
    FLOW_Y,
    FLUX_X,
    FLUX_Y,
    LEFT,
    MASS,
    NEW_ELEVATION,
    NEW_FLOW_X,
    NEW_FLOW_Y,
    ONE,
    RATE,
    RIGHT,
    SPEED,
    U,
    V,
    compiled,
)

Array = NDArray[np.float64]

_GRAVITY = physics.GRAVITY
_ROUNDING = 8.0 * float(np.finfo(np.float64).eps)
_limited_rise = compiled(physics.limited_rise)
_inverse_depth = compiled(physics.inverse_depth)
_face_flux = compiled(physics.face_flux)
_friction_factor = compiled(physics.friction_factor)


@compiled
def load(work: Array, at: np.uint64, row: Array) -> None:
    """Copy a row of a field to a row of a plane."""
    for i in range(np.uint64(row.size)):
        work[at + i] = row[i]


@compiled
def velocities(work: Array, end: np.uint64, dry_depth: float) -> None:
    """Fill the planes of depth and velocity, ghosts included."""
    for k in range(end):
        depth = work[ELEVATION + k] - work[BED + k]
        inverse = _inverse_depth(depth, dry_depth)
        work[DEPTH + k] = depth
        work[U + k] = work[FLOW_X + k] * inverse
        work[V + k] = work[FLOW_Y + k] * inverse


@compiled
def fluxes(
    work: Array,
    flux: np.uint64,
    first: np.uint64,
    end: np.uint64,
    step: np.uint64,
    normal: np.uint64,
    along: np.uint64,
    dry_depth: float,
) -> None:
    """Fill the flux planes for the faces between each cell k and cell k + step.

    The pressure gradient within a cell, g h d(elevation)/dx, is added to the fluxes of its two faces. The bed
    of a dry cell is taken as flat: were it inclined, water would enter a cliff through its foot and count as
    water at the height of its middle.
    """
    for k in range(first, end):
        n = k + step
        before, after = k - step, n + step
        wet_left, wet_right = work[DEPTH + k] >= dry_depth, work[DEPTH + n] >= dry_depth
        rise_left = _limited_rise(work[before], work[k], work[n])
        rise_right = _limited_rise(work[after], work[n], work[k])
        deeper_left = _limited_rise(work[DEPTH + before], work[DEPTH + k], work[DEPTH + n])
        deeper_right = _limited_rise(work[DEPTH + after], work[DEPTH + n], work[DEPTH + k])
        rise_left, deeper_left = (rise_left, deeper_left) if wet_left else (0.0, 0.0)
        rise_right, deeper_right = (rise_right, deeper_right) if wet_right else (0.0, 0.0)
        mass, left, right, carried, speed = _face_flux(
            work[k] + rise_left,
            work[DEPTH + k] + deeper_left,
            work[normal + k] + _limited_rise(work[normal + before], work[normal + k], work[normal + n]),
            work[along + k] + _limited_rise(work[along + before], work[along + k], work[along + n]),
            work[n] + rise_right,
            work[DEPTH + n] + deeper_right,
            work[normal + n] + _limited_rise(work[normal + after], work[normal + n], work[normal + k]),
            work[along + n] + _limited_rise(work[along + after], work[along + n], work[along + k]),
        )
        at = flux + k
        work[MASS + at] = mass
        work[LEFT + at] = left + _GRAVITY * (work[DEPTH + k] + 0.5 * deeper_left) * rise_left
        work[RIGHT + at] = right + _GRAVITY * (work[DEPTH + n] + 0.5 * deeper_right) * rise_right
        work[ALONG + at] = carried
        work[SPEED + at] = speed


@compiled
def update(
    work: Array, base: np.uint64, columns: np.uint64, width: np.uint64, metrics: Array, dt: float
) -> None:
    """Fill a row of the new state, and raise the rates to those of its faces.

    The sphere enters through the lengths of the faces and through the apparent forces of its rotation and
    of the convergence of its meridians, which turn the momentum.
    """
    east, north, south = metrics[INVERSE_DX], metrics[NORTH_FACE], metrics[SOUTH_FACE]
    rotation, curvature = metrics[ROTATION], metrics[CURVATURE]
    for i in range(columns):
        k = base + i
        x, w = FLUX_X + k, FLUX_X + k - ONE
        y, s = FLUX_Y + k, FLUX_Y + k - width
        turn = rotation + curvature * work[U + k]
        elevation = (work[MASS + x] - work[MASS + w]) * east
        elevation += work[MASS + y] * north - work[MASS + s] * south
        flow_x = (work[LEFT + x] - work[RIGHT + w]) * east
        flow_x += work[ALONG + y] * north - work[ALONG + s] * south - turn * work[FLOW_Y + k]
        flow_y = (work[ALONG + x] - work[ALONG + w]) * east
        flow_y += work[LEFT + y] * north - work[RIGHT + s] * south + turn * work[FLOW_X + k]
        work[NEW_ELEVATION + i] = work[ELEVATION + k] - dt * elevation
        work[NEW_FLOW_X + i] = work[FLOW_X + k] - dt * flow_x
        work[NEW_FLOW_Y + i] = work[FLOW_Y + k] - dt * flow_y
        rate = max(work[SPEED + x], work[SPEED + w]) * east
        rate = max(rate, max(work[SPEED + y] * north, work[SPEED + s] * south))
        work[RATE + i] = max(work[RATE + i], rate)


@compiled
def keep_positive(work: Array, base: np.uint64, columns: np.uint64, dry_depth: float) -> int:
    """Lift new depths that are negative by rounding, stop thin films; return how many lie below that."""
    invalid = 0
    for i in range(columns):
        k = base + i
        bed, elevation = work[BED + k], work[NEW_ELEVATION + i]
        depth = elevation - bed
        invalid += 0 if depth >= -_ROUNDING * (abs(bed) + abs(elevation)) else 1
        work[NEW_ELEVATION + i] = max(elevation, bed)
        flow_x, flow_y = work[NEW_FLOW_X + i], work[NEW_FLOW_Y + i]
        work[NEW_FLOW_X + i] = flow_x if depth >= dry_depth else 0.0
        work[NEW_FLOW_Y + i] = flow_y if depth >= dry_depth else 0.0
    return invalid


@compiled
def rub(
    work: Array, base: np.uint64, columns: np.uint64, dry_depth: float, manning_squared: float, dt: float
) -> None:
    """Take bottom friction off a row of the new momentum."""
    for i in range(columns):
        k = base + i
        depth = work[NEW_ELEVATION + i] - work[BED + k]
        if depth >= dry_depth:
            flow_x, flow_y = work[NEW_FLOW_X + i], work[NEW_FLOW_Y + i]
            flow = math.sqrt(flow_x * flow_x + flow_y * flow_y)
            left = _friction_factor(depth, flow, manning_squared, dt)
            work[NEW_FLOW_X + i] = flow_x * left
            work[NEW_FLOW_Y + i] = flow_y * left


@compiled
def track(
    work: Array,
    base: np.uint64,
    highest: Array,
    arrival: Array,
    time: float,
    dry_depth: float,
    threshold: float,
) -> None:
    """Take a row of the present state into the largest elevation and the first arrival."""
    for i in range(np.uint64(highest.size)):
        elevation, record = work[ELEVATION + base + i], highest[i]
        wet = work[DEPTH + base + i] >= dry_depth
        highest[i] = elevation if wet and elevation > record else record
    for i in range(np.uint64(arrival.size)):
        elevation, before = work[ELEVATION + base + i], arrival[i]
        wet = work[DEPTH + base + i] >= dry_depth
        arrival[i] = min(before, time) if wet and abs(elevation) >= threshold else before


@compiled
def average(work: Array, at: np.uint64, row: Array) -> None:
    """Replace a row of a plane by its mean with a row of a field."""
    for i in range(np.uint64(row.size)):
        work[at + i] = 0.5 * (row[i] + work[at + i])


@compiled
def store(work: Array, at: np.uint64, row: Array) -> None:
    """Copy a row of a plane to a row of a field."""
    for i in range(np.uint64(row.size)):
        row[i] = work[at + i]
