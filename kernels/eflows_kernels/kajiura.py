"""The smoothing of a sea-bed uplift by the water above it."""

import numpy as np
from numpy.typing import NDArray

from eflows_kernels.sphere import EARTH_RADIUS

_LEVELS = 6


def kajiura_smoothed(
    uplift: NDArray[np.float64],
    depth: NDArray[np.float64],
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the sea-surface displacement in metres that an instant uplift of the bed causes.

    Water of depth h passes a wave number k on to its surface as 1 / cosh(k h) (Kajiura 1963, Bull. Earthq.
    Res. Inst. 41, 535-571), so structure shorter than a few depths does not reach it. Where the depth
    varies, the answers for a few uniform depths are interpolated to it, point by point.

    Parameters
    ----------
    uplift
        Uplift of the bed in metres, array (lat, lon).
    depth
        Depth of the water in metres, same shape; zero or negative on land, where nothing is smoothed.
    longitude, latitude
        Coordinates of the grid in degrees, evenly spaced. Its middle latitude sets the east-west distance.
    """
    water = np.maximum(depth, 0.0)
    levels = np.linspace(0.0, max(float(water.max()), 1.0), _LEVELS)
    dy = EARTH_RADIUS * np.radians(latitude[1] - latitude[0])
    dx = EARTH_RADIUS * np.radians(longitude[1] - longitude[0]) * np.cos(np.radians(latitude.mean()))
    # The rim is padded with nothing, so that no wave of the transform comes back in at the far side.
    pad = [max(4, int(np.ceil(4.0 * levels[-1] / step))) for step in (dy, dx)]
    wide = np.pad(uplift, [(pad[0], pad[0]), (pad[1], pad[1])])
    spectrum = np.fft.rfft2(wide)
    ky, kx = (
        2.0 * np.pi * f for f in (np.fft.fftfreq(wide.shape[0], dy), np.fft.rfftfreq(wide.shape[1], dx))
    )
    k = np.hypot(ky[:, None], kx[None, :])
    place = np.clip(water / levels[1], 0.0, _LEVELS - 1.0)
    surface = np.zeros_like(uplift)
    for index, level in enumerate(levels):
        share = np.clip(1.0 - np.abs(place - index), 0.0, None)
        # Beyond 700 the cosine overflows; what it would pass there is nothing anyway.
        smooth = np.fft.irfft2(spectrum / np.cosh(np.minimum(k * level, 700.0)), s=wide.shape)
        surface += share * smooth[pad[0] : pad[0] + uplift.shape[0], pad[1] : pad[1] + uplift.shape[1]]
    return surface
