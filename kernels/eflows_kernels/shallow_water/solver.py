"""The shallow-water solver: from a bed and a displaced surface to waves, arrivals and gauge records."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eflows_kernels.shallow_water.boundaries import Boundaries
from eflows_kernels.shallow_water.gauges import place_gauges, resample
from eflows_kernels.shallow_water.grid import Grid
from eflows_kernels.shallow_water.run import Run
from eflows_kernels.shallow_water.simulation import Simulation

Array = NDArray[np.float64]


def sea_surface(bed: ArrayLike, displacement: ArrayLike) -> Array:
    """Return the start of a tsunami: the sea displaced, the land dry.

    Parameters
    ----------
    bed
        Bed, m, positive up, shape (ny, nx); the sea is where it is below 0.
    displacement
        Displacement of the sea surface, m, shape (ny, nx).

    Returns
    -------
    numpy.ndarray
        Elevation of the free surface, m: `displacement` on the sea, `bed` on land.

    Examples
    --------
    >>> sea_surface([[-10.0, 3.0]], [[0.5, 0.5]]).tolist()
    [[0.5, 3.0]]
    """
    ground = np.asarray(bed, np.float64)
    return np.where(ground < 0.0, np.maximum(ground, displacement), ground)


def simulate(
    bed: ArrayLike,
    elevation: ArrayLike,
    grid: Grid,
    *,
    duration: float,
    momentum: tuple[ArrayLike, ArrayLike] | None = None,
    boundaries: Boundaries | None = None,
    manning: float = 0.0,
    cfl: float = 0.45,
    dry_depth: float = 1e-3,
    gauges: ArrayLike | None = None,
    gauge_interval: float | None = None,
    arrival_threshold: float = 0.01,
    on_progress: Callable[[float], None] | None = None,
) -> Simulation:
    """Solve the nonlinear shallow-water equations with wetting and drying.

    A finite-volume scheme, second order in space (limited parabolas, joined by the hydrostatic
    reconstruction of Audusse et al. 2004 and HLL fluxes) and in time (Heun's method, which is strong
    stability preserving). A flat surface at rest over any bed stays at rest exactly; depths stay
    non-negative; volume is conserved to rounding. It runs on the threads of Numba (`NUMBA_NUM_THREADS`,
    `numba.set_num_threads`), releases the interpreter lock, can be interrupted between time steps, and gives
    the same bits on any number of threads.

    Parameters
    ----------
    bed
        Bed, m, positive up, shape (ny, nx), rows from south to north.
    elevation
        Free surface at the start, m, shape (ny, nx). A cell is dry where this is not above the bed; see
        `sea_surface`.
    grid
        A `CartesianGrid` or a `SphericalGrid`.
    duration
        Time to simulate, s.
    momentum
        Depth times velocity to the east and to the north at the start, m²/s; None is water at rest.
    boundaries
        Kind of each side; None is open everywhere.
    manning
        Manning's roughness coefficient n, s m^(-1/3); 0 is a smooth bed, 0.025 common for the sea floor.
    cfl
        Courant number, at most 0.5: the share of a cell that the fastest wave crosses in a time step.
    dry_depth
        Depth below which water does not move, m.
    gauges
        Positions (longitude, latitude in degrees, or x, y in metres), shape (gauge, 2). A gauge is
        interpolated between four cells, or reads the nearest wet cell where one of them is dry at the start.
    gauge_interval
        Time between readings, s; None keeps the time steps.
    arrival_threshold
        Change of the surface that counts as an arrival, m.
    on_progress
        Called with the simulated time (s) after each time step.

    Returns
    -------
    Simulation
        Largest elevations, arrival times, gauge records and the state at the end.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or range, or is not finite.
    FloatingPointError
        If no time step, however short, keeps the depths non-negative.
    """
    grounds = _field("bed", bed, grid.shape)
    state = np.empty((3, *grid.shape))
    state[0] = np.maximum(_field("elevation", elevation, grid.shape), grounds)
    flows = momentum if momentum is not None else (np.zeros(grid.shape), np.zeros(grid.shape))
    for q, flow in enumerate(flows, start=1):
        state[q] = np.where(state[0] - grounds >= dry_depth, _field("momentum", flow, grid.shape), 0.0)
    _check(duration=duration, manning=manning, cfl=cfl, dry_depth=dry_depth, gauge_interval=gauge_interval)
    start_depth = state[0] - grounds
    stations = place_gauges(gauges, grid, start_depth >= dry_depth) if gauges is not None else None
    run = Run(grounds, state, grid, boundaries or Boundaries(), dry_depth, manning, arrival_threshold)

    times, readings = [0.0], [stations.read(run.now[0])] if stations else []
    while run.time < duration:
        run.step(cfl=cfl, end=float(duration))
        if stations:
            times.append(run.time)
            readings.append(stations.read(run.now[0]))
        if on_progress:
            on_progress(run.time)
    run.sweep_first_stage(0.0)  # takes the last state into the maximum and the arrivals

    if stations:
        gauge_time, gauge_elevation = resample(
            np.array(times), np.array(readings).T, interval=gauge_interval, duration=duration
        )
        gauge_position = stations.positions
    else:
        gauge_time, gauge_elevation, gauge_position = np.empty(0), np.empty((0, 0)), np.empty((0, 2))
    areas = grid.cell_areas()[:, np.newaxis]
    depth = run.now[0] - grounds
    return Simulation(
        elevation=run.now[0].copy(),
        momentum_x=run.now[1].copy(),
        momentum_y=run.now[2].copy(),
        max_elevation=np.where(np.isinf(run.highest), np.nan, run.highest),
        arrival_time=np.where(np.isinf(run.arrival), np.nan, run.arrival),
        gauge_time=gauge_time,
        gauge_elevation=gauge_elevation,
        gauge_position=gauge_position,
        time=run.time,
        steps=run.steps,
        retries=run.retries,
        cell_updates=run.steps * grounds.size,
        volume=float((depth * areas).sum()),
        volume_change=float(((depth - start_depth) * areas).sum()),
    )


def _field(name: str, values: ArrayLike, shape: tuple[int, int]) -> Array:
    field = np.array(values, np.float64, order="C")
    if field.shape != shape:
        raise ValueError(f"The {name} has shape {field.shape}, but the grid has {shape} (rows, columns).")
    if not np.isfinite(field).all():
        count = int((~np.isfinite(field)).sum())
        raise ValueError(
            f"The {name} has {count} values that are not finite; fill them first (land: a height above 0)."
        )
    return field


def _check(
    *, duration: float, manning: float, cfl: float, dry_depth: float, gauge_interval: float | None
) -> None:
    if not (math.isfinite(duration) and duration >= 0.0):
        raise ValueError(f"The duration is {duration} s; give a finite time of at least 0.")
    if not 0.0 <= manning < 1.0:
        raise ValueError(f"Manning's coefficient is {manning}; it lies between 0 and about 0.2 s m^(-1/3).")
    if not 0.0 < cfl <= 0.5:
        raise ValueError(f"The Courant number is {cfl}; the scheme is stable above 0 and up to 0.5.")
    if not dry_depth > 0.0:
        raise ValueError(f"The dry depth is {dry_depth} m; it must be positive, for example 1e-3.")
    if gauge_interval is not None and not gauge_interval > 0.0:
        raise ValueError(f"The gauge interval is {gauge_interval} s; it must be positive, or None.")
