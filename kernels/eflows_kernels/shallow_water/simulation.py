"""What a simulation leaves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Simulation:
    """What a simulation leaves.

    Parameters
    ----------
    elevation
        Free surface at the end, m, shape (ny, nx); the bed where a cell is dry.
    momentum_x, momentum_y
        Depth times velocity to the east and to the north at the end, m²/s, shape (ny, nx).
    max_elevation
        Largest elevation of the water surface at any time step, the start included, m, shape (ny, nx); NaN
        where no water deeper than `dry_depth` ever stood.
    arrival_time
        First time at which a cell is wet and its surface at least `arrival_threshold` above or below 0, s,
        shape (ny, nx); 0 in the source area, NaN where nothing arrived.
    gauge_time
        Times of the gauge readings, s, shape (time,).
    gauge_elevation
        Elevation of the surface at the gauges, m, shape (gauge, time); where the water has drawn back from
        a gauge, the bed.
    gauge_position
        Where the gauges were read, shape (gauge, 2): as asked, or the nearest wet cell.
    time
        Simulated time, s.
    steps
        Number of time steps.
    retries
        How often a time step was taken again at half its length, to keep a depth from becoming negative.
    cell_updates
        Number of time steps times the number of cells.
    volume
        Volume of the water at the end, m³.
    volume_change
        What the volume gained since the start, m³; rounding if no boundary is open.
    """

    elevation: Array
    momentum_x: Array
    momentum_y: Array
    max_elevation: Array
    arrival_time: Array
    gauge_time: Array
    gauge_elevation: Array
    gauge_position: Array
    time: float
    steps: int
    retries: int
    cell_updates: int
    volume: float
    volume_change: float
