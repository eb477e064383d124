"""Ghost cells: two layers around the fields that stand for what lies beyond the sides of the domain."""

import numpy as np
from numpy.typing import NDArray

from eflows_kernels.shallow_water.boundaries import Boundaries, Side
from eflows_kernels.shallow_water.physics import GRAVITY

Array = NDArray[np.float64]

LAYERS = 2
"""Layers of ghost cells that a second-order reconstruction needs."""

_EAST, _NORTH = 1, 2


def padded(field: Array) -> Array:
    """Return a copy of fields (…, ny, nx) with room for ghost cells."""
    return np.pad(field, [(0, 0)] * (field.ndim - 2) + [(LAYERS, LAYERS)] * 2)


def inner(field: Array) -> Array:
    """Return a view of padded fields without their ghost cells."""
    return field[..., LAYERS:-LAYERS, LAYERS:-LAYERS]


class GhostCells:
    """What to put into the ghost cells of a state, for the boundaries of a domain.

    Parameters
    ----------
    boundaries
        Kind of each side.
    bed
        Padded bed, m; its ghost cells are filled here.
    """

    def __init__(self, boundaries: Boundaries, bed: Array) -> None:
        rows, columns = inner(bed).shape
        self._sides = [
            _GhostSide(boundaries.west, columns, before=True, axis=_EAST),
            _GhostSide(boundaries.east, columns, before=False, axis=_EAST),
            _GhostSide(boundaries.south, rows, before=True, axis=_NORTH),
            _GhostSide(boundaries.north, rows, before=False, axis=_NORTH),
        ]
        for side in self._sides:
            side.copy(bed[np.newaxis])
        self._bed = bed

    def fill(self, state: Array) -> None:
        """Fill the ghost cells of a padded state: elevation and momentum to the east and to the north."""
        for side in self._sides:
            side.copy(state)
            side.turn(state, self._bed)


class _GhostSide:
    """The ghost cells of one side, and the cells that they copy."""

    def __init__(self, kind: str, count: int, *, before: bool, axis: int) -> None:
        layers = np.arange(LAYERS)
        match kind:
            case Side.WALL:
                source = layers[::-1] if before else count - 1 - layers
            case Side.PERIODIC:
                source = count - LAYERS + layers if before else layers
            case _:
                source = np.full(LAYERS, 0 if before else count - 1)
        across = slice(0, LAYERS) if before else slice(-LAYERS, None)
        copied = LAYERS + np.clip(source, 0, count - 1)
        self._kind = kind
        self._normal = axis
        self._outwards = -1.0 if before else 1.0
        along = slice(LAYERS, -LAYERS)
        self._ghosts = (across, along) if axis == _NORTH else (along, across)
        self._copied = (copied, along) if axis == _NORTH else (along, copied)

    def copy(self, fields: Array) -> None:
        """Copy fields from inside the domain."""
        fields[:, *self._ghosts] = fields[:, *self._copied]

    def turn(self, state: Array, bed: Array) -> None:
        """Set the momentum across the side to that beyond a wall, or of a wave that leaves."""
        if self._kind == Side.WALL:
            state[self._normal, *self._ghosts] *= -1.0
        elif self._kind == Side.OPEN:
            ground = bed[self._ghosts]
            depth = state[0, *self._ghosts] - ground
            # The Riemann invariant that enters is that of still water at elevation 0 over the same bed.
            still = np.sqrt(GRAVITY * np.maximum(-ground, 0.0))
            away = 2.0 * (np.sqrt(GRAVITY * depth) - still)
            state[self._normal, *self._ghosts] = self._outwards * depth * away
