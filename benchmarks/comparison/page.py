"""The whole report, printed or put into a page between two marks."""

from __future__ import annotations

from pathlib import Path

from comparison import tables
from comparison.bench import SCALES
from comparison.results import Results

__all__ = ["insert", "report"]

_BEGIN = "<!-- written by benchmarks/peers.py -->"
_END = "<!-- end -->"


def report(results: Results) -> str:
    """Return what was measured, as Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    loads = ", ".join(f"{load:.1f}" for load in results.loads)
    rounds = "one round" if len(results.loads) == 1 else f"{len(results.loads)} rounds, medians"
    parts = [
        f"{results.date}, {results.machine}. {versions}. {results.workers} workers each, {rounds}; load of "
        f"the machine before each round: {loads}."
    ]
    for title, text in (
        ("Side by side", tables.comparison(results)),
        ("Beyond that", tables.own(results)),
        ("Promises", tables.targets(results)),
        ("Missing or wrong", tables.failures(results)),
    ):
        if text:
            parts.append(f"### {title}\n\n{text}")
    if results.scale != "full":
        parts.append(
            f"Promises hold for full sizes, {SCALES['full'].tasks:,} tasks; this tells only that all works."
        )
    return "\n\n".join(parts)


def insert(results: Results, page: Path) -> None:
    """Put the report into a page in the place of the last one.

    Raises
    ------
    ValueError
        When the page has no place for it.
    """
    text = page.read_text()
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{page} has no lines {_BEGIN!r} and {_END!r} between which the report could stand.")
    page.write_text(f"{before}{_BEGIN}\n\n{report(results)}\n\n{_END}{after}")
