"""What a sea-level record says of a tsunami: its tide taken off, its first crest, its arrival."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 12
_OUTLIER = 2.5
_MAD_TO_DEVIATION = 1.4826


class Crest(NamedTuple):
    """The first crest of a record: its time in s, its height in m, and the lowest level before it in m."""

    time: float
    height: float
    trough_before: float


def detided(
    time: NDArray[np.float64], height: NDArray[np.float64], *, degree: int = 3
) -> NDArray[np.float64]:
    """Return a record of a few hours less its tide and drift, in the record's unit.

    A polynomial is fitted again and again without the values that stick out by more than 2.5 robust
    standard deviations, so the tsunami, seismic waves and spikes do not bend the tide.

    Parameters
    ----------
    time
        Seconds after origin.
    height
        Water level at these times; missing values stay missing.
    degree
        Degree of the polynomial: three follows a few hours of a tide.

    Raises
    ------
    ValueError
        If there are too few values for the fit.
    """
    valid = np.isfinite(height)
    if int(valid.sum()) <= degree + 1:
        raise ValueError(
            f"A record with {int(valid.sum())} values cannot be rid of its tide by a polynomial of degree "
            f"{degree}; give a longer record or a lower degree."
        )
    scaled = (time - time[valid].mean()) / max(float(time[valid].std()), 1e-9)
    keep = valid
    for _ in range(_ROUNDS):
        rest = height - np.polynomial.Polynomial.fit(scaled[keep], height[keep], degree)(scaled)
        spread = _MAD_TO_DEVIATION * float(np.median(np.abs(rest[keep])))
        kept = valid & (np.abs(rest) <= max(_OUTLIER * spread, 1e-12))
        if (kept == keep).all() or int(kept.sum()) <= degree + 1:
            break
        keep = kept
    return np.asarray(rest)


def first_crest(
    time: NDArray[np.float64], height: NDArray[np.float64], *, after: float = 0.0, share: float = 0.8
) -> Crest | None:
    """Return the first local maximum of at least `share` of the largest, or None where nothing rises.

    Parameters
    ----------
    time, height
        A record without tide, in s and m.
    after
        Seconds to leave out at the start, while seismic waves shake the sensor.
    share
        Part of the largest level that counts as a crest.
    """
    used = (time >= after) & np.isfinite(height)
    t, h = time[used], height[used]
    if h.size < 3 or not h.max() > 0.0:
        return None
    peak = (h[1:-1] >= h[:-2]) & (h[1:-1] >= h[2:]) & (h[1:-1] >= share * h.max())
    if not peak.any():
        return None
    index = 1 + int(np.argmax(peak))
    return Crest(time=float(t[index]), height=float(h[index]), trough_before=float(h[: index + 1].min()))


def arrival(time: NDArray[np.float64], height: NDArray[np.float64], *, threshold: float) -> float:
    """Return when a record first departs from rest by `threshold` metres, in s; NaN if never."""
    beyond = np.abs(height) >= threshold
    return float(time[int(np.argmax(beyond))]) if beyond.any() else float("nan")
