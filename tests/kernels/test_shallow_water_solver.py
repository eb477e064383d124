"""What the shallow-water solver reports, where waves leave, and what it refuses."""

from collections.abc import Callable, Iterator

import numba
import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from eflows_kernels.shallow_water import (
    Boundaries,
    CartesianGrid,
    Simulation,
    SphericalGrid,
    sea_surface,
    simulate,
)

Array = NDArray[np.float64]

CHANNEL = Boundaries(south="wall", north="wall")
POND = CartesianGrid(nx=40, ny=30, dx=10.0, dy=10.0)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Run on one thread, whose code compiles sooner."""
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(before)


def _hump(grid: CartesianGrid, *, height: float = 1.0, x: float = 200.0, y: float = 150.0) -> Array:
    """Return a Gaussian of 30 m width."""
    east, north = np.meshgrid(grid.x, grid.y)
    return np.asarray(height * np.exp(-((east - x) ** 2 + (north - y) ** 2) / 30.0**2))


@pytest.mark.parametrize("height", [0.001, 0.2])
def test_a_wave_leaves_through_an_open_side(height: float) -> None:
    """Of a pulse that meets an open side head-on, low or high, less than a millionth comes back."""
    grid = CartesianGrid(nx=200, ny=1, dx=0.5, dy=0.5)
    start = height * np.exp(-(((grid.x - 50.0) / 5.0) ** 2))[np.newaxis]
    result = simulate(np.full((1, 200), -1.0), start, grid, duration=60.0, boundaries=CHANNEL)
    assert np.abs(result.elevation).max() < 1e-6 * height
    assert result.volume_change == pytest.approx(-start.sum() * 0.25, rel=1e-5)


def test_a_circular_wave_leaves_through_open_sides() -> None:
    """Of a ring that meets the sides at up to 45 degrees, less than 8 % comes back."""
    grid = CartesianGrid(nx=100, ny=100, dx=1.0, dy=1.0)
    x, y = np.meshgrid(grid.x - 50.0, grid.y - 50.0)
    start = 0.01 * np.exp(-(x**2 + y**2) / 64.0)
    # Without sides, the same ring has left the square and passed by.
    wide = CartesianGrid(nx=300, ny=300, dx=1.0, dy=1.0, west=-100.0, south=-100.0)
    beyond = np.zeros(wide.shape)
    beyond[100:200, 100:200] = start
    bounded = simulate(np.full(grid.shape, -1.0), start, grid, duration=40.0)
    free = simulate(np.full(wide.shape, -1.0), beyond, wide, duration=40.0)
    incident = free.max_elevation[150, 200]
    assert np.abs(bounded.elevation - free.elevation[100:200, 100:200]).max() < 0.08 * incident


def test_a_wave_comes_back_from_a_wall() -> None:
    """A pulse between walls keeps its volume and doubles its height at the wall."""
    grid = CartesianGrid(nx=200, ny=1, dx=0.5, dy=0.5)
    start = 0.001 * np.exp(-(((grid.x - 50.0) / 5.0) ** 2))[np.newaxis]
    walls = Boundaries(west="wall", east="wall", south="wall", north="wall")
    result = simulate(np.full((1, 200), -1.0), start, grid, duration=30.0, boundaries=walls)
    assert result.max_elevation[0, [0, -1]] == pytest.approx(0.001, rel=0.05)
    assert abs(result.volume_change) < 1e-15


def test_a_periodic_domain_has_no_sides() -> None:
    """A start moved around a periodic domain gives the same end, moved as far."""
    periodic = Boundaries(west="periodic", east="periodic", south="periodic", north="periodic")
    bed = np.random.default_rng(2).uniform(-20.0, 0.5, POND.shape)
    surface = np.maximum(bed, _hump(POND))
    plain = simulate(bed, surface, POND, duration=30.0, boundaries=periodic)
    moved = simulate(
        np.roll(bed, (7, 11), (0, 1)),
        np.roll(surface, (7, 11), (0, 1)),
        POND,
        duration=30.0,
        boundaries=periodic,
    )
    np.testing.assert_allclose(np.roll(moved.elevation, (-7, -11), (0, 1)), plain.elevation, atol=1e-12)


def test_maxima_and_arrivals_are_those_of_the_steps() -> None:
    """The fields tracked in the sweep agree with gauges that read every time step."""
    bed = np.full(POND.shape, -5.0)
    bed[:, 30:] = 0.5
    surface = np.maximum(bed, _hump(POND, height=3.0))
    east, north = np.meshgrid(POND.x[::5], POND.y[::5])
    everywhere = np.column_stack((east.ravel(), north.ravel()))
    wet = everywhere[everywhere[:, 0] < 300.0]
    result = simulate(bed, surface, POND, duration=60.0, gauges=wet, arrival_threshold=0.02)
    column, row = (wet // 10.0).astype(int).T
    for n in range(len(wet)):
        readings = result.gauge_elevation[n]
        arrived = np.flatnonzero(np.abs(readings) >= 0.02)
        assert result.max_elevation[row[n], column[n]] == readings.max()
        assert result.arrival_time[row[n], column[n]] == result.gauge_time[arrived[0]]
    assert np.isnan(result.max_elevation[0, -1])
    assert np.isnan(result.arrival_time[0, -1])
    flooded = ~np.isnan(result.max_elevation[15, 30:])
    assert flooded.any()
    assert (result.arrival_time[15, 30:][flooded] > 0.0).all()


def test_a_gauge_between_cells_is_interpolated() -> None:
    """A plane surface is read exactly, at the start, anywhere between wet cells."""
    x, y = np.meshgrid(POND.x, POND.y)
    surface = 0.001 * x - 0.002 * y
    places = np.array([(123.4, 56.7), (5.0, 5.0), (394.9, 294.9)])
    result = simulate(np.full(POND.shape, -9.0), surface, POND, duration=0.0, gauges=places)
    np.testing.assert_allclose(result.gauge_elevation[:, 0], places @ [0.001, -0.002], atol=1e-12)
    np.testing.assert_allclose(result.gauge_position, places)


def test_a_gauge_on_land_reads_the_nearest_water() -> None:
    """Neither a gauge on land nor one at the shore mixes in the height of the ground."""
    bed = np.full(POND.shape, -5.0)
    bed[:, 20:] = 80.0
    result = simulate(bed, np.maximum(bed, 0.25), POND, duration=0.0, gauges=[(300.0, 101.0), (199.0, 101.0)])
    np.testing.assert_allclose(result.gauge_elevation, 0.25)
    np.testing.assert_allclose(result.gauge_position, [(195.0, 105.0), (195.0, 105.0)])


def test_a_gauge_takes_either_convention_of_longitude() -> None:
    """A gauge at 170 west is found on a grid that counts to 195 east."""
    grid = SphericalGrid(lon=np.arange(165.5, 195.0), lat=np.arange(0.5, 5.0))
    surface = np.tile(grid.lon - 180.0, (5, 1))
    result = simulate(np.full(grid.shape, -99.0), surface, grid, duration=0.0, gauges=[(-170.0, 2.0)])
    assert result.gauge_elevation[0, 0] == pytest.approx(10.0)
    assert result.gauge_position[0, 0] == pytest.approx(190.0)


def test_gauges_are_read_at_regular_times_when_asked() -> None:
    """The interval gives 0, 10, 20 … seconds; without one every time step is kept."""
    bed, start = np.full(POND.shape, -5.0), _hump(POND)
    place = [(250.0, 150.0)]
    steps = simulate(bed, start, POND, duration=25.0, gauges=place)
    regular = simulate(bed, start, POND, duration=25.0, gauges=place, gauge_interval=10.0)
    assert steps.gauge_time.size == steps.steps + 1
    assert regular.gauge_time.tolist() == [0.0, 10.0, 20.0]
    assert regular.gauge_elevation.shape == (1, 3)
    expected = np.interp([0.0, 10.0, 20.0], steps.gauge_time, steps.gauge_elevation[0])
    np.testing.assert_allclose(regular.gauge_elevation[0], expected)


@pytest.mark.parametrize("gauges", [None, [], np.empty((0, 2))])
def test_without_gauges_there_are_no_readings(gauges: ArrayLike | None) -> None:
    """The arrays are there and empty, whichever way none is said."""
    result = simulate(np.full(POND.shape, -5.0), np.zeros(POND.shape), POND, duration=1.0, gauges=gauges)
    assert result.gauge_elevation.shape[0] == result.gauge_position.shape[0] == 0


def test_progress_is_told_and_may_interrupt() -> None:
    """The hook hears rising times up to the duration; an exception in it ends the run."""
    bed, start = np.full(POND.shape, -5.0), _hump(POND)
    times: list[float] = []
    result = simulate(bed, start, POND, duration=20.0, on_progress=times.append)
    assert times == sorted(times)
    assert times[-1] == result.time == 20.0
    assert len(times) == result.steps

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(bed, start, POND, duration=20.0, on_progress=stop)


def test_a_rough_bed_slows_the_water() -> None:
    """With Manning's friction a dam break runs less far, and energy is lost, not volume."""
    grid = CartesianGrid(nx=100, ny=1, dx=1.0, dy=1.0)
    dam = np.where(grid.x < 50.0, 1.0, 0.0)[np.newaxis]
    walls = Boundaries(west="wall", east="wall", south="wall", north="wall")

    def reach(manning: float) -> Simulation:
        return simulate(np.zeros((1, 100)), dam, grid, duration=5.0, boundaries=walls, manning=manning)

    smooth, rough = reach(0.0), reach(0.05)
    assert np.isnan(rough.max_elevation).sum() > np.isnan(smooth.max_elevation).sum() + 5
    assert abs(rough.volume_change) < 1e-12


def test_dry_land_stays_as_it_is() -> None:
    """A domain without water takes one step and reports none."""
    result = simulate(
        np.full((3, 4), 7.0), np.zeros((3, 4)), CartesianGrid(nx=4, ny=3, dx=1, dy=1), duration=9.0
    )
    assert result.steps == 1
    assert result.volume == 0.0
    assert np.array_equal(result.elevation, np.full((3, 4), 7.0))
    assert np.isnan(result.max_elevation).all()


def test_the_callers_arrays_are_left_alone() -> None:
    """Bed and start are copied, also when they could be used as they are."""
    bed, start = np.full(POND.shape, -5.0), _hump(POND)
    before = bed.copy(), start.copy()
    simulate(bed, start, POND, duration=5.0)
    assert np.array_equal(bed, before[0])
    assert np.array_equal(start, before[1])


def test_a_displaced_sea_leaves_the_land_dry() -> None:
    """The sea takes the displacement, also below the old bed; land keeps its height."""
    surface = sea_surface([[-10.0, -1.0, 0.0, 5.0]], [[2.0, -3.0, 2.0, 2.0]])
    assert surface.tolist() == [[2.0, -1.0, 0.0, 5.0]]


_FLAT = np.full(POND.shape, -5.0)
_STILL = np.zeros(POND.shape)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simulate(_FLAT[:5], _STILL, POND, duration=1.0), r"bed has shape \(5, 40\), but the grid"),
        (lambda: simulate(_FLAT * np.nan, _STILL, POND, duration=1.0), "bed has 1200 values that are not"),
        (lambda: simulate(_FLAT, _STILL, POND, duration=np.inf), "duration is inf s"),
        (lambda: simulate(_FLAT, _STILL, POND, duration=1.0, cfl=0.9), "Courant number is 0.9"),
        (lambda: simulate(_FLAT, _STILL, POND, duration=1.0, manning=-1.0), "coefficient is -1.0"),
        (lambda: simulate(_FLAT, _STILL, POND, duration=1.0, dry_depth=0.0), "dry depth is 0.0 m"),
        (lambda: simulate(_FLAT, _STILL, POND, duration=1.0, gauge_interval=0.0), "gauge interval is 0.0 s"),
        (
            lambda: simulate(_FLAT, _STILL, POND, duration=1.0, gauges=[(20.0, 20.0), (500.0, 0.0)]),
            r"Gauge 1 at \(500.0, 0.0\) lies outside the domain",
        ),
        (
            lambda: simulate(-_FLAT, _STILL, POND, duration=1.0, gauges=[(20.0, 20.0)]),
            "No cell of the domain holds water",
        ),
        (lambda: simulate(_FLAT, _STILL, POND, duration=1.0, gauges=[1.0, 2.0, 3.0]), r"shape \(1, 3\)"),
        (lambda: Boundaries(west="opne"), "west boundary is 'opne'; it can be 'open', 'wall', 'periodic'"),
        (lambda: Boundaries(north="periodic"), "needs its opposite side periodic too"),
        (lambda: CartesianGrid(nx=0, ny=3, dx=1.0, dy=1.0), "has no area"),
    ],
)
def test_a_wrong_argument_is_refused(call: Callable[[], object], message: str) -> None:
    """The error names the argument, its value and what is accepted."""
    with pytest.raises(ValueError, match=message):
        call()


def test_values_out_of_all_range_end_with_an_error() -> None:
    """A start that overflows is not iterated on for ever."""
    with pytest.raises(FloatingPointError, match="no time step down to"):
        simulate(_FLAT, _STILL, POND, duration=1.0, momentum=(_STILL + 1e300, _STILL))
