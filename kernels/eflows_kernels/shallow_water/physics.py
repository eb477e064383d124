"""Scalar physics of the shallow-water equations: one cell or one face at a time.

Plain functions of floats, without NumPy, Numba or branches with side effects, so that the CPU sweep
compiles them into vector loops and a GPU kernel can compile the very same text.
"""

import math

GRAVITY = 9.81
"""Acceleration of gravity, m/s²."""

_TINY = 1e-30


def limited_rise(behind: float, here: float, ahead: float) -> float:
    """Return what to add to a cell's mean for its value at the face towards `ahead`.

    The parabola through three cell means (van Leer's kappa = 1/3), limited as by Koren (1993) and further
    so that the value lies between those of the two cells beside the face: a depth stays non-negative, and
    a lake's surface stays flat beside land that is higher. Swap `behind` and `ahead` for the other face.
    """
    backward = here - behind
    forward = ahead - here
    rise = (backward + 2.0 * forward) * (1.0 / 6.0)
    low = min(rise, min(backward, forward))
    high = max(rise, max(backward, forward))
    return max(low, 0.0) + min(high, 0.0)


def inverse_depth(depth: float, dry_depth: float) -> float:
    """1/depth where the water is at least `dry_depth` deep, else 0: thin films carry no momentum."""
    inverse = 1.0 / max(depth, dry_depth)
    return inverse if depth >= dry_depth else 0.0


def face_flux(
    elevation_left: float,
    depth_left: float,
    normal_left: float,
    along_left: float,
    elevation_right: float,
    depth_right: float,
    normal_right: float,
    along_right: float,
) -> tuple[float, float, float, float, float]:
    """Fluxes through a face between two reconstructed states, and the fastest wave there.

    Hydrostatic reconstruction (Audusse et al. 2004, SIAM J. Sci. Comput. 25, eqs. 2.9 to 2.15) with
    the HLL solver (Harten, Lax and van Leer 1983), Toro's wave speeds beside dry ground (Toro 2001,
    eqs. 10.22 to 10.26), and the velocity along the face carried by the mass flux.

    The two normal momentum fluxes are returned less the hydrostatic pressure of their own side. Both
    are built from differences that vanish identically for a flat surface at rest, so no large terms
    have to cancel: still water stays still to the last bit.

    Parameters
    ----------
    elevation_left, depth_left, elevation_right, depth_right
        Free surface and water depth at the face, m.
    normal_left, along_left, normal_right, along_right
        Velocity across and along the face, m/s.

    Returns
    -------
    mass : float
        Volume flux per metre of face, m²/s.
    momentum_left, momentum_right : float
        Flux of normal momentum as the left and the right cell see it, m³/s².
    momentum_along : float
        Flux of momentum along the face, m³/s².
    speed : float
        Largest wave speed at the face, m/s.
    """
    bed = max(elevation_left - depth_left, elevation_right - depth_right)
    left = max(elevation_left - bed, 0.0)
    right = max(elevation_right - bed, 0.0)
    celerity_left = math.sqrt(GRAVITY * left)
    celerity_right = math.sqrt(GRAVITY * right)

    slow = min(normal_left - celerity_left, normal_right - celerity_right)
    fast = max(normal_left + celerity_left, normal_right + celerity_right)
    slow = normal_right - 2.0 * celerity_right if left <= 0.0 else slow
    fast = normal_left + 2.0 * celerity_left if right <= 0.0 else fast
    slow = min(slow, 0.0)
    fast = max(fast, 0.0)
    inverse = 1.0 / max(fast - slow, _TINY)

    flow_left = left * normal_left
    flow_right = right * normal_right
    product = slow * fast
    mass = (fast * flow_left - slow * flow_right + product * (right - left)) * inverse

    carried_left = flow_left * normal_left
    carried_right = flow_right * normal_right
    difference = 0.5 * GRAVITY * (right + left) * (right - left) + carried_right - carried_left
    spread = product * (flow_right - flow_left)
    momentum_left = (spread - slow * difference) * inverse + carried_left
    momentum_right = (spread - fast * difference) * inverse + carried_right
    momentum_along = mass * (along_left if mass > 0.0 else along_right)
    return mass, momentum_left, momentum_right, momentum_along, max(fast, -slow)


def friction_factor(depth: float, flow: float, manning_squared: float, dt: float) -> float:
    """Return what bottom friction leaves of the momentum after `dt` seconds, between 0 and 1.

    Manning's law du/dt = -g n² |u| u / h^(4/3), solved exactly at constant depth; `flow` is the size of
    the momentum, m²/s.
    """
    return 1.0 / (1.0 + dt * GRAVITY * manning_squared * flow / math.pow(depth, 7.0 / 3.0))
