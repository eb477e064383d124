"""Finite-fault tables as seismological services publish them, read into subfaults.

Two formats, told apart by their comment sign:

- the subfault table of UCSB and USGS (`.param`, `#`): sizes in `#Fault_segment` lines, one row a
  subfault under a line that names the columns `Lat. Lon. depth slip rake strike dip …`, slip in cm;
- the FSP format of SRCMOD and USGS (`.fsp`, `%`; Mai and Thingbaijam 2014, Seismological Research
  Letters 85(6), 1348-1357): strike, dip and sizes in the header, columns `LAT LON … Z SLIP RAKE …`,
  slip in metres.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eflows_kernels.faults import RIGIDITY, Subfaults
from eflows_kernels.sphere import destination, offset

_NUMBER = r"([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)"
_DYNE_PER_CM2 = 0.1
_DYNE_CM = 1e-7
_CORNER, _TOP_CENTRE, _CENTRE = (0.0, 0.0), (0.5, 0.0), (0.5, 0.5)


def parse_finite_fault(text: str) -> Subfaults:
    """Return the subfaults of a finite-fault table.

    Where a table gives a corner or the middle of the upper edge of its subfaults, the centres are worked
    out. The reference point is what the file says; if it says nothing, what its boundary polygon says.

    Parameters
    ----------
    text
        The whole file, in either format (see the module).

    Raises
    ------
    ValueError
        If the text is neither format, or a size, an angle or a row is missing; it names what and where.
    """
    if re.search(r"^\s*#\s*Fault_segment", text, re.MULTILINE | re.IGNORECASE):
        return _joined(_param_segments(text))
    if re.search(r"^\s*%\s*LAT\s+LON", text, re.MULTILINE | re.IGNORECASE):
        return _joined(_fsp_segments(text))
    start = text.strip()[:60].replace("\n", " ")
    raise ValueError(
        f"This is not a finite-fault table (it starts with {start!r}): expected '#Fault_segment' lines as "
        "UCSB and USGS write them, or the '% LAT LON' header of an FSP file."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Segment:
    """One segment as read: named columns, the size of a subfault in metres, and what the rows refer to."""

    columns: dict[str, NDArray[np.float64]]
    length: float
    width: float
    reference: tuple[float, float]
    slip_unit: float


def _joined(segments: list[_Segment]) -> Subfaults:
    parts = [_centred(segment) for segment in segments]
    names = Subfaults.__dataclass_fields__
    return Subfaults(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _centred(segment: _Segment) -> Subfaults:
    c = segment.columns
    size = np.ones_like(c["slip"])
    strike, dip = np.radians(c["strike"]), np.radians(c["dip"])
    along = (0.5 - segment.reference[0]) * segment.length
    down = (0.5 - segment.reference[1]) * segment.width
    right = down * np.cos(dip)
    longitude, latitude = destination(
        c["lon"],
        c["lat"],
        east=along * np.sin(strike) + right * np.cos(strike),
        north=along * np.cos(strike) - right * np.sin(strike),
    )
    slip = c["slip"] * segment.slip_unit
    area = segment.length * segment.width
    rigidity = RIGIDITY * size
    if "rigidity" in c:
        rigidity = c["rigidity"] * _DYNE_PER_CM2
    elif "moment" in c:
        potency = np.where(slip > 0.0, area * slip, 1.0)
        rigidity = np.where((slip > 0.0) & (c["moment"] > 0.0), c["moment"] / potency, RIGIDITY)
    return Subfaults(
        longitude=longitude,
        latitude=latitude,
        depth=c["depth"] * 1e3 + down * np.sin(dip),
        length=segment.length * size,
        width=segment.width * size,
        strike=c["strike"],
        dip=c["dip"],
        rake=c["rake"],
        slip=slip,
        rigidity=rigidity,
        rupture_time=c.get("rupture_time", 0.0 * size),
    )


def _param_segments(text: str) -> list[_Segment]:
    heads = list(re.finditer(r"^\s*#\s*Fault_segment.*$", text, re.MULTILINE | re.IGNORECASE))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    note = re.search(r"correspond\w*\s+to\s+the\s+(?:centroid|cent(?:er|re))", text, re.IGNORECASE)
    return [
        _param_segment(head.group(), text[head.end() : end], stated=_CENTRE if note else None)
        for head, end in zip(heads, ends, strict=True)
    ]


def _param_segment(head: str, body: str, *, stated: tuple[float, float] | None) -> _Segment:
    counts = [int(_named(rf"{name}[^=]*=\s*(\d+)", head, name)) for name in ("nx", "ny")]
    length, width = (1e3 * _named(rf"{name}\s*=\s*{_NUMBER}\s*km", head, name) for name in ("Dx", "Dy"))
    title = re.search(r"^\s*#\s*Lat\.?\s+Lon.*$", body, re.MULTILINE | re.IGNORECASE)
    if title is None:
        raise ValueError(f"The segment {head.strip()!r} has no line '#Lat. Lon. depth slip …' over its rows.")
    columns = _table(body[title.end() :], _param_names(title.group()), rows=counts[0] * counts[1])
    if "moment" in columns:
        columns["moment"] = columns["moment"] * _DYNE_CM
    boundary = re.findall(rf"^\s*{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s*$", body[: title.start()], re.MULTILINE)
    corners = np.array(boundary, np.float64).reshape(-1, 3)
    reference = stated or _reference(columns, corners, counts, length, width)
    return _Segment(columns=columns, length=length, width=width, reference=reference, slip_unit=0.01)


def _param_names(title: str) -> list[str]:
    known = {"lat": "lat", "lon": "lon", "depth": "depth", "slip": "slip", "rake": "rake"}
    known |= {"strike": "strike", "dip": "dip", "mo": "moment", "rigidity": "rigidity"}
    known |= {"t_rup": "rupture_time", "rupture_initial_time": "rupture_time"}
    words = re.sub(r"\([^)]*\)", "", title.replace("#", " ")).replace(".", " ").split()
    names = [known.get(word.lower(), word.lower()) for word in words]
    missing = [name for name in ("lat", "lon", "depth", "slip", "rake", "strike", "dip") if name not in names]
    if missing:
        raise ValueError(f"The table's title {title.strip()!r} names no column {', '.join(missing)}.")
    return names


def _reference(
    columns: dict[str, NDArray[np.float64]],
    corners: NDArray[np.float64],
    counts: list[int],
    length: float,
    width: float,
) -> tuple[float, float]:
    """Return which point of a subfault the rows give, judged by the first row and the boundary."""
    if len(corners) < 4:
        return _CENTRE
    # Walk along the upper edge from the boundary's corner nearest to the first row.
    first = (float(columns["lon"][0]), float(columns["lat"][0]))
    strike, dip = np.radians(columns["strike"][0]), np.radians(columns["dip"][0])
    top = corners[np.argsort(corners[:4, 2])[:2]]
    east, north = offset(top[:, 0], top[:, 1], origin=first)
    # From the corner to the first row: how many subfaults along strike and down dip.
    along = -(east * np.sin(strike) + north * np.cos(strike)) / length
    down = -(east * np.cos(strike) - north * np.sin(strike)) / (width * max(float(np.cos(dip)), 1e-3))
    start = int(np.argmin(np.abs(along)))
    found = (float(along[start]), float(down[start]))
    return min(
        (_CENTRE, _TOP_CENTRE, _CORNER), key=lambda at: (at[0] - found[0]) ** 2 + (at[1] - found[1]) ** 2
    )


def _fsp_segments(text: str) -> list[_Segment]:
    titles = list(re.finditer(r"^\s*%\s*LAT\s+LON.*$", text, re.MULTILINE | re.IGNORECASE))
    length = 1e3 * _named(rf"Dx\s*=\s*{_NUMBER}\s*km", text, "Dx")
    width = 1e3 * _named(rf"Dz\s*=\s*{_NUMBER}\s*km", text, "Dz")
    top = re.search(r"given\s+for\s+top-?\s*cent", text, re.IGNORECASE)
    starts = [0] + [title.end() for title in titles[:-1]]
    ends = [title.start() for title in titles[1:]] + [len(text)]
    segments = []
    for title, start, end in zip(titles, starts, ends, strict=True):
        head = text[start : title.start()]
        names = [{"z": "depth"}.get(w.lower(), w.lower()) for w in title.group().replace("%", " ").split()]
        columns = _table(text[title.end() : end], names, rows=None)
        rows = np.ones_like(columns["slip"])
        columns["strike"] = rows * _fsp_angle(("STRIKE", "STRK"), head, text)
        columns["dip"] = rows * _fsp_angle(("DIP",), head, text)
        if "rake" not in columns:
            columns["rake"] = rows * _fsp_angle(("RAKE",), head, text)
        for given, name in (("sf_moment", "moment"), ("trup", "rupture_time")):
            if given in columns:
                columns[name] = columns[given]
        reference = _TOP_CENTRE if top else _CENTRE
        segments.append(
            _Segment(columns=columns, length=length, width=width, reference=reference, slip_unit=1.0)
        )
    return segments


def _fsp_angle(names: tuple[str, ...], *texts: str) -> float:
    for text in texts:
        for name in names:
            # The last one before the table is that of the segment; the first is that of the whole fault.
            found = re.findall(rf"\b{name}\s*=\s*{_NUMBER}", text)
            if found:
                return float(found[-1] if text is texts[0] else found[0])
    raise ValueError(f"The finite-fault table gives no {names[0]}, neither for the fault nor for a segment.")


def _named(pattern: str, text: str, name: str) -> float:
    match = re.search(pattern, text, re.IGNORECASE)
    if match is None:
        raise ValueError(f"The finite-fault table gives no {name} in {text.strip()[:90]!r}.")
    return float(match.group(1))


def _table(text: str, names: list[str], *, rows: int | None) -> dict[str, NDArray[np.float64]]:
    lines = [line.split() for line in text.splitlines() if line.strip() and line.lstrip()[0] not in "#%"]
    if not lines or (rows is not None and len(lines) != rows):
        raise ValueError(
            f"The finite-fault table should hold {rows or 'some'} subfaults, but {len(lines)} rows follow "
            "its title."
        )
    for number, line in enumerate(lines, start=1):
        if len(line) != len(names):
            raise ValueError(
                f"Row {number} of the finite-fault table has {len(line)} values for {len(names)} columns "
                f"({' '.join(names)}): {' '.join(line)!r}."
            )
    try:
        values = np.array(lines, np.float64)
    except ValueError as error:
        raise ValueError(f"The finite-fault table holds something that is no number: {error}.") from error
    return {name: values[:, column] for column, name in enumerate(names)}
