"""The shallow-water solver on the sphere and in rotating frames."""

from collections.abc import Iterator

import numba
import numpy as np
import pytest

from eflows_kernels.shallow_water import Boundaries, CartesianGrid, SphericalGrid, simulate

RADIUS, ROTATION, GRAVITY = 6.371e6, 7.292115e-5, 9.81
PERIODIC = Boundaries(west="periodic", east="periodic", south="periodic", north="periodic")


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Run on one thread, whose code compiles sooner."""
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(before)


def test_a_long_wave_travels_along_the_equator_at_its_speed() -> None:
    """Over 30 degrees of an ocean 4000 m deep the crest keeps sqrt(g h) to a third of a percent."""
    grid = SphericalGrid(lon=np.arange(0.05, 60.0, 0.1), lat=0.1 * np.arange(-2, 3), rotation=0.0)
    start = np.tile(0.1 * np.exp(-(((grid.lon - 10.0) / 1.5) ** 2)), (5, 1))
    result = simulate(
        np.full(grid.shape, -4000.0),
        start,
        grid,
        duration=6.5 * 3600.0,
        boundaries=Boundaries(south="wall", north="wall"),
        gauges=[(20.0, 0.0), (50.0, 0.0)],
        gauge_interval=10.0,
    )
    passed = result.gauge_time[result.gauge_elevation.argmax(axis=1)]
    speed = np.radians(30.0) * RADIUS / (passed[1] - passed[0])
    assert speed == pytest.approx(np.sqrt(GRAVITY * 4000.0), rel=3e-3)


def test_a_current_on_a_rotating_plane_turns_in_inertial_circles() -> None:
    """After a quarter of 2 pi / f a current has turned right by 90 degrees, after all of it by 360."""
    grid = CartesianGrid(nx=4, ny=4, dx=1000.0, dy=1000.0, coriolis=1e-3)
    still = np.zeros((4, 4))
    period = 2.0 * np.pi / 1e-3
    quarter, whole = (
        simulate(
            still - 100.0, still, grid, duration=time, momentum=(still + 10.0, still), boundaries=PERIODIC
        )
        for time in (0.25 * period, period)
    )
    np.testing.assert_allclose(quarter.momentum_y, -10.0, rtol=1e-3)
    np.testing.assert_allclose(quarter.momentum_x, 0.0, atol=1e-2)
    np.testing.assert_allclose(whole.momentum_x, 10.0, rtol=1e-3)
    np.testing.assert_allclose(whole.momentum_y, 0.0, atol=1e-2)


def test_a_zonal_current_in_balance_stays_in_balance() -> None:
    """Williamson's (1992) test 2: solid rotation is steady on the sphere; its error falls with order 2."""
    speed = 38.6
    errors = []
    for cells in (30, 60, 120):
        step = 180.0 / cells
        lat = -60.0 + step * (np.arange(round(120.0 / step)) + 0.5)
        grid = SphericalGrid(lon=step * np.arange(4), lat=lat)
        phi = np.radians(lat)[:, np.newaxis] * np.ones(4)
        depth = 3000.0 - (RADIUS * ROTATION * speed + 0.5 * speed**2) * np.sin(phi) ** 2 / GRAVITY
        result = simulate(
            np.full(grid.shape, -3000.0),
            depth - 3000.0,
            grid,
            duration=6000.0,
            momentum=(depth * speed * np.cos(phi), np.zeros(grid.shape)),
            boundaries=Boundaries(west="periodic", east="periodic", south="wall", north="wall"),
        )
        # The walls are wrong for this flow, so look only where nothing from them has arrived.
        middle = np.abs(lat) < 30.0
        drift = np.abs(result.momentum_y / depth)[middle].max()
        rise = np.abs(result.elevation - (depth - 3000.0))[middle].max()
        errors.append((drift, rise))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert errors[-1][0] < 0.05
    assert orders[-1].min() > 1.9


def test_the_areas_of_cells_add_up_to_the_sphere() -> None:
    """Cells from pole to pole cover 4 pi R² exactly."""
    grid = SphericalGrid(lon=np.arange(0.0, 360.0, 10.0), lat=np.arange(-85.0, 90.0, 10.0))
    assert 36 * grid.cell_areas().sum() == pytest.approx(4.0 * np.pi * RADIUS**2, rel=1e-12)


@pytest.mark.parametrize(
    ("lon", "lat", "message"),
    [
        ([0.0, 1.0, 2.5], [0.0, 1.0], "longitudes are not equally spaced"),
        ([0.0, 1.0], [1.0, 0.0], "latitudes descend from 1 to 0; reverse that axis"),
        ([0.0, 1.0], [88.0, 90.0], "beyond a pole"),
        ([0.0], [0.0, 1.0], "give at least two"),
        ([0.0, 200.0, 400.0], [0.0, 1.0], "more than once"),
    ],
)
def test_a_grid_that_is_none_is_refused(lon: list[float], lat: list[float], message: str) -> None:
    """The error names the axis, what is wrong with it and the way out."""
    with pytest.raises(ValueError, match=message):
        SphericalGrid(lon=np.array(lon), lat=np.array(lat))
