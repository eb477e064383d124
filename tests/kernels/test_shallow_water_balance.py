"""What the shallow-water solver keeps: still water, volume, non-negative depths, symmetry."""

import os
from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from eflows_kernels.shallow_water import Boundaries, CartesianGrid, Grid, Side, SphericalGrid, simulate

Array = NDArray[np.float64]

WALLS = Boundaries(west="wall", east="wall", south="wall", north="wall")
DATA = Path(os.environ.get("EFLOWS_TEST_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
PLANE = CartesianGrid(nx=37, ny=29, dx=800.0, dy=500.0, coriolis=1e-4)
SPHERE = SphericalGrid(lon=170.0 + 0.25 * np.arange(37), lat=-62.0 + 0.2 * np.arange(29))


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Run on one thread, whose code compiles sooner."""
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(before)


def _rough_bed(shape: tuple[int, int], seed: int = 1) -> Array:
    """Return white noise between -4000 and 500 m, with an island that stands clear of the sea."""
    bed = np.random.default_rng(seed).uniform(-4000.0, 500.0, shape)
    bed[10:16, 12:20] = 200.0
    return bed


@pytest.mark.parametrize("grid", [PLANE, SPHERE], ids=["plane", "sphere"])
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("manning", [0.0, 0.025])
def test_a_lake_at_rest_stays_at_rest_exactly(grid: Grid, side: Side, manning: float) -> None:
    """Over noise for a bed, with islands and puddles, no cell moves by a single bit."""
    bed = _rough_bed(grid.shape)
    surface = np.maximum(bed, 0.0)
    result = simulate(
        bed,
        surface,
        grid,
        duration=600.0,
        manning=manning,
        boundaries=Boundaries(west=side, east=side, south=side, north=side),
    )
    assert result.steps > 5
    assert np.array_equal(result.elevation, surface)
    assert not result.momentum_x.any()
    assert not result.momentum_y.any()
    assert np.isnan(result.arrival_time).all()
    assert np.array_equal(np.isnan(result.max_elevation), bed >= -1e-3)


def test_a_lake_above_the_sea_rests_between_walls() -> None:
    """A level that is no round number, where sums round, keeps still to rounding."""
    bed = _rough_bed(PLANE.shape)
    surface = np.maximum(bed, 0.1 + 0.2)
    result = simulate(bed, surface, PLANE, duration=600.0, boundaries=WALLS)
    assert np.abs(result.elevation - surface).max() == 0.0
    assert max(np.abs(result.momentum_x).max(), np.abs(result.momentum_y).max()) == 0.0


@pytest.mark.data
def test_the_ocean_rests_over_real_relief_on_the_sphere() -> None:
    """The western Pacific of ETOPO, with its trenches and islands, is still after half an hour."""
    path = DATA / "etopo20.nc"
    if not path.exists():
        pytest.skip(f"{path} is absent; set EFLOWS_TEST_DATA to the folder that holds it")
    with netCDF4.Dataset(path) as dataset:
        lon, lat = np.asarray(dataset["lon"][:]), np.asarray(dataset["lat"][:])
        i, j = (lon > 120.0) & (lon < 180.0), (lat > -20.0) & (lat < 60.0)
        bed = np.asarray(dataset["elevation"][j, i], np.float64)
    surface = np.maximum(bed, 0.0)
    grid = SphericalGrid(lon=lon[i], lat=lat[j])
    result = simulate(bed, surface, grid, duration=1800.0)
    assert np.array_equal(result.elevation, surface)
    assert not result.momentum_x.any()
    assert not result.momentum_y.any()


@pytest.mark.parametrize("grid", [PLANE, SPHERE], ids=["plane", "sphere"])
def test_walls_keep_the_volume_while_land_floods_and_dries(grid: Grid) -> None:
    """A hill of water that runs over islands and back changes the volume by rounding only."""
    rows, columns = grid.shape
    y, x = np.mgrid[:rows, :columns]
    bed = -30.0 + 40.0 * np.sin(0.7 * x) * np.cos(0.6 * y)
    surface = np.maximum(bed, 20.0 * np.exp(-((x - 10.0) ** 2 + (y - 15.0) ** 2) / 20.0))
    result = simulate(bed, surface, grid, duration=15_000.0, boundaries=WALLS, manning=0.02)
    flooded = (surface <= bed) & ~np.isnan(result.max_elevation)
    assert flooded.sum() > 10
    assert (np.isnan(result.max_elevation)).any()
    assert abs(result.volume_change) < 1e-14 * result.volume
    assert (result.elevation >= bed).all()


def test_over_a_flat_bed_momentum_is_conserved() -> None:
    """Bores and all, the sum of the momentum in a periodic channel changes by rounding only."""
    random = np.random.default_rng(3)
    grid = CartesianGrid(nx=24, ny=20, dx=1.0, dy=1.0)
    depth = random.uniform(0.5, 2.0, grid.shape)
    flows = random.standard_normal((2, *grid.shape))
    result = simulate(
        np.full(grid.shape, -1.0),
        depth - 1.0,
        grid,
        duration=20.0,
        momentum=(flows[0], flows[1]),
        boundaries=Boundaries(west="periodic", east="periodic", south="periodic", north="periodic"),
    )
    assert result.momentum_x.sum() == pytest.approx(flows[0].sum(), abs=1e-10)
    assert result.momentum_y.sum() == pytest.approx(flows[1].sum(), abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    dry=st.floats(0.0, 0.9),
    relief=st.floats(0.0, 50.0),
    speed=st.floats(0.0, 20.0),
    periodic=st.booleans(),
    manning=st.sampled_from([0.0, 0.03]),
)
def test_no_depth_ever_becomes_negative(
    seed: int, dry: float, relief: float, speed: float, periodic: bool, manning: float
) -> None:
    """From any start, however torn, depths stay non-negative and the volume stays the same."""
    random = np.random.default_rng(seed)
    shape = (12, 15)
    bed = relief * random.random(shape)
    depth = np.where(random.random(shape) < dry, 0.0, 10.0 ** random.uniform(-4.0, 1.5, shape))
    flows = depth * speed * random.standard_normal((2, *shape))
    kind = "periodic" if periodic else "wall"
    result = simulate(
        bed,
        bed + depth,
        CartesianGrid(nx=15, ny=12, dx=10.0, dy=7.0),
        duration=5.0,
        momentum=(flows[0], flows[1]),
        boundaries=Boundaries(west=kind, east=kind, south=kind, north=kind),
        manning=manning,
    )
    assert (result.elevation >= bed).all()
    assert abs(result.volume_change) <= 1e-12 * max(result.volume, 1.0)


def test_a_step_that_would_empty_a_cell_is_taken_again() -> None:
    """Water torn apart by its start needs some steps at half their length, and gets them."""
    random = np.random.default_rng(9)
    shape = (24, 24)
    bed = 5.0 * random.random(shape)
    depth = np.where(random.random(shape) < 0.5, 0.0, random.uniform(0.0, 5.0, shape))
    flows = 10.0 * depth * random.standard_normal((2, *shape))
    result = simulate(
        bed,
        bed + depth,
        CartesianGrid(nx=24, ny=24, dx=10.0, dy=10.0),
        duration=5.0,
        momentum=(flows[0], flows[1]),
        boundaries=WALLS,
    )
    assert result.retries > 0
    assert (result.elevation >= bed).all()
    assert abs(result.volume_change) < 1e-13 * result.volume


def test_a_mirrored_start_gives_the_mirrored_end() -> None:
    """Neither direction nor axis is preferred: mirrors and the transpose agree to rounding."""
    random = np.random.default_rng(4)
    bed = random.uniform(-20.0, 5.0, (24, 24))
    surface = np.maximum(bed, random.uniform(0.0, 3.0, (24, 24)))
    grid = CartesianGrid(nx=24, ny=24, dx=100.0, dy=100.0)
    open_west = Boundaries(west="open", east="wall", south="wall", north="wall")
    plain = simulate(bed, surface, grid, duration=60.0, boundaries=open_west)

    open_east = Boundaries(west="wall", east="open", south="wall", north="wall")
    mirrored = simulate(bed[:, ::-1], surface[:, ::-1], grid, duration=60.0, boundaries=open_east)
    np.testing.assert_allclose(mirrored.elevation[:, ::-1], plain.elevation, atol=1e-10)
    np.testing.assert_allclose(-mirrored.momentum_x[:, ::-1], plain.momentum_x, atol=1e-9)

    open_south = Boundaries(west="wall", east="wall", south="open", north="wall")
    turned = simulate(bed.T, surface.T, grid, duration=60.0, boundaries=open_south)
    np.testing.assert_allclose(turned.elevation.T, plain.elevation, atol=1e-10)
    np.testing.assert_allclose(turned.momentum_y.T, plain.momentum_x, atol=1e-9)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="Numba has one thread here")
def test_the_number_of_threads_changes_no_bit() -> None:
    """Blocks and threads only share out the work."""
    shape = (90, 300)
    random = np.random.default_rng(5)
    bed = random.uniform(-4000.0, 500.0, shape)
    surface = np.maximum(bed, random.uniform(-1.0, 1.0, shape))
    grid = CartesianGrid(nx=300, ny=90, dx=1000.0, dy=1000.0)
    ends = []
    for threads in (1, 2):
        numba.set_num_threads(threads)
        ends.append(simulate(bed, surface, grid, duration=60.0, manning=0.025))
    numba.set_num_threads(1)
    assert np.array_equal(ends[0].elevation, ends[1].elevation)
    assert np.array_equal(ends[0].momentum_x, ends[1].momentum_x)
    assert np.array_equal(ends[0].arrival_time, ends[1].arrival_time, equal_nan=True)
