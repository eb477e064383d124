"""Results as a picture."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from comparison.measures import COMPARED, Measure
from comparison.results import Results
from comparison.systems import OURS, SYSTEMS
from comparison.tables import number

__all__ = ["draw"]

_MARKERS = dict(zip((name for name in SYSTEMS if name != OURS), ("o", "s", "D", "^", "v", "X"), strict=True))


def draw(results: Results, path: Path) -> None:
    """Write a PNG: for each measure, how many times better or worse than this project each peer is."""
    shown = [
        measure
        for measure in COMPARED
        if results.median(OURS, measure.key) and results.best(measure.key, _MARKERS) is not None
    ]
    figure = Figure(figsize=(8.6, 0.34 * len(shown) + 1.6), layout="constrained")
    axes = figure.subplots()
    for name, marker in _MARKERS.items():
        points = []
        for row, measure in enumerate(shown):
            ours, theirs = results.median(OURS, measure.key), results.median(name, measure.key)
            if ours and theirs:
                points.append((theirs / ours if measure.more_is_better else ours / theirs, row))
        if points:
            x, y = zip(*points, strict=True)
            axes.scatter(x, y, marker=marker, s=34, label=name, zorder=3, alpha=0.85)
    axes.axvline(1, color="black", linewidth=1.5, zorder=2)
    axes.set_xscale("log")
    axes.set_yticks(range(len(shown)), [_label(results, measure) for measure in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel(f"worse than {OURS}  ←  1 = {OURS}  →  better")
    axes.grid(axis="both", color="0.9", zorder=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.3, 1.12), ncols=len(_MARKERS), frameon=False, fontsize=8
    )
    figure.savefig(path, dpi=100, metadata={"Software": None})


def _label(results: Results, measure: Measure) -> str:
    unit = measure.unit.removeprefix("1")  # "1/s" reads "/s" behind a number
    space = "" if unit.startswith("/") else " "
    return f"{measure.title}: {number(results.median(OURS, measure.key))}{space}{unit}"
