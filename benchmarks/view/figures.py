"""What is measured of one view at one size, and how it is told."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["LIMITS", "Figures", "Frames", "broken", "frames", "plain", "tables"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Frames:
    """The frames of some seconds in which the graph was moved.

    Parameters
    ----------
    number
        How many there were.
    median, p99, longest
        Milliseconds from one to the next.
    messages, changed, added
        Deltas that came meanwhile; how many tasks ended, and how many new ones there were, in all of them.
    """

    number: int
    median: float
    p99: float
    longest: float
    messages: int = 0
    changed: int = 0
    added: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What a view took.

    Parameters
    ----------
    name, tasks
        The view, and the size of the graph.
    paint
        Milliseconds from having all tasks to having shown them.
    pan
        Frames while nothing else happens.
    deltas
        Frames while tasks change ten times a second.
    answer
        Milliseconds from opening the run view to having the kernel's answer.
    megabytes
        Size of that answer.
    table
        As `deltas`, with the table of tasks open too.
    """

    name: str
    tasks: int
    paint: float
    pan: Frames
    deltas: Frames
    answer: float | None = None
    megabytes: float | None = None
    table: Frames | None = None


LIMITS = (
    ("snapshot to first paint", 1000.0, lambda figures: figures.paint),
    ("median frame while panning", 16.0, lambda figures: figures.pan.median),
    ("99th percentile frame while deltas come", 50.0, lambda figures: figures.deltas.p99),
    ("the same with the table open", 50.0, lambda figures: figures.table.p99),
)
"""Milliseconds that the run view promises for 100,000 tasks; each must be less."""

_COLUMNS = ("first paint", "pan median", "pan p99", "deltas median", "deltas p99")


def frames(times: list[float], *, messages: int = 0, changed: int = 0, added: int = 0) -> Frames:
    """Return what is told of these milliseconds."""
    return Frames(
        number=len(times),
        median=statistics.median(times),
        p99=statistics.quantiles(times, n=100)[98],
        longest=max(times),
        messages=messages,
        changed=changed,
        added=added,
    )


def plain(found: list[Figures]) -> list[dict[str, Any]]:
    """Return all figures as JSON has them."""
    return [asdict(figures) for figures in found]


def broken(found: list[Figures]) -> list[str]:
    """Return the promises that the run view does not keep."""
    return [name for name, limit, of in LIMITS for one in _judged(found) if of(one) >= limit]


def tables(found: list[Figures], *, seconds: float) -> Iterator[str]:
    """Yield the lines of what is printed."""
    for one in _judged(found):
        yield f"| run view, {one.tasks:,} tasks | limit, ms | measured, ms | |"
        yield "|---|---:|---:|---|"
        for name, limit, of in LIMITS:
            verdict = "met" if of(one) < limit else "**not met**"
            yield f"| {name} | {limit:g} | {of(one):.1f} | {verdict} |"
        yield ""
        assert one.table is not None
        yield (
            f"Load of the machine {os.getloadavg()[0]:.1f}. The snapshot had {one.megabytes:.1f} MB and came "
            f"{one.answer:.0f} ms after the view was opened. Longest frames: {one.pan.longest:.0f}, "
            f"{one.deltas.longest:.0f} and {one.table.longest:.0f} ms."
        )
        for label, shown in (("Deltas", one.deltas), ("With the table", one.table)):
            count = max(1, shown.messages)
            yield (
                f"{label}: {shown.messages / seconds:.1f} a second, each with "
                f"{shown.changed / count:.0f} tasks that ended and {shown.added / count:.0f} new ones."
            )
        yield ""
    yield "| ms | tasks |" + "|".join(f" {column} " for column in _COLUMNS) + "|"
    yield "|---|---:|" + "---:|" * len(_COLUMNS)
    for one in found:
        told = (one.paint, one.pan.median, one.pan.p99, one.deltas.median, one.deltas.p99)
        yield f"| {one.name} | {one.tasks:,} |" + "|".join(f" {value:.1f} " for value in told) + "|"


def _judged(found: list[Figures]) -> list[Figures]:
    return [one for one in found if one.table is not None and one.tasks >= 100_000]
