"""Gauges: where the solver reads the water surface, and the readings at regular times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eflows_kernels.shallow_water.grid import Grid

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Gauges:
    """Cells and weights that give the elevation at each gauge.

    Parameters
    ----------
    rows, columns
        The four cells around each gauge, shape (gauge, 4).
    weights
        Their weights, shape (gauge, 4); each row sums to 1.
    positions
        Where the reading belongs, in coordinates of the grid, shape (gauge, 2).
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: Array
    positions: Array

    def read(self, elevation: Array) -> Array:
        """Return the elevation at each gauge, m."""
        return np.asarray((elevation[self.rows, self.columns] * self.weights).sum(axis=1))


def place_gauges(positions: ArrayLike, grid: Grid, wet: NDArray[np.bool_]) -> Gauges:
    """Return gauges that never read land.

    A gauge whose four surrounding cells are all wet is interpolated bilinearly; any other reads the nearest
    wet cell (counted in cells).

    Parameters
    ----------
    positions
        Coordinates (longitude, latitude in degrees or x, y in metres), shape (gauge, 2).
    grid
        The grid of the simulation.
    wet
        Cells with water at the start, shape (ny, nx).

    Raises
    ------
    ValueError
        If a gauge lies outside the domain, or no cell is wet.
    """
    points = np.atleast_2d(np.asarray(positions, np.float64))
    points = points if points.size else points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"Gauges have shape {points.shape}; give (longitude, latitude) or (x, y) of each.")
    index = grid.fractional_index(points)
    rows, columns = wet.shape
    outside = ~((index >= -0.5) & (index <= [columns - 0.5, rows - 0.5])).all(axis=1)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise ValueError(
            f"Gauge {first} at {tuple(points[first].tolist())} lies outside the domain; leave it out or "
            "enlarge the domain."
        )
    if len(points) and not wet.any():
        raise ValueError("No cell of the domain holds water, so there is nothing for a gauge to read.")
    index = np.clip(index, 0.0, [columns - 1.0, rows - 1.0])
    corner = np.minimum(index.astype(np.int64), np.maximum([columns - 2, rows - 2], 0))
    east, north = (index - corner).T
    i = np.minimum(corner[:, :1] + [0, 1, 0, 1], columns - 1)
    j = np.minimum(corner[:, 1:] + [0, 0, 1, 1], rows - 1)
    weights = np.column_stack(
        [(1 - east) * (1 - north), east * (1 - north), (1 - east) * north, east * north]
    )
    wet_rows, wet_columns = np.nonzero(wet)
    for n in np.flatnonzero(~wet[j, i].all(axis=1)):
        nearest = np.argmin((wet_columns - index[n, 0]) ** 2 + (wet_rows - index[n, 1]) ** 2)
        i[n], j[n] = wet_columns[nearest], wet_rows[nearest]
        weights[n] = (1.0, 0.0, 0.0, 0.0)
        index[n] = wet_columns[nearest], wet_rows[nearest]
    return Gauges(rows=j, columns=i, weights=weights, positions=grid.positions(index))


def resample(
    times: Array, readings: Array, *, interval: float | None, duration: float
) -> tuple[Array, Array]:
    """Return readings (gauge, time) at multiples of `interval` seconds, interpolated linearly.

    None keeps the times of the time steps.
    """
    if interval is None:
        return times, readings
    regular = interval * np.arange(np.floor(duration / interval * (1.0 + 1e-12)) + 1.0)
    return regular, np.array([np.interp(regular, times, row) for row in readings]).reshape(-1, regular.size)
