"""A summary as text and as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from eflows_nb.runtime.history.quantities import duration, energy, share, size

if TYPE_CHECKING:
    from eflows_nb.runtime.summary import FunctionSummary, Summary

__all__ = ["html", "text"]

_FUNCTIONS_SHOWN = 20
_START_UP_TOLD = 0.01
"""Of the wall time; what is less is not told."""

_PARTS = (
    ("busy", "tasks", "#2e7d32"),
    ("runtime", "runtime", "#f9a825"),
    ("graph", "waiting for other tasks", "#90a4ae"),
    ("program", "nothing submitted", "#cfd8dc"),
    ("absent", "engine absent", "#ef9a9a"),
)

_STYLE = """
.eflows-summary { font-family: var(--jp-ui-font-family, sans-serif); font-size: 13px; max-width: 46em; }
.eflows-summary p, .eflows-summary table { margin: 0 0 .8em; }
.eflows-summary .reason { font-size: 15px; }
.eflows-summary table { border-collapse: collapse; font-size: inherit; }
.eflows-summary :is(th, td) { padding: .15em 1em .15em 0; text-align: right; }
.eflows-summary th { font-weight: 600; border-bottom: 1px solid var(--jp-border-color1, #bdbdbd); }
.eflows-summary :is(.facts td, th:first-child, td:first-child) { text-align: left; }
.eflows-summary .facts td:first-child { color: var(--jp-ui-font-color2, #616161); }
.eflows-summary .bar { display: flex; height: .8em; border-radius: .2em; overflow: hidden; margin: 0 0 .4em; }
.eflows-summary .key { display: inline-block; margin-right: 1.2em; white-space: nowrap; }
.eflows-summary .key i { display: inline-block; width: .7em; height: .7em; border-radius: .15em; }
"""


def text(summary: Summary) -> str:
    """Return a summary as lines of text."""
    rows = [(label, value) for label, value in _facts(summary)]
    width = max(len(label) for label, _ in rows)
    lines = [summary.reason, "", *(f"{label:<{width}}  {value}" for label, value in rows)]
    if summary.functions:
        lines.append("")
        table = [_HEAD, *(_row(function) for function in summary.functions[:_FUNCTIONS_SHOWN])]
        widths = [max(len(row[column]) for row in table) for column in range(len(_HEAD))]
        for row in table:
            first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            lines.append("  ".join([first.strip().ljust(widths[0]), *others]).rstrip())
        lines.extend(_more(summary))
    return "\n".join(lines)


def html(summary: Summary) -> str:
    """Return a summary as HTML."""
    shares, parts, keys = summary.shares, [], []
    for name, label, colour in _PARTS:
        seconds = getattr(shares, name)
        if seconds > 0:
            told = f"{label} {share(seconds, shares.total)}"
            parts.append(f'<div title="{told}" style="flex:{seconds:.9f};background:{colour}"></div>')
            keys.append(f'<span class="key"><i style="background:{colour}"></i> {told}</span>')
    bar = f'<div class="bar">{"".join(parts)}</div><p>{" ".join(keys)}</p>' if parts else ""
    facts = "".join(f"<tr><td>{escape(k)}</td><td>{escape(v)}</td></tr>" for k, v in _facts(summary))
    functions = ""
    if summary.functions:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in _HEAD)
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _row(function))}</tr>"
            for function in summary.functions[:_FUNCTIONS_SHOWN]
        )
        functions = f"<table><tr>{head}</tr>{rows}</table>"
        functions += "".join(f"<p>{escape(line)}</p>" for line in _more(summary))
    return (
        f'<div class="eflows-summary"><style>{_STYLE}</style>'
        f'<p class="reason">{escape(summary.reason)}</p>{bar}'
        f'<table class="facts">{facts}</table>{functions}</div>'
    )


def _is_told(summary: Summary) -> bool:
    """Return whether the start-up is long enough to matter."""
    return summary.start_up >= _START_UP_TOLD * summary.wall > 0


_HEAD = ("function", "tasks", "together", "mean", "longest", "results", "memory")


def _row(function: FunctionSummary) -> tuple[str, ...]:
    return (
        function.name,
        str(function.tasks),
        duration(function.seconds),
        duration(function.mean),
        duration(function.longest),
        size(function.size) if function.size else "",
        size(function.memory) if function.memory else "",
    )


def _more(summary: Summary) -> list[str]:
    left = len(summary.functions) - _FUNCTIONS_SHOWN
    return [f"and {left} more functions"] if left > 0 else []


def _facts(summary: Summary) -> Iterator[tuple[str, str]]:
    counts = ", ".join(f"{number} {state}" for state, number in summary.shown.items() if number)
    yield "tasks", counts or "none"
    yield "wall time", f"{duration(summary.wall)}, at least {duration(summary.bound)} on so many engines"
    begun = " since the first task began" if _is_told(summary) else ""
    yield "task time", f"{duration(summary.task_seconds)}, a speed-up of {summary.speed_up:.2f}{begun}"
    if summary.vain_seconds:
        in_vain = f"{duration(summary.vain_seconds)} of the task time: it failed, was cancelled or lost"
        yield "in vain", in_vain
    if begun:
        yield "start-up", f"{duration(summary.start_up)} of the wall time, until the first task began"
    yield "engines", f"{summary.engines}, busy {share(summary.shares.busy, summary.shares.alive)} of the time"
    yield "runtime", f"{share(summary.shares.runtime, summary.shares.alive)} of the engines' time"
    path = summary.path
    if path.tasks:
        names = ", ".join(f"{name} {duration(seconds)}" for name, seconds in path.functions[:3])
        tasks = "1 task" if len(path.tasks) == 1 else f"{len(path.tasks)} tasks"
        yield "critical path", f"{duration(path.seconds)} in {tasks} ({names})"
    yield "data", f"{size(summary.result_bytes)} of results, {size(summary.shared_bytes)} moved"
    unknown = "not measured on this machine"
    yield "peak memory", size(summary.memory) + " in an engine" if summary.memory else unknown
    yield "energy", unknown if summary.joules is None else energy(summary.joules)
