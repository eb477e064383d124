"""How an earthquake moves the sea bed, on points given in degrees."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eflows_kernels.compiled import compiled
from eflows_kernels.faults import Subfaults
from eflows_kernels.okada import rectangle, sine_cosine
from eflows_kernels.sphere import EARTH_RADIUS

Vector = tuple[float, float, float]


class GroundMotion(NamedTuple):
    """Permanent displacement of the ground in metres, one array each, of the shape of the points."""

    east: NDArray[np.float64]
    north: NDArray[np.float64]
    up: NDArray[np.float64]


def ground_motion(
    longitude: ArrayLike, latitude: ArrayLike, source: Subfaults, *, poisson: float = 0.25
) -> GroundMotion:
    """Return the static displacement that all subfaults of a source cause together.

    Every subfault has its own azimuthal equidistant map around its centre, so distances and directions
    from it are those of the sphere: nothing degrades over thousands of kilometres, at high latitudes or
    across the date line. On each map the half-space solution of Okada (1985) holds, and its horizontal
    part is carried along the great circle to the point.

    Parameters
    ----------
    longitude, latitude
        Points in degrees, of any shapes that broadcast together: `lon[None, :]`, `lat[:, None]` is a
        grid.
    source
        The rectangles that slip.
    poisson
        Poisson's ratio of the crust.
    """
    lon, lat = np.broadcast_arrays(np.asarray(longitude, np.float64), np.asarray(latitude, np.float64))
    parts = _ground_motion(
        np.radians(lon.ravel()),
        np.radians(lat.ravel()),
        np.radians(source.longitude),
        np.radians(source.latitude),
        source.depth,
        source.length,
        source.width,
        np.radians(source.strike),
        np.radians(source.dip),
        np.radians(source.rake),
        source.slip,
        1.0 - 2.0 * poisson,
    )
    return GroundMotion(*(part.reshape(lon.shape) for part in parts))


def uplift_over_slopes(
    motion: GroundMotion,
    bed: NDArray[np.float64],
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the uplift in metres with what horizontal motion of a slope adds to it.

    A slope that moves sideways lifts the water as an uplift does: u_z - u_east dz/dx - u_north dz/dy with
    the bed z positive up (Tanioka and Satake 1996, Geophysical Research Letters 23(8), 861-864). At a
    steep trench, as in the Tohoku earthquake of 2011, this is a fair part of the wave.

    Parameters
    ----------
    motion
        Displacement on a grid, arrays (lat, lon).
    bed
        Elevation of the bed in metres, positive up, on the same grid.
    longitude, latitude
        Coordinates of the grid in degrees, evenly spaced.
    """
    per_row, per_column = np.gradient(bed, np.radians(latitude), np.radians(longitude))
    per_north = per_row / EARTH_RADIUS
    per_east = per_column / (EARTH_RADIUS * np.cos(np.radians(latitude)))[:, None]
    return np.asarray(motion.up - motion.east * per_east - motion.north * per_north)


@compiled
def _ground_motion(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    fault_lon: NDArray[np.float64],
    fault_lat: NDArray[np.float64],
    depth: NDArray[np.float64],
    length: NDArray[np.float64],
    width: NDArray[np.float64],
    strike: NDArray[np.float64],
    dip: NDArray[np.float64],
    rake: NDArray[np.float64],
    slip: NDArray[np.float64],
    medium: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    frames = [_axes(fault_lon[k], fault_lat[k]) for k in range(slip.size)]
    east = np.zeros(lon.size)
    north = np.zeros(lon.size)
    up = np.zeros(lon.size)
    for i in range(lon.size):
        e_here, n_here, point = _axes(lon[i], lat[i])
        for k in range(slip.size):
            if slip[k] == 0.0:
                continue
            e_axis, n_axis, origin = frames[k]
            e, n, u = _dot(point, e_axis), _dot(point, n_axis), _dot(point, origin)
            chord = math.sqrt(e * e + n * n)
            reach = EARTH_RADIUS * (math.atan2(chord, u) / chord if chord > 0.0 else 1.0)
            sine, cosine = sine_cosine(dip[k])
            along_e, along_n = math.sin(strike[k]), math.cos(strike[k])
            x = reach * (e * along_e + n * along_n) + 0.5 * length[k]
            y = reach * (n * along_e - e * along_n) + 0.5 * width[k] * cosine
            lower = depth[k] + 0.5 * width[k] * sine
            burgers = (slip[k] * math.cos(rake[k]), slip[k] * math.sin(rake[k]), 0.0)
            ux, uy, uz = rectangle(x, y, lower, sine, cosine, length[k], width[k], burgers, medium)
            ue, un = ux * along_e - uy * along_n, ux * along_n + uy * along_e
            de, dn = _carried(ue, un, e, n, u, chord, point, origin, e_here, n_here)
            east[i] += de
            north[i] += dn
            up[i] += uz
    return east, north, up


@compiled
def _carried(
    ue: float,
    un: float,
    e: float,
    n: float,
    u: float,
    chord: float,
    point: Vector,
    origin: Vector,
    e_here: Vector,
    n_here: Vector,
) -> tuple[float, float]:
    """Return a horizontal vector of the map's origin, carried along the great circle, as east and north."""
    if chord < 1e-9:
        return ue, un
    outward, leftward = (ue * e + un * n) / chord, (un * e - ue * n) / chord
    # The unit vector that leads away from the origin, seen at the point.
    away = (
        (point[0] * u - origin[0]) / chord,
        (point[1] * u - origin[1]) / chord,
        (point[2] * u - origin[2]) / chord,
    )
    cosine, sine = _dot(away, e_here), _dot(away, n_here)
    return outward * cosine - leftward * sine, outward * sine + leftward * cosine


@compiled
def _axes(lon: float, lat: float) -> tuple[Vector, Vector, Vector]:
    """Return the unit vectors east, north and up of a place."""
    sin_lon, cos_lon, sin_lat, cos_lat = math.sin(lon), math.cos(lon), math.sin(lat), math.cos(lat)
    return (
        (-sin_lon, cos_lon, 0.0),
        (-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat),
        (cos_lat * cos_lon, cos_lat * sin_lon, sin_lat),
    )


@compiled
def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
