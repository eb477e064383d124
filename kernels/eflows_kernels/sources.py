"""From an earthquake, as a service reports it within minutes, to one source or an ensemble of them."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from eflows_kernels.faults import RIGIDITY, Subfaults, seismic_moment
from eflows_kernels.scaling import ScalingRelation, rupture_size
from eflows_kernels.sphere import destination

Array = NDArray[np.float64]

SHALLOWEST = 1_000.0
"""Depth in metres above which no sampled fault reaches."""

_DIMENSIONS = 11
_HYPOCENTRE_DEVIATION = 0.23
_HYPOCENTRE_MARGIN = 0.05
_SLIP_VARIATION = 0.75
_RUPTURE_SPEED = 2_500.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """An earthquake: hypocentre in degrees and metres, mechanism in degrees, moment magnitude."""

    magnitude: float
    longitude: float
    latitude: float
    depth: float
    strike: float
    dip: float
    rake: float

    def __post_init__(self) -> None:
        if not -90.0 <= self.latitude <= 90.0:
            raise ValueError(
                f"The latitude of the event is {self.latitude:g}; it must lie within -90 and 90."
            )
        if not 0.0 < self.dip <= 90.0:
            raise ValueError(
                f"The dip of the event is {self.dip:g} degrees; it must be above 0 and at most 90."
            )
        if not self.depth > SHALLOWEST:
            raise ValueError(
                f"The hypocentre lies at {self.depth / 1e3:g} km; a source needs more than "
                f"{SHALLOWEST / 1e3:g} km. Mind that this depth is in kilometres in most catalogues."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncertainty:
    """Standard deviations of what is known of an event, in metres and degrees; zero is known exactly.

    `position` is that of the epicentre in either direction.
    """

    magnitude: float = 0.0
    position: float = 0.0
    depth: float = 0.0
    strike: float = 0.0
    dip: float = 0.0
    rake: float = 0.0


def best_source(
    event: Event,
    *,
    relation: ScalingRelation | str = ScalingRelation.STRASSER_2010_INTERFACE,
    rigidity: float = RIGIDITY,
) -> Subfaults:
    """Return the one plane an event suggests: median size, uniform slip, hypocentre in its middle.

    The slip is the one that gives the event's moment; the rupture spreads at 2.5 km/s. Where the plane
    would come nearer to the surface than `SHALLOWEST` it slides down along itself, so the hypocentre stays
    on it.
    """
    size = rupture_size(event.magnitude, relation)
    return _plane(event, size.length, size.width, centre=(0.5, 0.5), rigidity=rigidity)


def sampled_sources(
    event: Event,
    uncertainty: Uncertainty,
    *,
    rng: np.random.Generator,
    relation: ScalingRelation | str = ScalingRelation.STRASSER_2010_INTERFACE,
    patches: tuple[int, int] = (1, 1),
    rigidity: float = RIGIDITY,
) -> Iterator[Subfaults]:
    """Yield equally likely sources without end, each consistent with the event and its uncertainty.

    A source differs from the best one in magnitude, hypocentre, mechanism, in length and width (the
    scatter of the scaling relation), in where on the plane the hypocentre lies (normal about the middle,
    deviation 0.23 of the plane, as Mai, Spudich and Boatwright 2005 found along strike) and, with more
    than one patch, in how slip is spread over the plane (see `rough_slip`). The moment of each source is
    that of its magnitude.

    The numbers come from a low-discrepancy sequence with a random start (additive recurrence of the
    generalised golden ratio, Roberts 2018; rotation of Cranley and Patterson 1976), so every beginning
    of the ensemble covers the uncertainty evenly and it may stop anywhere.

    Parameters
    ----------
    rng
        Where the randomness comes from.
    patches
        Number of subfaults along strike and down dip; (1, 1) is a plane of uniform slip.
    """
    steps = _golden_steps(_DIMENSIONS)
    start = rng.random(_DIMENSIONS)
    for index in itertools.count(1):
        z = _standard_normal(np.mod(start + index * steps, 1.0))
        member = _moved(event, uncertainty, z)
        size = rupture_size(member.magnitude, relation)
        yield _plane(
            member,
            size.length * 10.0 ** (size.length_deviation * z[7]),
            size.width * 10.0 ** (size.width_deviation * z[8]),
            centre=(_within_plane(z[9]), _within_plane(z[10])),
            rigidity=rigidity,
            slips=rough_slip(patches, rng=rng) if patches != (1, 1) else None,
        )


def rough_slip(
    patches: tuple[int, int], *, rng: np.random.Generator, variation: float = _SLIP_VARIATION
) -> Array:
    """Return a random slip pattern of mean 1, an array (along strike, down dip).

    Slip is log-normal and correlated over a third of the plane in either direction with an exponential
    correlation: the lengths are those of Mai and Beroza (2002, J. Geophys. Res. 107(B11), 2308), the
    method that of LeVeque et al. (2016, Pure Appl. Geophys. 173, 3671-3692). A coefficient of variation
    of 0.75 puts more than 1.5 times the mean slip on a sixth of the area; Murotani, Satake and Fujii
    (2013, Geophys. Res. Lett. 40, 5070-5074) found a fifth for great subduction earthquakes.
    """
    along, down = (3.0 * (np.arange(n) + 0.5) / n for n in patches)
    s, d = (part.ravel() for part in np.meshgrid(along, down, indexing="ij"))
    distance = np.hypot(s[:, None] - s, d[:, None] - d)
    factor = np.linalg.cholesky(np.exp(-distance) + 1e-10 * np.eye(s.size))
    deviation = math.sqrt(math.log1p(variation * variation))
    slip = np.exp(deviation * (factor @ rng.standard_normal(s.size)))
    return np.asarray((slip / slip.mean()).reshape(patches))


def _golden_steps(dimensions: int) -> Array:
    """Return the steps of the recurrence: powers of 1 / phi, phi the root of phi^(d + 1) = phi + 1."""
    phi = 1.5
    for _ in range(60):
        phi = (1.0 + phi) ** (1.0 / (dimensions + 1))
    return np.asarray(phi ** -np.arange(1.0, dimensions + 1))


def _standard_normal(uniform: Array) -> list[float]:
    normal = NormalDist()
    return [normal.inv_cdf(float(u)) for u in np.clip(uniform, 1e-9, 1.0 - 1e-9)]


def _within_plane(z: float) -> float:
    return min(max(0.5 + _HYPOCENTRE_DEVIATION * z, _HYPOCENTRE_MARGIN), 1.0 - _HYPOCENTRE_MARGIN)


def _moved(event: Event, uncertainty: Uncertainty, z: list[float]) -> Event:
    longitude, latitude = destination(
        event.longitude, event.latitude, east=uncertainty.position * z[1], north=uncertainty.position * z[2]
    )
    return Event(
        magnitude=event.magnitude + uncertainty.magnitude * z[0],
        longitude=float(longitude),
        latitude=float(latitude),
        depth=max(event.depth + uncertainty.depth * z[3], SHALLOWEST * 1.5),
        strike=event.strike + uncertainty.strike * z[4],
        dip=min(max(event.dip + uncertainty.dip * z[5], 2.0), 90.0),
        rake=event.rake + uncertainty.rake * z[6],
    )


def _plane(
    event: Event,
    length: float,
    width: float,
    *,
    centre: tuple[float, float],
    rigidity: float,
    slips: Array | None = None,
) -> Subfaults:
    """Return the patches of a plane that holds the hypocentre at `centre`, fractions along and down."""
    strike, dip = math.radians(event.strike), math.radians(event.dip)
    down = min(centre[1], (event.depth - SHALLOWEST) / (width * math.sin(dip)))
    pattern = np.ones((1, 1)) if slips is None else slips
    nx, ny = pattern.shape
    u, v = np.meshgrid(
        (np.arange(nx) + 0.5) / nx - centre[0], (np.arange(ny) + 0.5) / ny - down, indexing="ij"
    )
    along, dipping = length * u.ravel(), width * v.ravel()
    right = dipping * math.cos(dip)
    longitude, latitude = destination(
        event.longitude,
        event.latitude,
        east=along * math.sin(strike) + right * math.cos(strike),
        north=along * math.cos(strike) - right * math.sin(strike),
    )
    every = np.ones(pattern.size)
    slip = seismic_moment(event.magnitude) / (rigidity * length * width)
    return Subfaults(
        longitude=longitude,
        latitude=latitude,
        depth=event.depth + dipping * math.sin(dip),
        length=length / nx * every,
        width=width / ny * every,
        strike=event.strike * every,
        dip=event.dip * every,
        rake=event.rake * every,
        slip=slip * pattern.ravel(),
        rigidity=rigidity * every,
        rupture_time=_mean_distance(along, dipping, length / nx, width / ny) / _RUPTURE_SPEED,
    )


def _mean_distance(along: Array, dipping: Array, length: float, width: float) -> Array:
    """Return the mean distance of patches from the hypocentre, which (0, 0) of the plane is."""
    part = (np.arange(8) + 0.5) / 8 - 0.5
    x = along[:, None, None] + length * part[:, None]
    y = dipping[:, None, None] + width * part
    return np.asarray(np.hypot(x, y).mean((1, 2)))
