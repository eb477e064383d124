"""What the water meets at the four sides of the domain."""

from dataclasses import dataclass, fields
from enum import StrEnum


class Side(StrEnum):
    """Kind of boundary."""

    OPEN = "open"
    """Waves leave; beyond lies a sea at rest at elevation 0."""
    WALL = "wall"
    """Nothing passes; the water slides along."""
    PERIODIC = "periodic"
    """What leaves comes in again on the opposite side."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Boundaries:
    """Kind of boundary on each side: "open", "wall" or "periodic".

    Raises
    ------
    ValueError
        If a kind is unknown, or only one of two opposite sides is periodic.
    """

    west: str = Side.OPEN
    east: str = Side.OPEN
    south: str = Side.OPEN
    north: str = Side.OPEN

    def __post_init__(self) -> None:
        for side in fields(self):
            kind = getattr(self, side.name)
            if kind not in list(Side):
                known = ", ".join(repr(str(one)) for one in Side)
                raise ValueError(f"The {side.name} boundary is {kind!r}; it can be {known}.")
        for one, other in (("west", "east"), ("south", "north")):
            kinds = (getattr(self, one), getattr(self, other))
            if kinds.count(Side.PERIODIC) == 1:
                raise ValueError(
                    f"The {one} boundary is {kinds[0]!r} and the {other} boundary is {kinds[1]!r}: "
                    "a periodic side needs its opposite side periodic too."
                )
