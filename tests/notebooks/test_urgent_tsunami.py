"""The tsunami notebook from its first cell to its last, on an idealised ocean and on the real one."""

import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from eflows_kernels.records import first_crest
from eflows_nb.workflows.run import run

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "10-urgent-tsunami.ipynb"
DATA = Path(os.environ.get("EFLOWS_TEST_DATA", ROOT.parent / "shared" / "data"))
FIGURES = {"source.png", "max_elevation.png", "arrival_time.png", "exceedance.png", "gauges.png"}
# First crests of the records, detided: minutes after origin and metres.
DART = {"21418": (33, 1.83), "21401": (67, 0.67), "21413": (81, 0.77), "21419": (90, 0.56)}
MAULE = {
    "magnitude": 8.8, "longitude": -72.9, "latitude": -36.1, "depth_km": 23.0,
    "strike": 18.0, "dip": 18.0, "rake": 112.0,
}  # fmt: skip

pytestmark = [pytest.mark.notebooks, pytest.mark.engines]
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not beside the checkout")


def results(folder: Path, **parameters: object) -> xr.Dataset:
    """Run the notebook on two engines and return the dataset that it leaves."""
    done = run(
        NOTEBOOK,
        parameters={"output": str(folder), **parameters},
        engines=2,
        output=folder.parent / "executed.ipynb",
    )
    assert done.failure is None, str(done.failure)
    with xr.open_dataset(folder / "tsunami.nc") as dataset:
        return dataset.load()


def test_the_demo_ends_with_a_hazard_and_its_figures(tmp_path: Path):
    """Without any data the ensemble stops by itself and leaves the promised dataset and five figures."""
    folder = tmp_path / "tsunami"

    found = results(folder, resolution_arcmin=30.0, hours=0.5, members=14, tolerance=0.14)

    assert {path.name for path in folder.iterdir()} >= FIGURES
    assert found.max_elevation.dims == found.arrival_time.dims == ("lat", "lon")
    assert found.gauge_elevation.dims == ("gauge", "time")
    assert found.exceedance_probability.dims == ("threshold", "lat", "lon")
    assert (found.arrival_time.dtype, found.time.dtype) == (np.float64, np.float64)
    assert (found.arrival_time.attrs["units"], found.time.attrs["units"]) == ("s", "s")
    assert found.max_elevation.attrs["units"] == found.gauge_elevation.attrs["units"] == "m"
    assert found.gauge.dtype.kind == "U"
    assert int(found.attrs["comment"].split("; ")[-1].split()[0]) in range(8, 14)
    chance = found.exceedance_probability
    assert 0.0 <= float(chance.min()) < float(chance.max()) == 1.0
    assert bool((chance.diff("threshold") <= 0).where(chance.notnull().all("threshold")).fillna(1).all())


def test_without_members_there_is_no_hazard(tmp_path: Path):
    """`members=0` simulates the best source alone, on a list as the domain, and writes no probability."""
    found = results(
        tmp_path / "best", members=0, resolution_arcmin=30.0, hours=0.3, domain=[136, 160, 28, 46]
    )

    assert "exceedance_probability" not in found
    assert float(found.max_elevation.max()) > 1.0
    assert found.lon[0] == 136.25


def test_what_is_not_there_is_named(tmp_path: Path):
    """A bathymetry that does not exist and a hypocentre outside the domain end the run with a sentence."""
    options = {"output": tmp_path / "executed.ipynb", "engines": 1}
    folder = {"output": str(tmp_path / "out"), "members": 0}

    missing = run(NOTEBOOK, parameters=folder | {"bathymetry": "nowhere.nc"}, **options)
    outside = run(NOTEBOOK, parameters=folder | {"longitude": 10.0}, **options)

    assert "There is no bathymetry file 'nowhere.nc'" in str(missing.failure)
    assert "The hypocentre 10 E, 38.3 N lies outside the domain" in str(outside.failure)


@needs_data
@pytest.mark.data
def test_tohoku_2011_meets_its_records(tmp_path: Path):
    """At four DART buoys the first crest comes within 5 minutes and a factor of 2, no trough first."""
    found = results(
        tmp_path / "tohoku",
        bathymetry=str(DATA / "etopo20.nc"),
        gauges=str(DATA / "dart_tohoku_2011.csv"),
        finite_fault=str(DATA / "tohoku_finite_fault.txt"),
        domain="135,165,25,50",
        resolution_arcmin=6.0,
        hours=1.75,
        members=0,
    )

    assert sorted(found.gauge.values) == sorted(DART)
    for buoy, (minutes, metres) in DART.items():
        crest = first_crest(found.time.values, found.gauge_elevation.sel(gauge=buoy).values)
        assert crest is not None
        assert crest.time / 60 == pytest.approx(minutes, abs=5.0)
        assert metres / 2 < crest.height < 2 * metres
        assert crest.trough_before > -0.1 * crest.height


@needs_data
@pytest.mark.data
def test_an_event_elsewhere_is_the_same_on_either_longitude_convention(tmp_path: Path):
    """Maule 2010 on -180 to 180 and on 0 to 360 degrees gives the same tsunami."""
    options = MAULE | {
        "bathymetry": str(DATA / "etopo20.nc"), "resolution_arcmin": 30.0, "hours": 0.5, "members": 0,
    }  # fmt: skip

    west = results(tmp_path / "west", domain="-95,-68,-48,-24", **options)
    east = results(tmp_path / "east", domain="265,292,-48,-24", **options)

    np.testing.assert_allclose(east.lon, west.lon + 360.0)
    np.testing.assert_allclose(east.max_elevation, west.max_elevation, atol=1e-9)
    assert float(west.max_elevation.max()) > 1.0
