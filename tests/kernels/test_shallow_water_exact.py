"""The shallow-water solver against exact solutions, with the order in which its error falls."""

from collections.abc import Callable, Iterator

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from eflows_kernels.shallow_water import Boundaries, CartesianGrid, exact, simulate

Array = NDArray[np.float64]

WALLS = Boundaries(west="wall", east="wall", south="wall", north="wall")
PERIODIC = Boundaries(west="periodic", east="periodic", south="periodic", north="periodic")


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Run on one thread, whose code compiles sooner."""
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(before)


def _order(errors: list[float], *, refinement: float) -> float:
    """Return the order of convergence between the coarsest and the finest grid."""
    return float(np.log(errors[0] / errors[-1]) / np.log(refinement))


def _cell_means(function: Callable[[Array], Array], centres: Array, size: float) -> Array:
    """Return the means of a function over cells, by Gauss's rule with eight points."""
    points, weights = np.polynomial.legendre.leggauss(8)
    total = sum(w * function(centres + 0.5 * size * p) for p, w in zip(points, weights, strict=True))
    return np.asarray(0.5 * total)


def _dam_break_error(cells: int, depth_right: float) -> float:
    grid = CartesianGrid(nx=cells, ny=1, dx=20.0 / cells, dy=20.0 / cells, west=-10.0)
    start = np.where(grid.x < 0.0, 1.0, depth_right)[np.newaxis]
    result = simulate(np.zeros(grid.shape), start, grid, duration=1.5, boundaries=WALLS, dry_depth=1e-6)

    def depth(x: Array) -> Array:
        solution = exact.stoker(x, 1.5, 1.0, depth_right) if depth_right else exact.ritter(x, 1.5, 1.0)
        return solution[0]

    return float(np.abs(result.elevation[0] - _cell_means(depth, grid.x, grid.dx)).mean())


def test_a_dam_breaks_onto_dry_ground_as_ritter_found() -> None:
    """The mean error of the depth is below 0.04 % of the dam at 800 cells and falls with order 1."""
    errors = [_dam_break_error(cells, 0.0) for cells in (100, 200, 400, 800)]
    assert errors[-1] < 4e-4
    assert _order(errors, refinement=8) > 0.95


def test_a_dam_breaks_onto_water_as_stoker_found() -> None:
    """With a shock, too, the mean error is below 0.04 % of the dam at 800 cells and falls with order 0.9."""
    errors = [_dam_break_error(cells, 0.2) for cells in (100, 200, 400, 800)]
    assert errors[-1] < 4e-4
    assert _order(errors, refinement=8) > 0.9


@pytest.mark.parametrize("axis", [0, 1], ids=["north", "east"])
def test_a_smooth_wave_converges_with_second_order(axis: int) -> None:
    """A simple wave of a tenth of the depth, before it breaks, shows order 1.9 in either direction."""
    errors = []
    for cells in (50, 100, 200, 400):
        size = 100.0 / cells
        shape = (1, cells) if axis else (cells, 1)
        grid = CartesianGrid(nx=shape[1], ny=shape[0], dx=size, dy=size)
        centres = grid.x if axis else grid.y

        def wave(at: Array, time: float) -> tuple[Array, Array]:
            return exact.simple_wave(at, time, depth=1.0, height=0.1, period=100.0)

        def flow(at: Array) -> Array:
            elevation, velocity = wave(at, 0.0)
            return (1.0 + elevation) * velocity

        def means(time: float, at: Array = centres, size: float = size) -> Array:
            return _cell_means(lambda x: wave(x, time)[0], at, size)

        still = np.zeros(shape)
        moving = _cell_means(flow, centres, size).reshape(shape)
        result = simulate(
            still - 1.0,
            means(0.0).reshape(shape),
            grid,
            duration=10.0,
            momentum=(moving, still) if axis else (still, moving),
            boundaries=PERIODIC,
        )
        errors.append(float(np.abs(result.elevation.ravel() - means(10.0)).mean()))
    assert _order(errors, refinement=8) > 1.9


def test_waves_over_an_uneven_bed_converge_with_second_order() -> None:
    """Nonlinear waves over hills in two dimensions differ from the next finer grid with order 1.8."""
    ends = []
    for cells in (32, 64, 128):
        grid = CartesianGrid(nx=cells, ny=cells, dx=1.0 / cells, dy=1.0 / cells)
        x, y = np.meshgrid(2.0 * np.pi * grid.x, 2.0 * np.pi * grid.y)
        bed = -1.0 + 0.3 * np.sin(x) * np.cos(y)
        surface = 0.1 * np.exp(np.sin(x) + np.cos(y) - 2.0)
        depth = surface - bed
        flows = (0.1 * depth * np.cos(y), 0.1 * depth * np.sin(x))
        ends.append(simulate(bed, surface, grid, duration=0.1, momentum=flows, boundaries=PERIODIC))

    def distances(field: str) -> list[float]:
        fields = [np.asarray(getattr(end, field)) for end in ends]
        halved = [f.reshape(len(f) // 2, 2, len(f) // 2, 2).mean(axis=(1, 3)) for f in fields[1:]]
        return [float(np.abs(h - f).mean()) for h, f in zip(halved, fields, strict=False)]

    assert _order(distances("elevation"), refinement=2) > 1.9
    assert _order(distances("momentum_x"), refinement=2) > 1.8


def _bowl_errors(solution: Callable[..., tuple[Array, Array, Array]], frequency: float) -> list[float]:
    """Return errors of the elevation after one period, as shares of the water, for three grids."""
    errors = []
    for cells in (40, 80, 160):
        grid = CartesianGrid(nx=cells, ny=cells, dx=4.0 / cells, dy=4.0 / cells, west=-2.0, south=-2.0)
        x, y = np.meshgrid(grid.x, grid.y)
        bed = exact.thacker_bed(x, y, depth=0.1, radius=1.0)
        period = 2.0 * np.pi / frequency
        elevation, u, v = solution(x, y, 0.0)
        surface = np.maximum(elevation, bed)
        depth = surface - bed
        result = simulate(
            bed,
            surface,
            grid,
            duration=period,
            momentum=(depth * u, depth * v),
            boundaries=WALLS,
            dry_depth=1e-5,
        )
        after = np.maximum(solution(x, y, period)[0], bed)
        errors.append(float(np.abs(result.elevation - after).sum() / depth.sum()))
    return errors


def test_a_plane_surface_circles_in_a_bowl_as_thacker_found() -> None:
    """After a period the water is where it was, to 1 % on 160 cells, with order 1.3 at its moving shore."""

    def plane(x: Array, y: Array, time: float) -> tuple[Array, Array, Array]:
        return exact.thacker_planar(x, y, time, depth=0.1, radius=1.0, shift=0.5)

    errors = _bowl_errors(plane, np.sqrt(2.0 * 9.81 * 0.1))
    assert errors[-1] < 0.01
    assert _order(errors, refinement=4) > 1.3


def test_a_paraboloid_pulses_in_a_bowl_as_thacker_found() -> None:
    """After a period the water is where it was, to 1 % on 160 cells, with order 1.4 at its moving shore."""

    def paraboloid(x: Array, y: Array, time: float) -> tuple[Array, Array, Array]:
        return exact.thacker_radial(x, y, time, depth=0.1, radius=1.0, swell=0.05)

    errors = _bowl_errors(paraboloid, np.sqrt(8.0 * 9.81 * 0.1))
    assert errors[-1] < 0.01
    assert _order(errors, refinement=4) > 1.4


def test_a_solitary_wave_runs_up_a_beach_as_synolakis_found() -> None:
    """Benchmark problem 1 of NTHMP, H/d = 0.019 on 1:19.85: the largest run-up within 5 % of the law."""
    height, cotangent = 0.019, 19.85
    grid = CartesianGrid(nx=1380, ny=1, dx=0.05, dy=0.05, west=-4.0)
    bed = np.maximum(-grid.x / cotangent, -1.0)[np.newaxis]
    crest = cotangent + np.arccosh(np.sqrt(20.0)) / np.sqrt(0.75 * height)
    elevation, velocity = exact.solitary_wave(grid.x, height=height, depth=1.0, crest=crest)
    surface = np.where(bed < 0.0, elevation, bed)
    result = simulate(
        bed,
        surface,
        grid,
        duration=60.0 / np.sqrt(9.81),
        momentum=((surface - bed) * velocity, np.zeros(grid.shape)),
        boundaries=Boundaries(west="wall", south="wall", north="wall"),
        dry_depth=1e-4,
    )
    law = exact.solitary_run_up(height=height, depth=1.0, slope_cotangent=cotangent)
    reached = result.max_elevation[~np.isnan(result.max_elevation)][0]
    assert reached == pytest.approx(law, rel=0.05)
