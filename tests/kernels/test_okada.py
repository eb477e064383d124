"""The half-space solution against the paper's table and against laws it must obey."""

import math

import numpy as np
import pytest

from eflows_kernels.okada import surface_displacement

# Okada 1985, table 2: (point and fault), slip, expected ux, uy, uz.
CASE_2 = {"x": 2, "y": 3, "depth": 4, "dip": 70, "length": 3, "width": 2}
CASE_3 = {"x": 0, "y": 0, "depth": 4, "dip": 90, "length": 3, "width": 2}
CASE_4 = {"x": 0, "y": 0, "depth": 4, "dip": -90, "length": 3, "width": 2}
TABLE = [
    (CASE_2, "strike_slip", (-8.689e-3, -4.298e-3, -2.747e-3)),
    (CASE_2, "dip_slip", (-4.682e-3, -3.527e-2, -3.564e-2)),
    (CASE_2, "opening", (-2.660e-4, 1.056e-2, 3.214e-3)),
    (CASE_3, "strike_slip", (0.0, 5.253e-3, 0.0)),
    (CASE_3, "dip_slip", (0.0, 0.0, 0.0)),
    (CASE_3, "opening", (1.223e-2, 0.0, -1.606e-2)),
    (CASE_4, "strike_slip", (0.0, -1.303e-3, 0.0)),
    (CASE_4, "dip_slip", (0.0, 0.0, 0.0)),
    (CASE_4, "opening", (3.507e-3, 0.0, -7.740e-3)),
]
SLIPS = ["strike_slip", "dip_slip", "opening"]


@pytest.mark.parametrize(("case", "slip", "expected"), TABLE)
def test_the_papers_table_comes_out_to_the_last_printed_digit(case, slip, expected):
    """All nine rows of table 2, vertical faults of either sign included, agree to four digits."""
    found = surface_displacement(**case, **{slip: 1.0})

    assert [float(f"{float(u):.3e}") for u in found] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("slip", "per_area"),
    [
        ("strike_slip", lambda d: 0.0),
        ("dip_slip", lambda d: math.sin(2 * d) / 8),
        ("opening", lambda d: math.cos(d) ** 2 + 0.75 * math.sin(d) ** 2),
    ],
)
def test_the_lifted_volume_is_that_of_mogis_source_and_a_horizontal_crack(slip, per_area):
    """The lifted volume is linear in the moment tensor, so two known sources fix it for every other one.

    For Poisson's ratio 1/4 a horizontal crack lifts the volume that opens and Mogi's centre of dilatation
    3/2 of its own; three orthogonal cracks make 5/3 of the latter.
    """
    dip, depth, length, width = 35.0, 5.0, 4.0, 3.0
    # Stretched axes: far enough out that the tail of the uplift no longer counts.
    s = np.linspace(-11.0, 11.0, 1201)
    axis, weight = np.sinh(s), np.cosh(s) * (s[1] - s[0])

    up = surface_displacement(
        axis[None, :], axis[:, None], depth=depth, dip=dip, length=length, width=width, **{slip: 1.0}
    ).up

    assert weight @ up @ weight == pytest.approx(per_area(math.radians(dip)) * length * width, abs=2e-3)


@pytest.mark.parametrize("slip", SLIPS)
def test_two_halves_of_a_fault_move_the_ground_as_the_whole_does(slip):
    """Cut along strike, a dislocation is the sum of its parts."""
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-8, 8, (2, 50))
    whole = surface_displacement(x, y, depth=4, dip=40, length=6, width=3, **{slip: 1.0})

    left = surface_displacement(x, y, depth=4, dip=40, length=2, width=3, **{slip: 1.0})
    right = surface_displacement(x - 2, y, depth=4, dip=40, length=4, width=3, **{slip: 1.0})

    np.testing.assert_allclose(np.array(left) + np.array(right), np.array(whole), atol=1e-14)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_nearly_vertical_fault_joins_the_formulas_of_the_vertical_one(slip):
    """The branch for cos(dip) = 0 is the limit of the general one."""
    x, y = np.meshgrid(np.linspace(-5, 5, 8), np.linspace(-5, 5, 8))
    size = {"depth": 4.0, "length": 3.0, "width": 2.0}

    upright = surface_displacement(x, y, dip=90, **size, **{slip: 1.0})
    leaning = surface_displacement(x, y, dip=89.99, **size, **{slip: 1.0})

    np.testing.assert_allclose(np.array(leaning), np.array(upright), atol=2e-4)


@pytest.mark.parametrize("slip", SLIPS)
def test_no_point_of_the_surface_is_singular(slip):
    """On the planes through the fault's edges, where single terms blow up, the sum stays finite."""
    at = np.array([0.0, 3.0, 1.5, -1.0])
    edges = np.array([0.0, 2.0 * math.cos(math.radians(30)), -4.0 * math.tan(math.radians(60))])

    found = surface_displacement(
        at[None, :], edges[:, None], depth=4.0, dip=30, length=3.0, width=2.0, **{slip: 1.0}
    )
    broken = surface_displacement(
        at[None, :], np.array([[0.0]]), depth=2.0, dip=90, length=3.0, width=2.0, **{slip: 1.0}
    )

    assert np.isfinite(np.array(found)).all()
    assert np.isfinite(np.array(broken)).all()


def test_a_thrust_lifts_and_a_fault_out_of_the_ground_is_refused():
    """The ground above the upper edge of a thrust rises; a fault in the air is an error that says so."""
    up = surface_displacement(1.5, 2.5, depth=1.5, dip=20, length=3, width=2, dip_slip=1).up

    assert up > 0.1
    with pytest.raises(ValueError, match="reaches above the surface: its lower edge lies at depth 1"):
        surface_displacement(0, 0, depth=1, dip=90, length=3, width=2)
    with pytest.raises(ValueError, match="dip is 120 degrees"):
        surface_displacement(0, 0, depth=9, dip=120, length=3, width=2)
    with pytest.raises(ValueError, match="positive length and width; got 0 x 2"):
        surface_displacement(0, 0, depth=9, dip=20, length=0, width=2)
