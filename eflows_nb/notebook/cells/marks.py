"""The first line of a task cell, which is no Python, on its way through IPython."""

from __future__ import annotations

import ast
from typing import Any

from IPython.core import inputtransformer2

from eflows_nb.notebook.cells.options import MAGIC

__all__ = ["mark_task_cell", "marked_line", "task_line"]


def task_line(source: str) -> str | None:
    """Return the ``%%task`` line of a cell, None when it has none."""
    first = next((line for line in source.splitlines() if line.strip()), "").strip()
    words = first.split(maxsplit=1)
    return first if words and words[0] == MAGIC and not first.endswith("?") else None


def mark_task_cell(lines: list[str]) -> list[str]:
    """Put a text in the place of the ``%%task`` line: the lines after it keep their numbers.

    An input transformer of IPython, which takes an indent of the whole cell away but does not look behind
    such a line. A text may stand before ``from __future__`` imports.
    """
    line = task_line("".join(lines))
    if line is None:
        return lines
    place = next(number for number, text in enumerate(lines) if text.strip())
    begin = next((n for n in range(place + 1, len(lines)) if lines[n].strip()), len(lines))
    ipython: Any = inputtransformer2  # untyped
    code = ipython.leading_indent(lines[begin:])
    return [*lines[:place], repr(line) + "\n", *lines[place + 1 : begin], *code]


def marked_line(tree: ast.Module) -> str | None:
    """Return the ``%%task`` line of a cell from its syntax tree, None when it has none."""
    match tree.body[:1]:
        case [ast.Expr(value=ast.Constant(value=str(text)))] if task_line(text) is not None:
            return text
    return None
