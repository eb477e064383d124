"""Results as Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

from comparison.measures import COMPARED, MEASURES, Measure
from comparison.results import Results
from comparison.systems import OURS, SYSTEMS
from comparison.targets import TARGETS

__all__ = ["comparison", "failures", "own", "targets"]


def comparison(results: Results) -> str:
    """Return a row for each measure, a column for each system, and the ratio to the best peer."""
    names = [name for name in SYSTEMS if name in results.versions]
    head = ["", *names, "best peer", "times better"]
    rows = []
    for measure in COMPARED:
        if results.best(measure.key, names) is None:
            continue
        cells = [number(results.median(name, measure.key)) for name in names]
        best = results.best(measure.key, [name for name in names if name != OURS])
        ratio = advantage(results, measure)
        rows.append(
            [_title(measure), *cells, best[0] if best else "", "" if ratio is None else f"{ratio:.3g}"]
        )
    return _table(head, rows)


def advantage(results: Results, measure: Measure) -> float | None:
    """Return how many times better this project is than the best peer; below 1 it is worse."""
    ours = results.median(OURS, measure.key)
    best = results.best(measure.key, [name for name in SYSTEMS if name != OURS])
    if not ours or best is None or not best[1]:
        return None
    return ours / best[1] if measure.more_is_better else best[1] / ours


def own(results: Results) -> str:
    """Return what was measured of this project alone."""
    found = [
        (measure, results.median(OURS, key)) for key, measure in MEASURES.items() if not measure.compared
    ]
    return _table(
        ["", OURS], [[_title(measure), number(value)] for measure, value in found if value is not None]
    )


def targets(results: Results) -> str:
    """Return each promise, and whether it is kept."""
    rows = []
    for target in TARGETS:
        measure = MEASURES[target.measure]
        over = MEASURES[target.over].title if target.over in MEASURES else target.over
        what = measure.title if over is None else f"{measure.title} / {over}"
        unit = f" {measure.unit}" if over is None and measure.unit else ""
        sign = "≥" if measure.more_is_better else "≤"
        met = {True: "met", False: "**not met**", None: "not measured"}[target.met(results)]
        value = target.value(results)
        measured = "" if value is None else f"{number(value)}{unit}"
        rows.append([what, f"{sign} {number(target.limit)}{unit}", measured, met])
    return _table(["promise", "limit", "measured", ""], rows)


def failures(results: Results) -> str:
    """Return why values are missing, a line each."""
    return "\n".join(
        f"- {system}, {measurement}: {reason}"
        for system, reasons in results.failures.items()
        for measurement, reason in reasons.items()
    )


def number(value: float | None) -> str:
    """Return a number with three significant digits, empty for None."""
    if value is None:
        return ""
    if abs(value) >= 1000:
        digits = max(0, len(str(int(abs(value)))) - 3)
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def _title(measure: Measure) -> str:
    return f"{measure.title}, {measure.unit}" if measure.unit else measure.title


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
