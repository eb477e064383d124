"""How far a headless run has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

__all__ = ["Progress", "ProgressObserver", "headings"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """What a run is doing; told when a cell starts, each second while it runs, and at the end.

    Parameters
    ----------
    done
        How many cells are behind it.
    total
        How many cells there are.
    heading
        The heading above the running cell, "" for none.
    elapsed
        Time since the first cell.
    """

    done: int
    total: int
    heading: str
    elapsed: timedelta


ProgressObserver = Callable[[Progress], None]


def headings(cells: Sequence[tuple[bool, str]]) -> list[str]:
    r"""Return for each cell the last heading at or above it.

    Parameters
    ----------
    cells
        For each cell whether it is Markdown, and its text.

    Examples
    --------
    >>> headings([(False, "import x"), (True, "## Event\ntext"), (False, "y = 1")])
    ['', 'Event', 'Event']
    """
    found: list[str] = []
    for cell in cells:
        found.append(_heading(cell) or (found[-1] if found else ""))
    return found


def _heading(cell: tuple[bool, str]) -> str:
    is_markdown, text = cell
    lines = [line.lstrip("#").strip() for line in text.splitlines() if is_markdown and line.startswith("#")]
    return lines[-1] if lines else ""
