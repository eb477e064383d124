"""How large the rupture of an earthquake of a given magnitude is: published scaling relations."""

from dataclasses import dataclass
from enum import StrEnum


class ScalingRelation(StrEnum):
    """Relations between moment magnitude and the length and width of the rupture."""

    STRASSER_2010_INTERFACE = "strasser2010-interface"
    """Subduction interface: Strasser, Arango and Bommer 2010, Seismol. Res. Lett. 81(6), 941-950, table 1."""
    STRASSER_2010_INTRASLAB = "strasser2010-intraslab"
    """Inside the subducting slab: the same paper."""
    ALLEN_HAYES_2017_INTERFACE = "allen-hayes2017-interface"
    """Interface with a width that saturates: Allen and Hayes 2017, Bull. Seismol. Soc. Am. 107(3),
    1240-1253."""
    BLASER_2010_REVERSE = "blaser2010-reverse"
    """Reverse faulting: Blaser, Krueger, Ohrnberger and Scherbaum 2010, Bull. Seismol. Soc. Am. 100(6),
    2914-2926."""
    WELLS_COPPERSMITH_1994_REVERSE = "wells-coppersmith1994-reverse"
    """Crustal reverse faulting: Wells and Coppersmith 1994, Bull. Seismol. Soc. Am. 84(4), 974-1002,
    table 2A (subsurface length, downdip width)."""
    WELLS_COPPERSMITH_1994_NORMAL = "wells-coppersmith1994-normal"
    """Crustal normal faulting: the same table."""
    WELLS_COPPERSMITH_1994_STRIKE_SLIP = "wells-coppersmith1994-strike-slip"
    """Crustal strike slip: the same table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RuptureSize:
    """Length and width in metres, and the scatter of their decimal logarithms about the relation."""

    length: float
    width: float
    length_deviation: float
    width_deviation: float


@dataclass(frozen=True, slots=True)
class _Line:
    """log10(kilometres) = intercept + slope * magnitude, with a standard deviation."""

    intercept: float
    slope: float
    deviation: float
    largest: float = float("inf")

    def metres(self, magnitude: float) -> float:
        return float(1e3 * min(10.0 ** (self.intercept + self.slope * magnitude), self.largest))


_LINES: dict[ScalingRelation, tuple[_Line, _Line]] = {
    ScalingRelation.STRASSER_2010_INTERFACE: (_Line(-2.477, 0.585, 0.180), _Line(-0.882, 0.351, 0.173)),
    ScalingRelation.STRASSER_2010_INTRASLAB: (_Line(-2.350, 0.562, 0.146), _Line(-1.058, 0.356, 0.067)),
    ScalingRelation.ALLEN_HAYES_2017_INTERFACE: (
        _Line(-2.90, 0.63, 0.182),
        # The second line of the bilinear relation: log10 W = 2.29 above magnitude 8.67.
        _Line(-1.91, 0.48, 0.137, largest=10.0**2.29),
    ),
    ScalingRelation.BLASER_2010_REVERSE: (_Line(-2.37, 0.57, 0.18), _Line(-1.86, 0.46, 0.17)),
    ScalingRelation.WELLS_COPPERSMITH_1994_REVERSE: (_Line(-2.42, 0.58, 0.16), _Line(-1.61, 0.41, 0.15)),
    ScalingRelation.WELLS_COPPERSMITH_1994_NORMAL: (_Line(-1.88, 0.50, 0.17), _Line(-1.14, 0.35, 0.12)),
    ScalingRelation.WELLS_COPPERSMITH_1994_STRIKE_SLIP: (_Line(-2.57, 0.62, 0.15), _Line(-0.76, 0.27, 0.14)),
}


def rupture_size(magnitude: float, relation: ScalingRelation | str) -> RuptureSize:
    """Return the median size of a rupture and how far single earthquakes scatter about it.

    Raises
    ------
    ValueError
        If there is no relation of that name; it lists those there are.

    Examples
    --------
    >>> size = rupture_size(9.1, "strasser2010-interface")
    >>> round(size.length / 1e3), round(size.width / 1e3)
    (702, 205)
    """
    try:
        length, width = _LINES[ScalingRelation(relation)]
    except ValueError:
        known = ", ".join(ScalingRelation)
        raise ValueError(f"There is no scaling relation {str(relation)!r}; choose one of {known}.") from None
    return RuptureSize(
        length=length.metres(magnitude),
        width=width.metres(magnitude),
        length_deviation=length.deviation,
        width_deviation=width.deviation,
    )
