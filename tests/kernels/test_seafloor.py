"""The motion of the sea bed on the sphere against the flat half-space it is made of."""

import numpy as np
import pytest

from eflows_kernels.faults import Subfaults, moment_magnitude
from eflows_kernels.kajiura import kajiura_smoothed
from eflows_kernels.okada import surface_displacement
from eflows_kernels.seafloor import GroundMotion, ground_motion, uplift_over_slopes
from eflows_kernels.sphere import EARTH_RADIUS, destination, offset, wrapped


def fault(**changes: float) -> Subfaults:
    """Return one thrust under the sea off Honshu, or what is changed about it."""
    values = {
        "longitude": 142.0, "latitude": 38.0, "depth": 20e3, "length": 100e3, "width": 50e3, "strike": 200.0,
        "dip": 15.0, "rake": 80.0, "slip": 5.0, "rigidity": 40e9, "rupture_time": 0.0,
    }  # fmt: skip
    return Subfaults(**{name: np.array([value]) for name, value in (values | changes).items()})


def test_close_to_a_fault_the_sphere_gives_what_the_plane_gives():
    """On the equator a fault that strikes north moves the ground as Okada's frame, turned, does."""
    source = fault(longitude=0.0, latitude=0.0, strike=0.0)
    east, north = np.array([-30e3, 10e3, 60e3]), np.array([20e3, -40e3, 5e3])
    lon, lat = destination(0.0, 0.0, east=east, north=north)

    found = ground_motion(lon, lat, source)

    cosine, sine = np.cos(np.radians(15)), np.sin(np.radians(15))
    flat = surface_displacement(
        north + 50e3, -east + 25e3 * cosine, depth=20e3 + 25e3 * sine, dip=15, length=100e3, width=50e3,
        strike_slip=5 * np.cos(np.radians(80)), dip_slip=5 * np.sin(np.radians(80)),
    )  # fmt: skip
    np.testing.assert_allclose(found.up, flat.up, atol=1e-9)
    np.testing.assert_allclose(found.north, flat.along_strike, atol=1e-4)
    np.testing.assert_allclose(found.east, -flat.across_strike, atol=1e-4)


@pytest.mark.parametrize("turn", [-360.0, 360.0])
def test_the_longitude_convention_does_not_matter(turn):
    """A source on 0 to 360 and points on -180 to 180 give the same motion."""
    lon, lat = np.array([140.0, 150.0, 179.9, 180.1]), np.array([38.0, 30.0, 38.0, 38.0])

    here = ground_motion(lon, lat, fault())
    there = ground_motion(lon + turn, lat, fault())

    np.testing.assert_allclose(np.array(there), np.array(here), atol=1e-9)


def test_motion_is_smooth_across_the_date_line():
    """A fault on the date line moves both sides alike."""
    source = fault(longitude=180.0, latitude=-20.0, strike=0.0, dip=90.0, rake=90.0, depth=40e3)
    step = np.array([0.05, 0.2, 0.5])

    west = ground_motion(180.0 - step, -20.0, source)
    east = ground_motion(-180.0 + step, -20.0, source)

    np.testing.assert_allclose(east.up, -west.up, atol=1e-6)
    np.testing.assert_allclose(east.east, west.east, atol=1e-6)


def test_motion_depends_on_the_place_of_the_fault_only_through_the_sphere():
    """Turned with the globe, a source far north moves the ground as it does on the equator."""
    bearing = np.radians(np.arange(0, 360, 45))
    reach = 900e3
    moved = []
    for latitude in (0.0, 70.0):
        lon, lat = destination(10.0, latitude, east=reach * np.sin(bearing), north=reach * np.cos(bearing))
        moved.append(ground_motion(lon, lat, fault(longitude=10.0, latitude=latitude)))
    equator, arctic = moved

    np.testing.assert_allclose(arctic.up, equator.up, rtol=1e-6)
    np.testing.assert_allclose(
        np.hypot(arctic.east, arctic.north), np.hypot(equator.east, equator.north), rtol=1e-6
    )


def test_a_slope_that_moves_seaward_lifts_the_water():
    """One metre eastward on a bed that falls eastward by one in fifty lifts it by two centimetres."""
    lon, lat = np.linspace(0.0, 1.0, 11), np.linspace(-0.5, 0.5, 11)
    east = np.radians(lon) * EARTH_RADIUS
    bed = np.broadcast_to(-east / 50.0, (11, 11)) * np.cos(np.radians(lat))[:, None]
    motion = GroundMotion(np.ones((11, 11)), np.zeros((11, 11)), np.zeros((11, 11)))

    uplift = uplift_over_slopes(motion, bed, lon, lat)

    np.testing.assert_allclose(uplift, 0.02, rtol=1e-12)


def test_deep_water_smooths_an_uplift_as_kajiura_says():
    """One wave of the bed comes up divided by cosh(k h), and the lifted volume is kept."""
    step = np.degrees(1e3 / EARTH_RADIUS)
    lon, lat = np.arange(120) * step, (np.arange(80) - 39.5) * step
    hill = np.exp(-(((np.arange(120) - 60) / 6.0) ** 2) - ((np.arange(80)[:, None] - 40) / 6.0) ** 2)
    deep = np.full(hill.shape, 4e3)

    smooth = kajiura_smoothed(hill, deep, lon, lat)
    dry = kajiura_smoothed(hill, -deep, lon, lat)

    k = 2 * np.pi * np.fft.rfftfreq(120, 1e3)[3]
    passed = np.fft.rfft(smooth.sum(0))[3] / np.fft.rfft(hill.sum(0))[3]
    assert abs(passed) == pytest.approx(1 / np.cosh(k * 4e3), rel=1e-3)
    assert smooth.sum() == pytest.approx(hill.sum(), rel=1e-3)
    assert smooth.max() < 0.85
    np.testing.assert_allclose(dry, hill, atol=1e-12)


def test_there_and_back_on_the_sphere_is_where_one_was():
    """`offset` is the inverse of `destination`, and `wrapped` never returns its upper end."""
    rng = np.random.default_rng(5)
    east, north = rng.uniform(-4e6, 4e6, (2, 40))

    lon, lat = destination(-175.0, 35.0, east=east, north=north)

    np.testing.assert_allclose(offset(lon + 360.0, lat, origin=(-175.0, 35.0)), (east, north), atol=1e-3)
    assert wrapped([-180.0 - 1e-15, 180.0, 540.0], west=-180.0).tolist() == [-180.0, -180.0, -180.0]


def test_outlines_are_the_edges_seen_from_above():
    """A fault that strikes north and dips east has its upper edge in the west, and closes."""
    source = fault(longitude=0.0, latitude=0.0, strike=0.0, dip=60.0, depth=30e3)

    lon, lat = source.outlines

    degree = np.radians(1.0) * EARTH_RADIUS
    np.testing.assert_allclose(lat * degree, [[-50e3, 50e3, 50e3, -50e3, -50e3]], rtol=1e-4)
    np.testing.assert_allclose(lon * degree, [[-12.5e3, -12.5e3, 12.5e3, 12.5e3, -12.5e3]], rtol=1e-4)


def test_subfaults_know_their_moment_and_refuse_nonsense():
    """Moment is rigidity times area times slip; fields of different length or in the air are errors."""
    assert fault().moment == pytest.approx(40e9 * 100e3 * 50e3 * 5)
    assert fault().magnitude == pytest.approx(moment_magnitude(1e21))
    with pytest.raises(ValueError, match="reaches 1470 m above the surface"):
        fault(depth=5e3)
    with pytest.raises(ValueError, match="slip of a subfault is not a finite number"):
        fault(slip=float("nan"))
    with pytest.raises(ValueError, match="no magnitude; it must be positive"):
        moment_magnitude(0.0)
