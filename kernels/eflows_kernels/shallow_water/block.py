"""One stage of a time step on one block of cells, small enough to stay in a core's cache."""

import numpy as np
from numpy.typing import NDArray

from eflows_kernels.shallow_water.loops import (
    average,
    fluxes,
    keep_positive,
    load,
    rub,
    store,
    track,
    update,
    velocities,
)
from eflows_kernels.shallow_water.planes import (
    BED,
    FLUX_X,
    FLUX_Y,
    NEW_ELEVATION,
    ONE,
    PLANE,
    PLANE_SIZE,
    PLANES,
    RATE,
    TWO,
    U,
    V,
    compiled,
)

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@compiled
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
    limits: Array,
    bounds: Indices,
    report: Array,
) -> None:
    """Advance one block of cells by one stage of Heun's method.

    Stage 1 writes now + dt L(now) to `out` and takes `now`, which is the accepted state at `time`, into the
    largest elevation and the arrival time, so that a rejected step leaves no trace in them. Stage 2 writes
    the mean of `start` and now + dt L(now), less bottom friction.

    Parameters
    ----------
    stage
        1 or 2.
    time, dt
        Time of `start` and the time step, s.
    bed
        Bed, m, shape (ny + 4, nx + 4), with two layers of ghost cells.
    start, now, out
        State at `time`, state to evaluate, and result: elevation (m) and momentum to the east and to the
        north (m²/s), shape (3, ny + 4, nx + 4); `now` has its ghost cells filled.
    highest, arrival
        Largest elevation (m) and first arrival (s) so far, shape (ny, nx); updated by stage 1.
    metrics
        `Grid.row_metrics`.
    limits
        Dry depth (m), square of Manning's coefficient, arrival threshold (m).
    bounds
        First and last row, first and last column of the block, the last excluded.
    report
        Receives the largest wave speed over cell size (1/s), and the number of cells whose depth came out
        negative or not a number.
    """
    dry_depth, manning_squared, threshold = limits
    first_row, last_row, first_column, last_column = bounds
    rows, columns = np.uint64(last_row - first_row), np.uint64(last_column - first_column)
    width = columns + TWO + TWO
    work = np.empty(PLANES * PLANE_SIZE)

    for r in range(rows + TWO + TWO):
        j = first_row + np.int64(r)
        for q in range(3):
            load(work, np.uint64(q) * PLANE + r * width, now[q, j, first_column : last_column + 4])
        load(work, BED + r * width, bed[j, first_column : last_column + 4])
    velocities(work, (rows + TWO + TWO) * width, dry_depth)

    inner, inner_end = TWO * width, (TWO + rows) * width
    fluxes(work, FLUX_X, inner + ONE, inner_end - TWO, ONE, U, V, dry_depth)
    fluxes(work, FLUX_Y, width, inner_end, width, V, U, dry_depth)

    for i in range(width):
        work[RATE + i] = 0.0
    invalid = 0
    for j in range(first_row, last_row):
        base = inner + np.uint64(j - first_row) * width + TWO
        if stage == 1:
            best, first = highest[j, first_column:last_column], arrival[j, first_column:last_column]
            track(work, base, best, first, time, dry_depth, threshold)
        update(work, base, columns, width, metrics[j], dt)
        if stage == 2:
            for q in range(3):
                at = NEW_ELEVATION + np.uint64(q) * PLANE
                average(work, at, start[q, j + 2, first_column + 2 : last_column + 2])
        invalid += keep_positive(work, base, columns, dry_depth)
        if stage == 2 and manning_squared > 0.0:
            rub(work, base, columns, dry_depth, manning_squared, dt)
        for q in range(3):
            at = NEW_ELEVATION + np.uint64(q) * PLANE
            store(work, at, out[q, j + 2, first_column + 2 : last_column + 2])

    rate = 0.0
    for i in range(width):
        rate = max(rate, work[RATE + i])
    report[0] = rate
    report[1] = float(invalid)
