"""Regular grids of cells, in metres and on the sphere, and what the solver needs to know of them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

EARTH_RADIUS = 6_371_000.0
"""Mean radius of the Earth, m."""

EARTH_ROTATION = 7.292115e-5
"""Angular velocity of the Earth, rad/s."""

INVERSE_DX, NORTH_FACE, SOUTH_FACE, ROTATION, CURVATURE = range(5)
"""Columns of `row_metrics`."""


class Grid(Protocol):
    """A regular grid whose geometry depends on the row alone."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows (south to north) and of columns (west to east)."""
        ...

    def row_metrics(self) -> Array:
        """Return what the sweep needs of each row, shape (ny, 5).

        Columns: 1/dx at the row's centre (1/m); length of the north and of the south face over the area
        of a cell (1/m); Coriolis parameter (1/s); tangent of the latitude over the radius (1/m).
        """
        ...

    def cell_areas(self) -> Array:
        """Return the area of a cell of each row, m², shape (ny,)."""
        ...

    def fractional_index(self, positions: Array) -> Array:
        """Return (column, row) of positions (n, 2), counted in cells from the first centre."""
        ...

    def positions(self, fractional_index: Array) -> Array:
        """Return the positions (n, 2) of fractional indices (column, row)."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class CartesianGrid:
    """A plane grid of `nx` by `ny` cells of `dx` by `dy` metres.

    Parameters
    ----------
    nx, ny
        Number of cells.
    dx, dy
        Size of a cell, m.
    west, south
        Coordinates of the south-west corner of the domain, m.
    coriolis
        Coriolis parameter f of an f-plane, 1/s.
    """

    nx: int
    ny: int
    dx: float
    dy: float
    west: float = 0.0
    south: float = 0.0
    coriolis: float = 0.0

    def __post_init__(self) -> None:
        if self.nx < 1 or self.ny < 1 or not (self.dx > 0.0 and self.dy > 0.0):
            raise ValueError(
                f"A grid of {self.nx} x {self.ny} cells of {self.dx} x {self.dy} m has no area; "
                "give at least one cell and positive sizes."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.ny, self.nx

    @property
    def x(self) -> Array:
        """Coordinates of the cell centres from west to east, m."""
        return np.asarray(self.west + self.dx * (np.arange(self.nx) + 0.5), np.float64)

    @property
    def y(self) -> Array:
        """Coordinates of the cell centres from south to north, m."""
        return np.asarray(self.south + self.dy * (np.arange(self.ny) + 0.5), np.float64)

    def row_metrics(self) -> Array:
        """Return what the sweep needs of each row; see `Grid.row_metrics`."""
        row = np.array([1.0 / self.dx, 1.0 / self.dy, 1.0 / self.dy, self.coriolis, 0.0])
        return np.tile(row, (self.ny, 1))

    def cell_areas(self) -> Array:
        """Return the area of a cell of each row, m²."""
        return np.full(self.ny, self.dx * self.dy)

    def fractional_index(self, positions: Array) -> Array:
        """Return (column, row) of positions in metres."""
        origin = np.array([self.west, self.south])
        return np.asarray((positions - origin) / [self.dx, self.dy] - 0.5)

    def positions(self, fractional_index: Array) -> Array:
        """Return positions in metres of (column, row)."""
        origin = np.array([self.west, self.south])
        return np.asarray(origin + (fractional_index + 0.5) * [self.dx, self.dy])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SphericalGrid:
    """A regular longitude-latitude grid, given by the coordinates of its cell centres.

    Parameters
    ----------
    lon, lat
        Cell centres in degrees, ascending and equally spaced. Longitudes may follow any convention
        (-180 to 180, 0 to 360, or across either), as long as they ascend.
    radius
        Radius of the sphere, m.
    rotation
        Angular velocity of the sphere, rad/s; 0 switches the Coriolis force off.
    """

    lon: Array
    lat: Array
    radius: float = EARTH_RADIUS
    rotation: float = EARTH_ROTATION

    def __post_init__(self) -> None:
        object.__setattr__(self, "lon", _regular("longitudes", self.lon))
        object.__setattr__(self, "lat", _regular("latitudes", self.lat))
        if self.lon[-1] - self.lon[0] + self._spacing[0] > 360.0 + 1e-6:
            raise ValueError("The longitudes go around the sphere more than once; cut them to 360 degrees.")
        faces = self._latitude_faces()
        if faces[0] < -90.0 - 1e-6 or faces[-1] > 90.0 + 1e-6:
            raise ValueError(
                f"Cells reach from latitude {faces[0]:g} to {faces[-1]:g}, beyond a pole; latitudes are "
                "those of cell centres, so the outermost lie half a cell inside -90 and 90."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.lat.size, self.lon.size

    @property
    def _spacing(self) -> tuple[float, float]:
        return (
            float((self.lon[-1] - self.lon[0]) / (self.lon.size - 1)),
            float((self.lat[-1] - self.lat[0]) / (self.lat.size - 1)),
        )

    def _latitude_faces(self) -> Array:
        step = self._spacing[1]
        return np.asarray(self.lat[0] + step * (np.arange(self.lat.size + 1) - 0.5), np.float64)

    def row_metrics(self) -> Array:
        """Return what the sweep needs of each row; see `Grid.row_metrics`."""
        faces = np.radians(np.clip(self._latitude_faces(), -90.0, 90.0))
        # The mean of the cosine over a cell, so that fluxes are divided by the cell's exact area.
        width = self.radius * np.diff(np.sin(faces)) / np.diff(faces)
        height = self.radius * np.diff(faces)
        face_width = self.radius * np.cos(faces)
        latitude = np.radians(self.lat)
        metrics = np.empty((self.lat.size, 5))
        metrics[:, INVERSE_DX] = 1.0 / (width * np.radians(self._spacing[0]))
        metrics[:, NORTH_FACE] = face_width[1:] / (width * height)
        metrics[:, SOUTH_FACE] = face_width[:-1] / (width * height)
        metrics[:, ROTATION] = 2.0 * self.rotation * np.sin(latitude)
        metrics[:, CURVATURE] = np.tan(latitude) / self.radius
        return metrics

    def cell_areas(self) -> Array:
        """Return the area of a cell of each row, m²."""
        faces = np.radians(np.clip(self._latitude_faces(), -90.0, 90.0))
        return np.asarray(self.radius**2 * np.radians(self._spacing[0]) * np.diff(np.sin(faces)))

    def fractional_index(self, positions: Array) -> Array:
        """Return (column, row) of (longitude, latitude), whatever the convention of the longitudes."""
        step = np.array(self._spacing)
        west = self.lon[0] - 0.5 * step[0]
        lon = west + (positions[:, 0] - west) % 360.0
        return np.asarray((np.column_stack((lon, positions[:, 1])) - [self.lon[0], self.lat[0]]) / step)

    def positions(self, fractional_index: Array) -> Array:
        """Return (longitude, latitude) of (column, row)."""
        return np.asarray([self.lon[0], self.lat[0]] + fractional_index * np.array(self._spacing))


def _regular(name: str, values: ArrayLike) -> Array:
    centres = np.array(values, np.float64)
    if centres.ndim != 1 or centres.size < 2:
        raise ValueError(f"The {name} have shape {centres.shape}; give at least two in one dimension.")
    steps = np.diff(centres)
    mean = (centres[-1] - centres[0]) / (centres.size - 1)
    if not mean > 0.0:
        raise ValueError(f"The {name} descend from {centres[0]:g} to {centres[-1]:g}; reverse that axis.")
    # Coordinates are often stored in single precision, whose rounding is no irregularity.
    if np.abs(steps - mean).max() > 1e-3 * mean + 4e-7 * np.abs(centres).max():
        raise ValueError(
            f"The {name} are not equally spaced: steps lie between {steps.min():g} and {steps.max():g}. "
            "Interpolate the bed to a regular grid first."
        )
    centres.setflags(write=False)
    return centres
