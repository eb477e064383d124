"""Surface displacement of a rectangular dislocation in an elastic half-space.

Y. Okada (1985), Surface deformation due to shear and tensile faults in a half-space, Bulletin of the
Seismological Society of America 75(4), 1135-1154: equations (25) to (30), in Chinnery's notation, with
the paper's own rules for its singular cases (section "Some remarks").
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eflows_kernels.compiled import compiled

_VERTICAL = 1e-6
_TINY = 1e-12


class Displacement(NamedTuple):
    """Displacement of the surface in metres, one array each, of the shape of the points."""

    along_strike: NDArray[np.float64]
    across_strike: NDArray[np.float64]
    up: NDArray[np.float64]


def surface_displacement(
    x: ArrayLike,
    y: ArrayLike,
    *,
    depth: float,
    dip: float,
    length: float,
    width: float,
    strike_slip: float = 0.0,
    dip_slip: float = 0.0,
    opening: float = 0.0,
    poisson: float = 0.25,
) -> Displacement:
    """Return how the surface moves when one buried rectangle slips or opens.

    The frame is the paper's: x runs along strike, y to its left, z up; the fault's lower edge runs from
    x = 0 to x = `length` at y = 0, and the fault rises from there towards positive y. The results scale
    with slip, and lengths may be in any one unit.

    Parameters
    ----------
    x, y
        Points on the surface, of any shape that broadcasts together.
    depth
        Depth of the lower edge, positive.
    dip
        Angle of the fault below the horizontal in degrees, -90 to 90.
    length, width
        Size of the rectangle along strike and along dip.
    strike_slip, dip_slip, opening
        Burgers vector in metres: left-lateral, reverse and tensile are positive.
    poisson
        Poisson's ratio of the half-space.

    Raises
    ------
    ValueError
        If the fault would reach above the surface, or a size is not positive.

    Examples
    --------
    The first row of the paper's table 2 (case 2, strike slip):

    >>> point = surface_displacement(2, 3, depth=4, dip=70, length=3, width=2, strike_slip=1)
    >>> [f"{float(u):.3e}" for u in point]
    ['-8.689e-03', '-4.298e-03', '-2.747e-03']
    """
    _check(depth, dip, length, width)
    points = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    slip = (float(strike_slip), float(dip_slip), float(opening))
    parts = _displacement(
        np.ascontiguousarray(points[0]).ravel(),
        np.ascontiguousarray(points[1]).ravel(),
        float(depth),
        math.radians(dip),
        float(length),
        float(width),
        slip,
        1.0 - 2.0 * poisson,
    )
    return Displacement(*(part.reshape(points[0].shape) for part in parts))


def _check(depth: float, dip: float, length: float, width: float) -> None:
    if not (length > 0 and width > 0):
        raise ValueError(f"A fault needs a positive length and width; got {length:g} x {width:g}.")
    if not -90.0 <= dip <= 90.0:
        raise ValueError(f"The dip is {dip:g} degrees; Okada's formulas take -90 to 90.")
    top = depth - width * math.sin(math.radians(dip))
    if depth < 0 or top < -1e-9 * max(depth, width):
        raise ValueError(
            f"The fault reaches above the surface: its lower edge lies at depth {depth:g} and its other "
            f"edge at {top:g}. Bury it deeper, or make it narrower."
        )


@compiled
def _displacement(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    depth: float,
    dip: float,
    length: float,
    width: float,
    slip: tuple[float, float, float],
    medium: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    sine, cosine = sine_cosine(dip)
    east = np.empty(x.size)
    north = np.empty(x.size)
    up = np.empty(x.size)
    for i in range(x.size):
        east[i], north[i], up[i] = rectangle(x[i], y[i], depth, sine, cosine, length, width, slip, medium)
    return east, north, up


@compiled
def sine_cosine(dip: float) -> tuple[float, float]:
    """Return sine and cosine of a dip in radians, exact where the fault is vertical."""
    cosine = math.cos(dip)
    if abs(cosine) < _VERTICAL:
        return math.copysign(1.0, dip), 0.0
    return math.sin(dip), cosine


@compiled
def rectangle(
    x: float,
    y: float,
    depth: float,
    sine: float,
    cosine: float,
    length: float,
    width: float,
    slip: tuple[float, float, float],
    medium: float,
) -> tuple[float, float, float]:
    """Return the displacement of one point; compiled, for loops over many points and faults.

    Parameters are those of `surface_displacement`, the dip as `sine` and `cosine`, and `medium` the
    elastic ratio mu / (lambda + mu) = 1 - 2 nu.
    """
    p = y * cosine + depth * sine
    q = y * sine - depth * cosine
    a = _corner(x, p, q, sine, cosine, slip, medium)
    b = _corner(x, p - width, q, sine, cosine, slip, medium)
    c = _corner(x - length, p, q, sine, cosine, slip, medium)
    d = _corner(x - length, p - width, q, sine, cosine, slip, medium)
    return a[0] - b[0] - c[0] + d[0], a[1] - b[1] - c[1] + d[1], a[2] - b[2] - c[2] + d[2]


@compiled
def _corner(
    xi: float,
    eta: float,
    q: float,
    sine: float,
    cosine: float,
    slip: tuple[float, float, float],
    medium: float,
) -> tuple[float, float, float]:
    """Return f(xi, eta) of equations (25) to (27), already times slip and 1 / 2 pi."""
    y_tilde = eta * cosine + q * sine
    d_tilde = eta * sine - q * cosine
    # On the very corner of a fault that breaks the surface nothing is defined; keep it finite.
    r = max(math.sqrt(xi * xi + eta * eta + q * q), _TINY)
    # Singular cases (i) to (iii) of the paper: q = 0, xi = 0 and R + eta = 0.
    angle = math.atan(xi * eta / (q * r)) if abs(q) > _TINY * r else 0.0
    if r + eta > _TINY * r:
        by_eta = 1.0 / (r * (r + eta))
        log_eta = math.log(r + eta)
    else:
        by_eta = 0.0
        log_eta = -math.log(r - eta)
    by_xi = 1.0 / (r * (r + xi)) if r + xi > _TINY * r else 0.0
    i1, i2, i3, i4, i5 = _integrals(xi, eta, q, r, y_tilde, d_tilde, sine, cosine, log_eta, medium)

    strike, dip, opening = slip
    along = -strike * (xi * q * by_eta + angle + i1 * sine)
    across = -strike * (y_tilde * q * by_eta + q * cosine * r * by_eta + i2 * sine)
    up = -strike * (d_tilde * q * by_eta + q * sine * r * by_eta + i4 * sine)
    along -= dip * (q / r - i3 * sine * cosine)
    across -= dip * (y_tilde * q * by_xi + cosine * angle - i1 * sine * cosine)
    up -= dip * (d_tilde * q * by_xi + sine * angle - i5 * sine * cosine)
    twist = xi * q * by_eta - angle
    along += opening * (q * q * by_eta - i3 * sine * sine)
    across += opening * (-d_tilde * q * by_xi - sine * twist - i1 * sine * sine)
    up += opening * (y_tilde * q * by_xi + cosine * twist - i5 * sine * sine)
    return along / (2.0 * math.pi), across / (2.0 * math.pi), up / (2.0 * math.pi)


@compiled
def _integrals(
    xi: float,
    eta: float,
    q: float,
    r: float,
    y_tilde: float,
    d_tilde: float,
    sine: float,
    cosine: float,
    log_eta: float,
    medium: float,
) -> tuple[float, float, float, float, float]:
    """Return I1 to I5 of equation (28), or of (29) for a vertical fault."""
    rd = max(r + d_tilde, _TINY)
    if cosine == 0.0:
        i1 = -0.5 * medium * xi * q / (rd * rd)
        i3 = 0.5 * medium * (eta / rd + y_tilde * q / (rd * rd) - log_eta)
        i4 = -medium * q / rd
        i5 = -medium * xi * sine / rd
    else:
        x = math.sqrt(xi * xi + q * q)
        i4 = medium / cosine * (math.log(rd) - sine * log_eta)
        i5 = 0.0
        if abs(xi) > _TINY * r:
            top = eta * (x + q * cosine) + x * (r + x) * sine
            i5 = medium * 2.0 / cosine * math.atan(top / (xi * (r + x) * cosine))
        i1 = -medium / cosine * xi / rd - sine / cosine * i5
        i3 = medium * (y_tilde / (cosine * rd) - log_eta) + sine / cosine * i4
    i2 = -medium * log_eta - i3
    return i1, i2, i3, i4, i5
