"""Shallow-water waves over real relief: a well-balanced finite-volume solver with wetting and drying."""

from eflows_kernels.shallow_water.boundaries import Boundaries, Side
from eflows_kernels.shallow_water.grid import CartesianGrid, Grid, SphericalGrid
from eflows_kernels.shallow_water.simulation import Simulation
from eflows_kernels.shallow_water.solver import sea_surface, simulate

__all__ = [
    "Boundaries",
    "CartesianGrid",
    "Grid",
    "Side",
    "Simulation",
    "SphericalGrid",
    "sea_surface",
    "simulate",
]
