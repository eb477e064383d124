"""Earthquake sources as sets of rectangular subfaults, and what they weigh."""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from eflows_kernels.sphere import destination

RIGIDITY = 40e9
"""Shear modulus in Pa where a source states none: a common value for the subduction interface."""


def seismic_moment(magnitude: float) -> float:
    """Return the seismic moment in N m of a moment magnitude (Hanks and Kanamori 1979; IASPEI 2013)."""
    return float(10.0 ** (1.5 * magnitude + 9.1))


def moment_magnitude(moment: float) -> float:
    """Return the moment magnitude of a seismic moment in N m: 2/3 (log10 M0 - 9.1).

    Examples
    --------
    >>> round(moment_magnitude(seismic_moment(9.1)), 12)
    9.1
    """
    if not moment > 0:
        raise ValueError(f"A seismic moment of {moment:g} N m has no magnitude; it must be positive.")
    return (2.0 / 3.0) * (math.log10(moment) - 9.1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subfaults:
    """Rectangles that slip together; every field is an array of one value a subfault.

    Parameters
    ----------
    longitude, latitude
        Centre of each rectangle in degrees; any longitude convention.
    depth
        Depth of the centre in metres, positive down.
    length, width
        Size along strike and along dip in metres.
    strike, dip, rake
        Angles in degrees: the fault dips to the right of its strike; rake 90 is a thrust.
    slip
        Slip in metres.
    rigidity
        Shear modulus in Pa.
    rupture_time
        When it slips, in seconds after the origin time.

    Raises
    ------
    ValueError
        If the fields differ in length, hold something not finite, or a rectangle breaks the surface.
    """

    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    depth: NDArray[np.float64]
    length: NDArray[np.float64]
    width: NDArray[np.float64]
    strike: NDArray[np.float64]
    dip: NDArray[np.float64]
    rake: NDArray[np.float64]
    slip: NDArray[np.float64]
    rigidity: NDArray[np.float64]
    rupture_time: NDArray[np.float64]

    def __post_init__(self) -> None:
        size = np.atleast_1d(np.asarray(self.longitude)).shape
        for field in fields(self):
            values = np.atleast_1d(np.asarray(getattr(self, field.name), np.float64))
            if values.shape != size or values.ndim != 1:
                raise ValueError(
                    f"The subfaults have {size[0]} longitudes but {field.name} has shape {values.shape}; "
                    "give one value a subfault."
                )
            if not np.isfinite(values).all():
                raise ValueError(f"The {field.name} of a subfault is not a finite number.")
            object.__setattr__(self, field.name, values)
        if (self.top < -1.0).any():
            raise ValueError(
                f"A subfault reaches {-self.top.min():.0f} m above the surface; bury it deeper, or make it "
                "narrower."
            )

    def __len__(self) -> int:
        return int(self.slip.size)

    @property
    def top(self) -> NDArray[np.float64]:
        """Depth of each upper edge in metres."""
        return self.depth - 0.5 * self.width * np.sin(np.radians(self.dip))

    @property
    def outlines(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitude and latitude of each rectangle's corners seen from above, arrays (subfault, 5), closed.

        The upper edge comes first, in the direction of strike.
        """
        strike, dip = np.radians(self.strike)[:, None], np.radians(self.dip)[:, None]
        along = 0.5 * self.length[:, None] * np.array([-1.0, 1.0, 1.0, -1.0, -1.0])
        right = 0.5 * self.width[:, None] * np.cos(dip) * np.array([-1.0, -1.0, 1.0, 1.0, -1.0])
        return destination(
            self.longitude[:, None],
            self.latitude[:, None],
            east=along * np.sin(strike) + right * np.cos(strike),
            north=along * np.cos(strike) - right * np.sin(strike),
        )

    @property
    def moment(self) -> float:
        """Seismic moment of all subfaults in N m."""
        return float(np.sum(self._moments))

    @property
    def magnitude(self) -> float:
        """Moment magnitude of all subfaults."""
        return moment_magnitude(self.moment)

    @property
    def centroid_time(self) -> float:
        """When the source slips on average, weighted by moment, in seconds after the origin time.

        An instant source at this time stands well for a rupture of some minutes.
        """
        return float(np.average(self.rupture_time, weights=self._moments)) if self.moment > 0.0 else 0.0

    @property
    def _moments(self) -> NDArray[np.float64]:
        return self.rigidity * self.length * self.width * self.slip
