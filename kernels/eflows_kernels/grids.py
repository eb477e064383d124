"""The grid a simulation runs on, and a relief of any longitude convention brought onto it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eflows_kernels.sphere import wrapped

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """A box in degrees whose `east` lies above its `west`, so it may cross the date line or 360."""

    west: float
    east: float
    south: float
    north: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Centres of the cells of a regular grid in degrees, ascending, and the box they fill."""

    longitude: Array
    latitude: Array
    domain: Domain

    @property
    def shape(self) -> tuple[int, int]:
        """Number of cells from south to north and from west to east."""
        return self.latitude.size, self.longitude.size

    def holds(self, longitude: ArrayLike, latitude: ArrayLike) -> NDArray[np.bool_]:
        """Return which points lie in the box, whatever their longitude convention."""
        d = self.domain
        lon, lat = wrapped(longitude, west=d.west), np.asarray(latitude, np.float64)
        return np.asarray((lon <= d.east) & (lat >= d.south) & (lat <= d.north))


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The part of a relief that a grid needs: rows, and one or two runs of columns to read side by side."""

    rows: slice
    columns: tuple[slice, ...]


def parse_domain(domain: str | Sequence[float]) -> Domain:
    """Return the box of "west,east,south,north" in degrees, or of a sequence of the four.

    Either longitude convention will do; an east that is not above the west lies across the date line.

    Raises
    ------
    ValueError
        If there are not four numbers, or they bound no box.

    Examples
    --------
    >>> parse_domain("160,-150,-40,-10")
    Domain(west=160.0, east=210.0, south=-40.0, north=-10.0)
    """
    parts = domain.replace(";", ",").split(",") if isinstance(domain, str) else list(domain)
    try:
        west, east, south, north = (float(part) for part in parts)
    except (TypeError, ValueError):
        raise ValueError(
            f"The domain {domain!r} is not west,east,south,north: give four numbers in degrees, for "
            "example 135,165,25,50."
        ) from None
    if east <= west:
        east += 360.0 * np.ceil((west - east + 1e-9) / 360.0)
    if east - west > 360.0 or not -90.0 <= south < north <= 90.0:
        raise ValueError(
            f"The domain {domain!r} is no box: south must lie below north within -90 and 90, and it may "
            "not be wider than 360 degrees."
        )
    if max(abs(south), abs(north)) > 85.0:
        raise ValueError(
            f"The domain {domain!r} comes within 5 degrees of a pole, where cells of a longitude-latitude "
            "grid become too narrow to simulate. Choose one within -85 and 85."
        )
    return Domain(west=float(west), east=float(east), south=float(south), north=float(north))


def regular_grid(domain: Domain, *, resolution_arcmin: float) -> Grid:
    """Return cells that fill the domain exactly, as close to the resolution as whole cells allow.

    Raises
    ------
    ValueError
        If the resolution is not positive or leaves fewer than four cells in a direction.
    """
    if not resolution_arcmin > 0.0:
        raise ValueError(f"The resolution is {resolution_arcmin:g} arc-minutes; it must be positive.")
    spans = (domain.east - domain.west, domain.north - domain.south)
    nx, ny = (round(span * 60.0 / resolution_arcmin) for span in spans)
    if min(nx, ny) < 4:
        raise ValueError(
            f"A resolution of {resolution_arcmin:g} arc-minutes leaves {nx} x {ny} cells in a domain of "
            f"{spans[0]:g} x {spans[1]:g} degrees; choose a finer one or a larger domain."
        )
    return Grid(
        longitude=domain.west + (np.arange(nx) + 0.5) * spans[0] / nx,
        latitude=domain.south + (np.arange(ny) + 0.5) * spans[1] / ny,
        domain=domain,
    )


def relief_window(longitude: ArrayLike, latitude: ArrayLike, grid: Grid) -> Window:
    """Return which part of a relief to read for a grid, so a global file is not read whole.

    Parameters
    ----------
    longitude, latitude
        Coordinates of the relief in degrees; ascending or descending, -180 to 180, 0 to 360 or any other
        convention.

    Raises
    ------
    ValueError
        If the relief does not reach the grid.
    """
    lon, lat = np.asarray(longitude, np.float64), np.asarray(latitude, np.float64)
    d = grid.domain
    pad_lat, pad_lon = (
        2.0 * _spacing(values, name) for values, name in ((lat, "latitudes"), (lon, "longitudes"))
    )
    rows = np.flatnonzero((lat >= d.south - pad_lat) & (lat <= d.north + pad_lat))
    start = d.west - pad_lon
    inside = wrapped(lon, west=start) <= d.east + pad_lon
    if not (rows.size and inside.any()):
        raise ValueError(_outside(lon, lat, grid))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    columns = tuple(slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True))
    return Window(rows=slice(int(rows[0]), int(rows[-1]) + 1), columns=columns)


def relief_on_grid(longitude: ArrayLike, latitude: ArrayLike, elevation: ArrayLike, grid: Grid) -> Array:
    """Return the elevation of the bed on a grid, in the unit of the relief.

    A relief finer than the grid is averaged over each cell, which keeps the volume of the sea; a coarser
    one is interpolated bilinearly.

    Parameters
    ----------
    longitude, latitude
        Coordinates of the relief in degrees, any convention and order (see `relief_window`).
    elevation
        Array (lat, lon).

    Raises
    ------
    ValueError
        If the relief does not cover the grid or holds missing values there.
    """
    lon, lat = np.asarray(longitude, np.float64), np.asarray(latitude, np.float64)
    z = np.asarray(elevation, np.float64)
    if z.shape != (lat.size, lon.size):
        raise ValueError(f"The relief has shape {z.shape}, its coordinates ({lat.size}, {lon.size}).")
    lon, z = _eastward(lon, z, grid)
    order = np.argsort(lat)
    lat, z = lat[order], z[order]
    if not (_covers(lon, grid.longitude) and _covers(lat, grid.latitude)):
        raise ValueError(_outside(np.asarray(longitude, np.float64), lat, grid))
    near = (lat >= grid.domain.south) & (lat <= grid.domain.north)
    missing = int(np.isnan(z[near]).sum())
    if missing:
        raise ValueError(
            f"The relief has no value at {missing} of its points in the domain; fill its gaps or choose "
            "another domain."
        )
    z = np.nan_to_num(z)
    return _along_first(lat, _along_first(lon, z.T, grid.longitude).T, grid.latitude)


def _spacing(values: Array, name: str) -> float:
    if values.ndim != 1 or values.size < 2:
        raise ValueError(f"The relief needs at least two {name} in one dimension; it has {values.shape}.")
    return float(np.median(np.abs(np.diff(values))))


def _eastward(lon: Array, z: Array, grid: Grid) -> tuple[Array, Array]:
    """Return the relief's columns from just west of the grid eastward, closed round the globe."""
    pad = 2.0 * _spacing(lon, "longitudes")
    east, index = np.unique(wrapped(lon, west=grid.domain.west - pad), return_index=True)
    east = np.concatenate([east, east + 360.0])
    index = np.concatenate([index, index])
    keep = east <= grid.domain.east + pad
    return east[keep], z[:, index[keep]]


def _covers(source: Array, target: Array) -> bool:
    """Return whether every target lies between source points, or within half a step of the outermost."""
    if source.size < 2:
        return False
    step = float(np.median(np.diff(source)))
    near = (source >= target[0] - 2.0 * step) & (source <= target[-1] + 2.0 * step)
    used = source[near]
    return bool(
        used.size > 1
        and used[0] <= target[0] + 0.51 * step
        and used[-1] >= target[-1] - 0.51 * step
        and np.diff(used).max() < 1.5 * step
    )


def _along_first(source: Array, values: Array, target: Array) -> Array:
    """Return values resampled along their first axis, averaged where the source is the finer one."""
    step = float(target[1] - target[0])
    if step > 1.5 * float(np.median(np.diff(source))):
        middle = 0.5 * (source[1:] + source[:-1])
        edges = np.concatenate(
            [[1.5 * source[0] - 0.5 * source[1]], middle, [1.5 * source[-1] - 0.5 * source[-2]]]
        )
        total = np.concatenate(
            [np.zeros((1, *values.shape[1:])), np.cumsum(values * np.diff(edges)[:, None], axis=0)]
        )
        low, high = np.maximum(target - 0.5 * step, edges[0]), np.minimum(target + 0.5 * step, edges[-1])
        mean = (_linear(edges, total, high) - _linear(edges, total, low)) / (high - low)[:, None]
        return np.asarray(mean)
    return _linear(source, values, target)


def _linear(source: Array, values: Array, target: Array) -> Array:
    inside = np.clip(target, source[0], source[-1])
    left = np.clip(np.searchsorted(source, inside, side="right") - 1, 0, source.size - 2)
    part = ((inside - source[left]) / (source[left + 1] - source[left]))[:, None]
    return np.asarray(values[left] * (1.0 - part) + values[left + 1] * part)


def _outside(lon: Array, lat: Array, grid: Grid) -> str:
    d = grid.domain
    return (
        f"The domain {d.west:g} to {d.east:g} degrees east, {d.south:g} to {d.north:g} north, reaches "
        f"outside the relief, which spans {lon.min():g} to {lon.max():g} and {lat.min():g} to "
        f"{lat.max():g}. Choose a domain within it or another relief."
    )
