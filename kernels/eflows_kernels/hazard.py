"""The hazard of an ensemble, evaluated while its members come in, in any order and in several places."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Hazard:
    """Running probability of exceedance, mean and spread of what the members of an ensemble reached.

    Members may be added in any order, and two hazards merged: the result is that of all members together,
    so partial hazards may grow on several engines. Memory does not grow with the members.

    Parameters
    ----------
    thresholds
        Elevations in metres whose exceedance is asked for.
    shape
        Shape of a member's field.

    Examples
    --------
    >>> hazard = Hazard([1.0], (2,))
    >>> hazard.add(np.array([0.5, 2.0]))
    >>> hazard.add(np.array([0.5, 0.9]))
    >>> hazard.probability.tolist()
    [[0.0, 0.5]]
    """

    def __init__(self, thresholds: Sequence[float] | Array, shape: tuple[int, ...]) -> None:
        self.thresholds: Array = np.asarray(thresholds, np.float64)
        if self.thresholds.ndim != 1 or not self.thresholds.size:
            raise ValueError(f"Give at least one threshold in a list; got {thresholds!r}.")
        self.members = 0
        self.weight = 0.0
        self._squared_weight = 0.0
        self._exceeded: Array = np.zeros((self.thresholds.size, *shape))
        self._reached: NDArray[np.bool_] = np.zeros(shape, np.bool_)
        self._mean: Array = np.zeros(shape)
        self._scatter: Array = np.zeros(shape)

    def add(self, field: Array, *, weight: float = 1.0) -> None:
        """Fold in one member's largest elevation in metres; NaN where the sea never came exceeds nothing.

        Raises
        ------
        ValueError
            If the field has another shape or the weight is not positive.
        """
        if field.shape != self._mean.shape:
            raise ValueError(f"The member has shape {field.shape}, the hazard {self._mean.shape}.")
        if not weight > 0.0:
            raise ValueError(f"A member cannot weigh {weight:g}; weights are positive.")
        here = np.isfinite(field)
        value = np.where(here, field, 0.0)
        self.members += 1
        self.weight += weight
        self._squared_weight += weight * weight
        self._reached |= here
        above = value[None] > self.thresholds.reshape(-1, *(1,) * field.ndim)
        self._exceeded += weight * (above & here)
        # Welford 1962, Technometrics 4(3), in the weighted form of West 1979, Comm. ACM 22(9).
        change = value - self._mean
        self._mean += change * (weight / self.weight)
        self._scatter += weight * change * (value - self._mean)

    def merge(self, other: "Hazard") -> None:
        """Fold in all members of another hazard (Chan, Golub and LeVeque 1979).

        Raises
        ------
        ValueError
            If the other has other thresholds or another shape.
        """
        if not np.array_equal(self.thresholds, other.thresholds) or self._mean.shape != other._mean.shape:
            raise ValueError("Two hazards can be merged only if their thresholds and shapes are equal.")
        if not other.members:
            return
        weight = self.weight + other.weight
        change = other._mean - self._mean
        self._mean += change * (other.weight / weight)
        self._scatter += other._scatter + change**2 * (self.weight * other.weight / weight)
        self._exceeded += other._exceeded
        self._reached |= other._reached
        self.members += other.members
        self.weight = weight
        self._squared_weight += other._squared_weight

    @property
    def probability(self) -> Array:
        """Probability of exceeding each threshold, array (threshold, …); NaN where all stayed dry."""
        return np.where(self._reached, self._exceeded / max(self.weight, 1e-300), np.nan)

    @property
    def mean(self) -> Array:
        """Mean over the members in metres, counting 0 where one left a place dry; NaN where all did."""
        return np.where(self._reached, self._mean, np.nan)

    @property
    def deviation(self) -> Array:
        """Standard deviation over the members in metres; NaN where all left the place dry."""
        return np.where(self._reached, np.sqrt(self._scatter / max(self.weight, 1e-300)), np.nan)

    @property
    def effective_members(self) -> float:
        """Number of equally weighted members that would be worth as much (Kish)."""
        return self.weight**2 / self._squared_weight if self.members else 0.0

    @property
    def standard_error(self) -> float:
        """Root mean square standard error of the probabilities, over all that some member exceeded.

        Members are taken as independent draws, and half a member for and against is added (Jeffreys'
        prior), so that a few members that agree do not look like certainty. Infinite without members.
        """
        touched = self._exceeded[self._exceeded > 0.0]
        n = self.effective_members
        if not touched.size:
            return float("inf")
        p = (touched / self.weight * n + 0.5) / (n + 1.0)
        return float(np.sqrt(np.mean(p * (1.0 - p)) / (n + 1.0)))

    def converged(self, *, tolerance: float, at_least: int = 8) -> bool:
        """Return whether enough members are in and the standard error is down to `tolerance`."""
        return self.members >= at_least and self.standard_error <= tolerance
