"""The scalar physics that the compiled sweep is made of, run as plain Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eflows_kernels.shallow_water import physics

_depths = st.floats(0.0, 100.0)
_velocities = st.floats(-30.0, 30.0)
_beds = st.floats(-100.0, 100.0)


@given(depth=_depths, normal=_velocities, along=_velocities)
def test_equal_states_give_the_physical_flux(depth: float, normal: float, along: float) -> None:
    """Between two equal states the flux is h u, h u² and h u v, the pressure taken off."""
    state = (depth, depth, normal, along)
    mass, left, right, carried, _ = physics.face_flux(*state, *state)
    scale = 1e-12 * (1.0 + depth) * (1.0 + normal**2 + along**2 + depth)
    assert mass == pytest.approx(depth * normal, abs=scale)
    assert left == pytest.approx(depth * normal**2, abs=scale)
    assert right == pytest.approx(depth * normal**2, abs=scale)
    assert carried == pytest.approx(depth * normal * along, abs=scale)


@given(level=st.floats(-50.0, 50.0), bed_left=_beds, bed_right=_beds)
def test_water_at_rest_beside_a_step_passes_nothing(level: float, bed_left: float, bed_right: float) -> None:
    """A flat surface at rest over a step in the bed, wet or dry, gives fluxes of exactly 0."""
    left, right = max(level, bed_left), max(level, bed_right)
    wet = (level - bed_left if left > bed_left else 0.0, level - bed_right if right > bed_right else 0.0)
    flux = physics.face_flux(left, wet[0], 0.0, 0.0, right, wet[1], 0.0, 0.0)
    assert flux[:4] == (0.0, 0.0, 0.0, 0.0)


@given(depth_left=_depths, depth_right=_depths, bed_left=_beds, bed_right=_beds, u=_velocities, w=_velocities)
def test_the_flux_seen_in_a_mirror_is_the_mirrored_flux(
    depth_left: float, depth_right: float, bed_left: float, bed_right: float, u: float, w: float
) -> None:
    """Swapping the sides and turning the velocities round changes the sign of the mass flux only."""
    left, right = (bed_left + depth_left, depth_left), (bed_right + depth_right, depth_right)
    mass, one, other, _, speed = physics.face_flux(*left, u, 0.0, *right, w, 0.0)
    mirrored = physics.face_flux(*right, -w, 0.0, *left, -u, 0.0)
    scale = 1e-9 * (1.0 + depth_left + depth_right) ** 2 * (1.0 + u * u + w * w)
    assert (-mass, other, one, speed) == pytest.approx(
        (mirrored[0], mirrored[1], mirrored[2], mirrored[4]), abs=scale
    )


@given(behind=_beds, here=_beds, ahead=_beds)
def test_a_face_value_lies_between_its_two_cells(behind: float, here: float, ahead: float) -> None:
    """The limited reconstruction makes no new extremum, so a depth stays non-negative."""
    value = here + physics.limited_rise(behind, here, ahead)
    assert min(here, ahead) - 1e-12 <= value <= max(here, ahead) + 1e-12


def test_a_parabola_is_reconstructed_exactly() -> None:
    """The means of x² over [0, 1], [1, 2] and [2, 3] give 1 at x = 1 and 4 at x = 2."""
    means = (1.0 / 3.0, 7.0 / 3.0, 19.0 / 3.0)
    assert means[1] + physics.limited_rise(*means) == pytest.approx(4.0)
    assert means[1] + physics.limited_rise(*means[::-1]) == pytest.approx(1.0)


def test_beside_an_extremum_nothing_is_added() -> None:
    """A cell that is higher or lower than both neighbours keeps its mean at its faces."""
    assert physics.limited_rise(1.0, 3.0, 2.0) == 0.0
    assert physics.limited_rise(3.0, 1.0, 2.0) == 0.0


def test_friction_follows_its_differential_equation() -> None:
    """Friction at constant depth solves du/dt = -g n² u² / h^(4/3), here by a thousand small steps."""
    depth, velocity, n, dt, parts = 2.0, 3.0, 0.03, 50.0, 100_000
    stepped = velocity
    for _ in range(parts):
        stepped -= dt / parts * physics.GRAVITY * n**2 * stepped**2 / depth ** (4.0 / 3.0)
    left = physics.friction_factor(depth, depth * velocity, n**2, dt)
    assert velocity * left == pytest.approx(stepped, rel=1e-4)
