"""Exact solutions of the shallow-water equations to check a solver against, in metres and seconds."""

import numpy as np
from numpy.typing import NDArray

from eflows_kernels.shallow_water.physics import GRAVITY

Array = NDArray[np.float64]


def ritter(x: Array, t: float, depth: float) -> tuple[Array, Array]:
    """Return depth and velocity after a dam at x = 0 breaks onto dry ground (Ritter 1892)."""
    celerity = np.sqrt(GRAVITY * depth)
    s = x / t
    fan_depth = (2.0 * celerity - s) ** 2 / (9.0 * GRAVITY)
    fan_velocity = 2.0 / 3.0 * (s + celerity)
    still, dry = s < -celerity, s > 2.0 * celerity
    h = np.where(still, depth, np.where(dry, 0.0, fan_depth))
    u = np.where(still | dry, 0.0, fan_velocity)
    return h, u


def stoker(x: Array, t: float, depth_left: float, depth_right: float) -> tuple[Array, Array]:
    """Return depth and velocity after a dam at x = 0 breaks onto shallower water (Stoker 1957, ch. 10.8)."""
    celerity = np.sqrt(GRAVITY * depth_left)

    def mismatch(middle: float) -> float:
        behind_shock = (middle - depth_right) * np.sqrt(
            0.5 * GRAVITY * (middle + depth_right) / (middle * depth_right)
        )
        return float(2.0 * (celerity - np.sqrt(GRAVITY * middle)) - behind_shock)

    low, high = depth_right, depth_left
    for _ in range(200):
        centre = 0.5 * (low + high)
        low, high = (centre, high) if mismatch(centre) > 0.0 else (low, centre)
    velocity = 2.0 * (celerity - np.sqrt(GRAVITY * low))
    shock = low * velocity / (low - depth_right)
    s = x / t
    fan = (s >= -celerity) & (s < velocity - np.sqrt(GRAVITY * low))
    plateau = (s >= velocity - np.sqrt(GRAVITY * low)) & (s < shock)
    h = np.select(
        [s < -celerity, fan, plateau],
        [depth_left, (2.0 * celerity - s) ** 2 / (9.0 * GRAVITY), low],
        depth_right,
    )
    u = np.select([s < -celerity, fan, plateau], [0.0, 2.0 / 3.0 * (s + celerity), velocity], 0.0)
    return h, u


def thacker_bed(x: Array, y: Array, depth: float, radius: float) -> Array:
    """Return a parabolic bowl that still water fills to elevation 0 inside `radius`."""
    return depth * ((x**2 + y**2) / radius**2 - 1.0)


def thacker_planar(
    x: Array, y: Array, t: float, *, depth: float, radius: float, shift: float
) -> tuple[Array, Array, Array]:
    """Return elevation and velocities of a plane surface that circles in a bowl (Thacker 1981, sec. 4).

    The elevation is that of the plane; where it lies below the bed, the bowl is dry.
    """
    omega = np.sqrt(2.0 * GRAVITY * depth) / radius
    c, s = np.cos(omega * t), np.sin(omega * t)
    eta = shift * depth / radius**2 * (2.0 * x * c + 2.0 * y * s - shift)
    return eta, np.full_like(x, -shift * omega * s), np.full_like(x, shift * omega * c)


def thacker_radial(
    x: Array, y: Array, t: float, *, depth: float, radius: float, swell: float
) -> tuple[Array, Array, Array]:
    """Return elevation and velocities of a paraboloid that pulses in a bowl (Thacker 1981, sec. 3)."""
    omega = np.sqrt(8.0 * GRAVITY * depth) / radius
    a = ((depth + swell) ** 2 - depth**2) / ((depth + swell) ** 2 + depth**2)
    bottom = 1.0 - a * np.cos(omega * t)
    r2 = x**2 + y**2
    eta = depth * (np.sqrt(1.0 - a**2) / bottom - 1.0 - r2 / radius**2 * ((1.0 - a**2) / bottom**2 - 1.0))
    rate = 0.5 * omega * a * np.sin(omega * t) / bottom
    return eta, rate * x, rate * y


def simple_wave(x: Array, t: float, *, depth: float, height: float, period: float) -> tuple[Array, Array]:
    """Return elevation and velocity of a wave of finite height that runs east over a flat bed.

    Before it breaks, u - 2c is constant and each value of c travels at u + c (Stoker 1957, ch. 10.3); the
    start is a row of sines to the fourth power, `period` apart.
    """
    still = np.sqrt(GRAVITY * depth)

    def start(at: Array) -> Array:
        return depth + height * np.sin(np.pi * at / period) ** 4

    origin = x.copy()
    for _ in range(200):
        celerity = np.sqrt(GRAVITY * start(origin))
        origin = x - (3.0 * celerity - 2.0 * still) * t
    celerity = np.sqrt(GRAVITY * start(origin))
    return celerity**2 / GRAVITY - depth, 2.0 * (celerity - still)


def solitary_wave(x: Array, *, height: float, depth: float, crest: float) -> tuple[Array, Array]:
    """Return elevation and velocity of a solitary wave that runs west (Synolakis 1987, eq. 2.3)."""
    number = np.sqrt(0.75 * height / depth) / depth
    eta = height / np.cosh(number * (x - crest)) ** 2
    return eta, -eta * np.sqrt(GRAVITY / depth)


def solitary_run_up(*, height: float, depth: float, slope_cotangent: float) -> float:
    """Return the largest run-up of a solitary wave that does not break (Synolakis 1987, eq. 3.12)."""
    return float(2.831 * np.sqrt(slope_cotangent) * (height / depth) ** 1.25 * depth)
