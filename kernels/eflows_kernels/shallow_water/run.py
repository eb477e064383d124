"""A simulation under way: its state, and how it gets from one time step to the next."""

import numba
import numpy as np
from numpy.typing import NDArray

from eflows_kernels.shallow_water.boundaries import Boundaries
from eflows_kernels.shallow_water.ghosts import GhostCells, inner, padded
from eflows_kernels.shallow_water.grid import Grid
from eflows_kernels.shallow_water.stepping import block_bounds, compiled_sweep

Array = NDArray[np.float64]

_MOST_HALVINGS = 20


class Run:
    """The state of a simulation between two time steps.

    The parameters are those of `simulate`, checked; `state` is the elevation and the momentum to the east
    and to the north, shape (3, ny, nx).
    """

    def __init__(
        self,
        bed: Array,
        state: Array,
        grid: Grid,
        boundaries: Boundaries,
        dry_depth: float,
        manning: float,
        arrival_threshold: float,
    ) -> None:
        # Asking Numba starts its threads, which an engine of one core can do without.
        one = numba.config.NUMBA_NUM_THREADS == 1  # type: ignore[attr-defined]
        threads = 1 if one else numba.get_num_threads()
        self._sweep = compiled_sweep(threads=threads)
        self._bounds = block_bounds(grid.shape, threads=threads)
        self._report = np.zeros((len(self._bounds), 2))
        self._bed = padded(bed)
        self._ghosts = GhostCells(boundaries, self._bed)
        self._state = padded(state)
        self._middle, self._next = np.zeros_like(self._state), np.zeros_like(self._state)
        self._metrics = np.ascontiguousarray(grid.row_metrics())
        self._limits = np.array([dry_depth, manning**2, arrival_threshold])
        self.highest = np.full(grid.shape, -np.inf)
        self.arrival = np.full(grid.shape, np.inf)
        self.time = 0.0
        self.steps = 0
        self.retries = 0
        self.sweep_first_stage(0.0)
        self._rate = self._fastest()

    def step(self, *, cfl: float, end: float) -> None:
        """Advance by a time step that does not go beyond `end`."""
        left = end - self.time
        dt = cfl / self._rate if self._rate > 0.0 else left
        # Two equal steps before the end rather than a full one and a sliver.
        dt = left if dt >= left else min(dt, 0.5 * left)
        for _ in range(_MOST_HALVINGS):
            if self.sweep_first_stage(dt) and self._sweep_second_stage(dt):
                break
            # Depths are only certain to stay non-negative for half the usual time step (Audusse et al.
            # 2004, theorem 3.1, in two dimensions), which is seldom needed.
            dt *= 0.5
            self.retries += 1
        else:
            raise FloatingPointError(
                f"At {self.time:g} s no time step down to {dt:g} s keeps the water depths non-negative; "
                "look for values that are not finite or far out of range in the bed and the start."
            )
        self._state, self._next = self._next, self._state
        self._rate = self._fastest()
        self.time = end if dt == left else self.time + dt
        self.steps += 1

    @property
    def now(self) -> Array:
        """Elevation and momentum to the east and to the north."""
        return inner(self._state)

    def sweep_first_stage(self, dt: float) -> bool:
        """Take the present state into the records and predict the next; tell whether it is valid."""
        return self._sweep_stage(1, dt, self._state, self._middle)

    def _sweep_second_stage(self, dt: float) -> bool:
        return self._sweep_stage(2, dt, self._middle, self._next)

    def _sweep_stage(self, stage: int, dt: float, source: Array, target: Array) -> bool:
        self._ghosts.fill(source)
        fields = (self._bed, self._state, source, target, self.highest, self.arrival, self._metrics)
        arguments = (stage, self.time, dt, *fields, self._limits)
        self._sweep(arguments, self._bounds, self._report)
        return not self._report[:, 1].any()

    def _fastest(self) -> float:
        return float(self._report[:, 0].max())
