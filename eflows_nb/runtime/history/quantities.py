"""Durations and sizes as people read them."""

from __future__ import annotations

__all__ = ["duration", "energy", "share", "size"]


def duration(seconds: float) -> str:
    """Return a duration with two or three digits and its unit.

    Examples
    --------
    >>> duration(0.00123), duration(75), duration(9000)
    ('1.23 ms', '1 min 15 s', '2 h 30 min')
    """
    if seconds >= 3600:
        hours, minutes = divmod(round(seconds / 60), 60)
        return f"{hours} h {minutes:02d} min"
    if seconds >= 60:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest:02d} s"
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1:
            return f"{_digits(seconds * factor)} {unit}"
    return f"{seconds * 1e9:.0f} ns" if seconds else "0 s"


def size(count: int) -> str:
    """Return a number of bytes with its unit.

    Examples
    --------
    >>> size(512), size(64 << 20)
    ('512 B', '64.0 MiB')
    """
    if count < 1024:
        return f"{count} B"
    amount, units = count / 1024, ["KiB", "MiB", "GiB", "TiB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{_digits(amount)} {units[0]}"


def energy(joules: float) -> str:
    """Return an energy with its unit.

    Examples
    --------
    >>> energy(7.25), energy(72_000)
    ('7.25 J', '72.0 kJ')
    """
    for factor, unit in ((1e-6, "MJ"), (1e-3, "kJ")):
        if joules * factor >= 1:
            return f"{_digits(joules * factor)} {unit}"
    return f"{_digits(joules)} J"


def share(part: float, whole: float) -> str:
    """Return a part of a whole in percent.

    Examples
    --------
    >>> share(1, 8), share(0.001, 8)
    ('12 %', 'less than 1 %')
    """
    percent = 100 * part / whole if whole else 0.0
    return f"{percent:.0f} %" if percent >= 0.95 or not part else "less than 1 %"


def _digits(amount: float) -> str:
    return f"{amount:.0f}" if amount >= 100 else f"{amount:.1f}" if amount >= 10 else f"{amount:.2f}"
