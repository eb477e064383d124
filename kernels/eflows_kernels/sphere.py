"""Positions, distances and directions on a spherical Earth, right across the date line and at the poles."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS = 6_371_000.0
"""Mean radius of the Earth in metres, as the shallow-water kernel takes it."""


def wrapped(longitude: ArrayLike, *, west: float) -> NDArray[np.float64]:
    """Return longitudes in degrees moved by whole turns into [west, west + 360).

    Examples
    --------
    >>> float(wrapped(-72.9, west=0.0))
    287.1
    """
    turns = np.mod(np.asarray(longitude, np.float64) - west, 360.0)
    # A tiny negative difference comes back from mod as 360 itself, one whole turn too far east.
    return west + np.where(turns >= 360.0, 0.0, turns)


def destination(
    longitude: ArrayLike, latitude: ArrayLike, *, east: ArrayLike, north: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of the point `east` and `north` metres away along a great circle.

    The inverse of the azimuthal equidistant map around (longitude, latitude); longitudes come back
    within half a turn of the start.
    """
    e, n = np.asarray(east, np.float64), np.asarray(north, np.float64)
    lat = np.radians(np.asarray(latitude, np.float64))
    distance = np.hypot(e, n)
    arc = distance / EARTH_RADIUS
    safe = np.where(distance > 0.0, distance, 1.0)
    sine = np.sin(lat) * np.cos(arc) + np.cos(lat) * np.sin(arc) * n / safe
    turn = np.arctan2(
        np.sin(arc) * e / safe, np.cos(lat) * np.cos(arc) - np.sin(lat) * np.sin(arc) * n / safe
    )
    return np.asarray(longitude, np.float64) + np.degrees(turn), np.degrees(np.arcsin(np.clip(sine, -1, 1)))


def offset(
    longitude: ArrayLike, latitude: ArrayLike, *, origin: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far east and north, in metres, points lie of `origin` (longitude, latitude).

    Azimuthal equidistant: distance and direction from the origin are those of the great circle.
    """
    turn = np.radians(wrapped(longitude, west=origin[0] - 180.0) - origin[0])
    lat, lat0 = np.radians(np.asarray(latitude, np.float64)), np.radians(origin[1])
    e = np.cos(lat) * np.sin(turn)
    n = np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(turn)
    u = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(turn)
    chord = np.hypot(e, n)
    arc = np.arctan2(chord, u)
    scale = EARTH_RADIUS * np.where(chord > 0.0, arc / np.where(chord > 0.0, chord, 1.0), 1.0)
    return scale * e, scale * n
