"""Grids and reliefs: every longitude convention, both directions, the date line, and clear refusals."""

import numpy as np
import pytest

from eflows_kernels.grids import Domain, parse_domain, regular_grid, relief_on_grid, relief_window
from eflows_kernels.ocean import idealised_ocean
from eflows_kernels.sources import Event


def hills(lon, lat):
    """Return a relief that is smooth on the globe."""
    a, b = np.radians(lon), np.radians(lat)
    return 1000.0 * np.cos(a)[None, :] * np.cos(b)[:, None] - 3000.0


GLOBES = {
    "-180 to 180": np.arange(-179.5, 180.0),
    "0 to 360": np.arange(0.5, 360.0),
    "20 to 380": np.arange(20.5, 380.0),
    "nodes, both ends": np.arange(-180.0, 180.5),
}
DOMAINS = [
    "135,165,25,50",
    "160,210,-40,-10",
    "-75,-65,-40,-30",
    "285,295,-40,-30",
    "-10,10,-5,5",
    "350,370,0,9",
]


@pytest.mark.parametrize("convention", GLOBES)
@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("order", [1, -1], ids=["northward", "southward"])
def test_a_relief_of_any_convention_gives_the_same_bed(convention, domain, order):
    """Longitudes of any range and latitudes of either order are brought onto the grid, read in windows."""
    grid = regular_grid(parse_domain(domain), resolution_arcmin=20)
    lon, lat = GLOBES[convention], np.arange(-89.5, 90.0)[::order]
    z = hills(lon, lat)
    window = relief_window(lon, lat, grid)

    part = np.concatenate([z[window.rows, columns] for columns in window.columns], axis=1)
    part_lon = np.concatenate([lon[columns] for columns in window.columns])
    bed = relief_on_grid(part_lon, lat[window.rows], part, grid)

    np.testing.assert_allclose(bed, hills(grid.longitude, grid.latitude), atol=0.2)
    np.testing.assert_allclose(bed, relief_on_grid(lon, lat, z, grid), atol=1e-9)
    assert part.size < 0.2 * z.size


def test_a_finer_relief_is_averaged_so_the_sea_keeps_its_volume():
    """Each cell of the grid holds the mean of the relief's cells inside it."""
    grid = regular_grid(Domain(west=0.0, east=4.0, south=0.0, north=4.0), resolution_arcmin=30)
    lon = lat = (np.arange(80) + 0.5) / 20.0
    z = np.random.default_rng(2).uniform(-5000, 0, (80, 80))

    bed = relief_on_grid(lon, lat, z, grid)

    np.testing.assert_allclose(bed, z.reshape(8, 10, 8, 10).mean((1, 3)), rtol=1e-9)


def test_a_grid_fills_its_domain_exactly():
    """Cells have the asked resolution, centres lie half a cell inside, `holds` knows the box."""
    grid = regular_grid(parse_domain([160, -150, -40, -10]), resolution_arcmin=30)

    assert grid.shape == (60, 100)
    assert (grid.longitude[0], grid.longitude[-1]) == pytest.approx((160.25, 209.75))
    assert grid.holds([-175.0, 185.0, 150.0, 160.0], [-20.0, -20.0, -20.0, -45.0]).tolist() == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        ("135,165,25", "'135,165,25' is not west,east,south,north"),
        ("a,b,c,d", "not west,east,south,north"),
        ("135,165,50,25", "no box: south must lie below north"),
        ([0, 361, 0, 1], "wider than 360"),
        ([0, 60, 60, 90], "within 5 degrees of a pole"),
    ],
)
def test_a_domain_that_is_no_box_is_refused(domain, message):
    """The error repeats the domain and says what one looks like."""
    with pytest.raises(ValueError, match=message):
        parse_domain(domain)


def test_a_grid_of_too_few_cells_is_refused():
    """A resolution larger than the domain names both."""
    with pytest.raises(ValueError, match="600 arc-minutes leaves 1 x 1 cells in a domain of 10 x 10"):
        regular_grid(parse_domain("0,10,0,10"), resolution_arcmin=600)
    with pytest.raises(ValueError, match="must be positive"):
        regular_grid(parse_domain("0,10,0,10"), resolution_arcmin=0)


def test_a_domain_outside_the_relief_is_refused():
    """A regional relief that does not reach the domain, or has holes in it, is an error that gives both."""
    lon, lat = np.arange(100.5, 150.0), np.arange(20.5, 50.0)
    z = hills(lon, lat)
    beyond = regular_grid(parse_domain("135,165,25,45"), resolution_arcmin=30)
    inside = regular_grid(parse_domain("-240,-220,25,45"), resolution_arcmin=30)
    z[10, 30] = np.nan

    with pytest.raises(ValueError, match=r"135 to 165 degrees east.*outside the relief, which spans 100\.5"):
        relief_on_grid(lon, lat, z, beyond)
    with pytest.raises(ValueError, match="reaches outside the relief"):
        relief_window(lon, lat, regular_grid(parse_domain("0,20,25,45"), resolution_arcmin=30))
    with pytest.raises(ValueError, match="no value at 1 of its points"):
        relief_on_grid(lon, lat, z, inside)


def test_the_idealised_ocean_is_a_margin_along_the_strike():
    """The hypocentre lies under the slope, deep sea left of the strike and land to its right."""
    grid = regular_grid(parse_domain("135,165,25,50"), resolution_arcmin=30)
    event = Event(
        magnitude=9.1, longitude=142.37, latitude=38.3, depth=29e3, strike=203.0, dip=10.0, rake=88.0
    )

    bed = idealised_ocean(grid, event)

    row = bed[26]
    assert bed.min() < -6500
    assert row[-1] == -5600.0
    assert row[0] == 300.0
    assert -6500 < row[14] < -1000
    turned = Event(
        magnitude=9.1, longitude=142.37, latitude=38.3, depth=29e3, strike=23.0, dip=10.0, rake=88.0
    )
    assert idealised_ocean(grid, turned)[26, 0] == -5600.0
