"""An idealised ocean for trials without data: a straight subduction margin, oriented by the earthquake."""

import math

import numpy as np
from numpy.typing import NDArray

from eflows_kernels.grids import Grid
from eflows_kernels.sources import Event
from eflows_kernels.sphere import offset

_COAST_BEHIND_HYPOCENTRE = 90e3
_SHELF = 45e3


def idealised_ocean(grid: Grid, event: Event) -> NDArray[np.float64]:
    """Return the elevation in metres of a margin that depends only on the distance from its trench.

    The trench runs along the strike of the event, where the fault plane, carried on up dip from the
    hypocentre, comes out (60 to 250 km away). From there:

    ==================================  ===========
    place                               elevation
    ==================================  ===========
    outer rise, 60 km seaward           -5,400 m
    abyssal plain, from 160 km seaward  -5,600 m
    trench                              -7,400 m
    continental slope, half-way up      -2,600 m
    edge of the shelf                     -180 m
    coast                                    0 m
    inland, 30 km and more                 300 m
    ==================================  ===========

    The coast lies 90 km behind the hypocentre and the shelf is 45 km wide; depths are typical of the
    western Pacific, where the trench is deeper than the plain before it.
    """
    reach = min(max(event.depth / math.tan(math.radians(event.dip)), 60e3), 250e3)
    coast = -(reach + _COAST_BEHIND_HYPOCENTRE)
    shelf_edge = coast + _SHELF
    distance = [coast - 30e3, coast, shelf_edge, 0.5 * shelf_edge, 0.0, 60e3, 160e3]
    elevation = [300.0, 0.0, -180.0, -2600.0, -7400.0, -5400.0, -5600.0]
    east, north = offset(
        grid.longitude[None, :], grid.latitude[:, None], origin=(event.longitude, event.latitude)
    )
    strike = math.radians(event.strike)
    # The fault dips to the right of its strike, so the trench and the open sea lie to the left.
    seaward = north * math.sin(strike) - east * math.cos(strike)
    return np.asarray(np.interp(seaward - reach, distance, elevation))
