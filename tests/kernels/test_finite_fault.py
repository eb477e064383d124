"""Finite-fault tables in the formats of UCSB, USGS and SRCMOD, and errors that say where to look."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from eflows_kernels.finite_fault import parse_finite_fault
from eflows_kernels.sphere import destination

FOLDER = Path(os.environ.get("EFLOWS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
DATA = FOLDER / "tohoku_finite_fault.txt"
LENGTH, WIDTH, STRIKE, DIP, TOP = 20.0, 10.0, 30.0, 25.0, 5.0


def place(along: float, down: float) -> tuple[float, float, float]:
    """Return longitude, latitude and depth in km of a point of one plane, by distances in km."""
    strike, right = np.radians(STRIKE), down * np.cos(np.radians(DIP))
    lon, lat = destination(
        -72.0,
        -35.0,
        east=1e3 * (along * np.sin(strike) + right * np.cos(strike)),
        north=1e3 * (along * np.cos(strike) - right * np.sin(strike)),
    )
    return float(lon), float(lat), TOP + down * np.sin(np.radians(DIP))


def param(reference: tuple[float, float], note: str = "") -> str:
    """Return a table of 3 x 2 subfaults as USGS writes it, its rows at `reference` of each subfault."""
    corners = [(0, 0), (3 * LENGTH, 0), (3 * LENGTH, 2 * WIDTH), (0, 2 * WIDTH), (0, 0)]
    rows = []
    for j in range(2):
        for i in range(3):
            lon, lat, depth = place((i + reference[0]) * LENGTH, (j + reference[1]) * WIDTH)
            slip = 100 * (1 + i + 3 * j)
            rows.append(f"{lat:.5f} {lon:.5f} {depth:.5f} {slip}. 90. 30. 25. 10. 2. 2. {slip * 6e23:.5e}")
    boundary = ["{:.5f} {:.5f} {:.5f}".format(*place(*corner)) for corner in corners]
    lines = [
        "#Total number of fault_segments=     1",
        f"#Fault_segment =   1 nx(Along-strike)=   3 Dx= {LENGTH:.2f}km ny(downdip)=   2 Dy= {WIDTH:.2f}km",
        "#Boundary of Fault_segment     1. EQ in cell 2,1. Lon:  -72.0   Lat: -35.0",
        f"#Lon.  Lat.  Depth{note}",
        *boundary,
        "#Lat. Lon. depth slip rake strike dip t_rup t_ris t_fal mo",
        *rows,
    ]
    return "\n".join(lines)


FSP = """% ---------------------------------- FINITE-SOURCE RUPTURE MODEL
% Loc  : LAT = -35.0  LON = -72.0  DEP = 10
% Size : LEN = 60 km  WID = 20 km  Mw = 7.2  Mo = 1.3e20 Nm
% Mech : STRK = 28  DIP = 20  RAKE = 95  Htop = 5 km
% Invs :   Nx =  3  Nz = 2  Fmin = 0.01 Hz
% Invs :   Dx =  20.0 km  Dz = 10.0 km
% Nsg  : Nsg = 2
% SEGMENT # 1: STRIKE =  30.0 deg  DIP = 25 deg
% Nsbfs = 2 subfaults
% Coordinates are given for {where} of each subfault or segment: |'|
%    LAT       LON      X==EW    Y==NS     Z       SLIP    RAKE   TRUP   RISE  SF_MOMENT
% ------------------------------------------------------------------------
 -35.00 -72.00 0.0 0.0 5.0 2.0 90.0 0.0 1.0 1.6e19
 -34.90 -71.90 0.0 0.0 5.0 3.0 80.0 12.0 1.0 2.4e19
% SEGMENT # 2: STRIKE =  40.0 deg  DIP = 35 deg
% Nsbfs = 1 subfaults
%    LAT       LON      X==EW    Y==NS     Z       SLIP    RAKE   TRUP   RISE  SF_MOMENT
% ------------------------------------------------------------------------
 -34.80 -71.80 0.0 0.0 9.0 1.0 70.0 0.0 1.0 0.8e19
"""


@pytest.mark.parametrize("reference", [(0.5, 0.5), (0.5, 0.0), (0.0, 0.0)], ids=["centre", "top", "corner"])
def test_the_boundary_tells_which_point_of_a_subfault_the_rows_give(reference):
    """Tables of corners, of upper edges and of centres give the same subfaults."""
    found = parse_finite_fault(param(reference))

    expected = [place((i + 0.5) * LENGTH, (j + 0.5) * WIDTH) for j in range(2) for i in range(3)]
    lon, lat, depth = np.transpose(expected)
    np.testing.assert_allclose(found.longitude, lon, atol=4e-4)
    np.testing.assert_allclose(found.latitude, lat, atol=4e-4)
    np.testing.assert_allclose(found.depth, 1e3 * depth, atol=1.0)
    np.testing.assert_allclose(found.slip, [1, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(found.rigidity, 30e9)


def test_a_note_on_the_centroid_overrules_the_boundary():
    """What the file says of its rows counts more than what its corners suggest."""
    stated = "\n#Note: the lat. lon. and depth are corresponding to the centroid location of each subfault"

    found = parse_finite_fault(param((0.0, 0.0), note=stated))

    assert found.depth[0] == pytest.approx(TOP * 1e3, abs=0.1)


def test_segments_of_a_table_follow_each_other():
    """Two segments give the subfaults of both, each with its own size."""
    second = param((0.5, 0.5)).split("\n", 1)[1].replace("Dx= 20.00km", "Dx= 10.00km")

    found = parse_finite_fault(param((0.5, 0.5)) + "\n" + second)

    assert len(found) == 12
    assert found.length.tolist() == [20e3] * 6 + [10e3] * 6


def test_an_fsp_file_of_several_segments_is_read():
    """Strike and dip come from each segment, slip is in metres, depth from the column Z."""
    found = parse_finite_fault(FSP.format(where="center"))

    assert found.strike.tolist() == [30.0, 30.0, 40.0]
    assert found.dip.tolist() == [25.0, 25.0, 35.0]
    assert found.slip.tolist() == [2.0, 3.0, 1.0]
    assert found.depth.tolist() == [5e3, 5e3, 9e3]
    assert found.rupture_time.tolist() == [0.0, 12.0, 0.0]
    assert found.moment == pytest.approx(4.8e19)


def test_an_fsp_file_of_upper_edges_is_moved_to_the_centres():
    """Half a width further down dip, to the right of strike."""
    centre = parse_finite_fault(FSP.format(where="center"))
    top = parse_finite_fault(FSP.format(where="top-center"))

    np.testing.assert_allclose(top.depth - centre.depth, 5e3 * np.sin(np.radians(centre.dip)))
    assert (top.longitude > centre.longitude).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lon,lat\n1,2\n", "not a finite-fault table .*'lon,lat 1,2'"),
        (param((0.5, 0.5)).replace("Dy= 10.00km", ""), "gives no Dy in"),
        (param((0.5, 0.5)).rsplit("\n", 1)[0], "should hold 6 subfaults, but 5 rows follow"),
        (param((0.5, 0.5)).replace(" rake ", " "), "names no column rake"),
        (param((0.5, 0.5)) + " 7.", "Row 6 of the finite-fault table has 12 values for 11 columns"),
        (param((0.5, 0.5)).replace("600. 90.", "600. n/a"), "something that is no number"),
        (re.sub("STRI?K.*=.*", "", FSP).format(where="center"), "gives no STRIKE"),
    ],
)
def test_a_broken_table_is_refused_by_naming_what_is_missing(text, message):
    """Every error says what is wrong and where."""
    with pytest.raises(ValueError, match=message):
        parse_finite_fault(text)


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the published table is not beside the checkout")
def test_the_published_tohoku_model_is_read_whole():
    """19 x 10 subfaults of 25 x 20 km with the moment of magnitude 9.1, the largest slip near 60 m."""
    found = parse_finite_fault(DATA.read_text())

    assert len(found) == 190
    assert found.magnitude == pytest.approx(9.1, abs=0.02)
    assert found.slip.max() == pytest.approx(59.8, abs=0.1)
    assert 50.0 < found.centroid_time < 90.0
    assert found.top.min() == pytest.approx(7.4e3, abs=200)
