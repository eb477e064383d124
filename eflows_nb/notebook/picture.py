"""A task graph as a picture and as text, for pages on which nothing can run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from eflows_nb.notebook.begun import SHOWN
from eflows_nb.notebook.outline import Arrow, Box, Outline
from eflows_nb.runtime.history.quantities import duration
from eflows_nb.tasks.shown_state import ShownState

__all__ = ["headline", "one_line", "svg", "text"]

_WIDTH, _HEIGHT, _BAR = 212, 84, 176
_GAP, _NARROW_GAP = 84, 36
_HEAD, _FRAME = 46, 18
_WIDEST = 1100
_NAME, _TITLE = 24, 300

_COLOURS = {
    ShownState.DONE: "#2e7d32",
    ShownState.FAILED: "#c62828",
    ShownState.CANCELLED: "#a65c00",
    ShownState.CACHED: "#00838f",
    ShownState.RUNNING: "#1976d2",
    ShownState.SENT: "#90bce6",
    ShownState.READY: "#9e9e9e",
    ShownState.WAITING: "#d0d0d0",
}
"""In the order in which a bar has them."""

_FONT = "font-family='system-ui, sans-serif'"
_INK, _FAINT, _LINE = "#212121", "#5a5a5a", "#808488"


def svg(outline: Outline) -> str:
    """Return a task graph as SVG: text and shapes only, on a ground of its own, legible on any page."""
    upright = _is_upright(outline)
    places = _places(outline, upright=upright)
    width = max([x + _WIDTH for x, _ in places], default=0) + _FRAME
    height = max([y + _HEIGHT for _, y in places], default=_HEAD) + _FRAME
    if any(_goes_back(outline, arrow) for arrow in outline.arrows):
        height += _NARROW_GAP
    width = max(width, 420)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
        f"viewBox='0 0 {width} {height}' role='img' aria-label='{_attribute(headline(outline))}' {_FONT}>",
        f"<rect x='0.5' y='0.5' width='{width - 1}' height='{height - 1}' rx='4' "
        f"fill='#ffffff' stroke='#c4c4c4'/>",
        _words(_FRAME, 28, headline(outline), size=13, ink=_INK),
        *(_drawn_arrow(outline, arrow, places, upright=upright) for arrow in outline.arrows),
        *(_drawn_box(box, *place) for box, place in zip(outline.boxes, places, strict=True)),
        "</svg>",
    ]
    return "\n".join(parts)


def text(outline: Outline) -> str:
    """Return a task graph as lines of text."""
    lines = [headline(outline)]
    names = [one_line(box.name) for box in outline.boxes]
    wide = max(map(len, names), default=0)
    for place, (box, name) in enumerate(zip(outline.boxes, names, strict=True)):
        reads = [names[arrow.source] for arrow in outline.arrows if arrow.target == place]
        after = f"  (reads {', '.join(reads[:4])}{' and others' if len(reads) > 4 else ''})" if reads else ""
        lines.append(f"  {name:<{wide}}  {_states(box.counts)}{after}")
    return "\n".join(lines)


def headline(outline: Outline) -> str:
    """Return how many tasks there are, and how far they are."""
    if not outline.total:
        return "No task yet."
    line = f"{_number(outline.total, 'task')}: {_states(outline.counts)}"
    missing = outline.functions - len(outline.boxes)
    return f"{line}. {missing:,} more functions are not shown" if missing else line


def _states(counts: tuple[int, ...]) -> str:
    told = dict(zip(SHOWN, counts, strict=True))
    return ", ".join(f"{told[state]:,} {state.value}" for state in _COLOURS if told[state]) or "none"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _is_upright(outline: Outline) -> bool:
    """Return whether columns become lines, since the graph is longer than a page is wide."""
    columns = _columns(outline)
    flat = len(columns) * (_WIDTH + _GAP) - _GAP
    return flat > _WIDEST and flat > max(columns, default=0) * (_WIDTH + _NARROW_GAP)


def _columns(outline: Outline) -> list[int]:
    """Return how many boxes stand in each column."""
    columns = [0] * (max((box.column for box in outline.boxes), default=-1) + 1)
    for box in outline.boxes:
        columns[box.column] += 1
    return columns


def _places(outline: Outline, *, upright: bool) -> list[tuple[int, int]]:
    """Return the left upper corner of each box."""
    columns = _columns(outline)
    most, filled, places = max(columns, default=0), [0] * len(columns), []
    across = _WIDTH + (_NARROW_GAP if upright else _GAP)
    down = _HEIGHT + (_GAP if upright else _NARROW_GAP)
    for box in outline.boxes:
        # Twice the place in the middle of the column, so that it stays a whole number.
        beside = most - columns[box.column] + 2 * filled[box.column]
        filled[box.column] += 1
        x, y = (
            (beside * across // 2, box.column * down)
            if upright
            else (box.column * across, beside * down // 2)
        )
        places.append((_FRAME + x, _HEAD + y))
    return places


def _goes_back(outline: Outline, arrow: Arrow) -> bool:
    return outline.boxes[arrow.target].column <= outline.boxes[arrow.source].column


def _drawn_box(box: Box, x: int, y: int) -> str:
    each = "" if box.seconds is None else f" · {duration(box.seconds)} each"
    return "\n".join(
        [
            "<g>",
            f"<title>{_content(one_line(box.name, _TITLE))}</title>",
            f"<rect x='{x}' y='{y}' width='{_WIDTH}' height='{_HEIGHT}' rx='3' "
            f"fill='#f6f7f8' stroke='#b4b8bc'/>",
            _words(x + 14, y + 21, one_line(box.name), size=13, ink=_INK, weight=600),
            _words(x + 14, y + 39, f"{_number(box.total, 'task')}{each}", size=11, ink=_FAINT),
            *_bar(box, x + 14, y + 48),
            _words(x + 14, y + 73, _shortened(_states(box.counts), 36), size=11, ink=_FAINT),
            "</g>",
        ]
    )


def _bar(box: Box, x: int, y: int) -> Iterator[str]:
    told = dict(zip(SHOWN, box.counts, strict=True))
    left = 0.0
    for state, colour in _COLOURS.items():
        width = _BAR * told[state] / box.total
        if told[state]:
            shown = max(width, 2.0) if state is ShownState.FAILED else width
            yield f"<rect x='{x + left:.1f}' y='{y}' width='{shown:.1f}' height='7' fill='{colour}'/>"
        left += width


def _drawn_arrow(outline: Outline, arrow: Arrow, places: list[tuple[int, int]], *, upright: bool) -> str:
    (x0, y0), (x1, y1) = places[arrow.source], places[arrow.target]
    back = _goes_back(outline, arrow)
    if upright and not back:
        x0, y0, x1 = x0 + _WIDTH // 2, y0 + _HEIGHT, x1 + _WIDTH // 2
        bend = (y1 - y0) // 2
        line = f"M{x0} {y0}C{x0} {y0 + bend} {x1} {y1 - bend} {x1} {y1 - 8}"
        head = f"{x1},{y1} {x1 - 4},{y1 - 9} {x1 + 4},{y1 - 9}"
        label = (x0 + x1) // 2 + 6, (y0 + y1) // 2 + 4
    else:
        x0, y0, y1 = x0 + _WIDTH, y0 + _HEIGHT // 2, y1 + _HEIGHT // 2
        head = f"{x1},{y1} {x1 - 9},{y1 - 4} {x1 - 9},{y1 + 4}"
        if back:  # to itself or to one before: around below the boxes
            low, middle = max(y0, y1) + _HEIGHT // 2 + _NARROW_GAP // 2, (x0 + x1) // 2
            line = (
                f"M{x0} {y0}C{x0 + 24} {y0} {x0 + 24} {low} {middle} {low}"
                f"C{x1 - 24} {low} {x1 - 24} {y1} {x1 - 8} {y1}"
            )
            label = middle, low - 4
        else:
            bend = (x1 - x0) // 2
            line = f"M{x0} {y0}C{x0 + bend} {y0} {x1 - bend} {y1} {x1 - 8} {y1}"
            label = (x0 + x1) // 2, (y0 + y1) // 2 - 5
    thick = min(1 + math.log10(arrow.count) * 0.8, 4)
    drawn = (
        f"<path d='{line}' fill='none' stroke='{_LINE}' stroke-width='{thick:.1f}'/>"
        f"<polygon points='{head}' fill='{_LINE}'/>"
    )
    if arrow.count == 1:
        return drawn
    return drawn + _words(*label, f"{arrow.count:,}", size=11, ink=_FAINT, anchor="middle")


def _words(
    x: int, y: int, words: str, *, size: int, ink: str, weight: int = 400, anchor: str = "start"
) -> str:
    return (
        f"<text x='{x}' y='{y}' font-size='{size}' font-weight='{weight}' fill='{ink}' "
        f"text-anchor='{anchor}'>{_content(words)}</text>"
    )


def one_line(words: str, length: int = _NAME) -> str:
    """Return text on one line, without what XML cannot hold and what would move the pen."""
    line = "".join(letter if letter.isprintable() else " " for letter in words[: length * 4])
    return _shortened(" ".join(line.split()) or "?", length)


def _shortened(words: str, length: int) -> str:
    return words if len(words) <= length else f"{words[: length - 1]}…"


def _content(words: str) -> str:
    return escape(words, quote=False)


def _attribute(words: str) -> str:
    return escape(words, quote=True)
