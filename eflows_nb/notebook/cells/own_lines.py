"""The line magics of this package in the code of a cell, and the comments that stand for them.

Where task cells are marked in metadata the code does not name this package: ``%eflows start 2`` is the
comment ``#% start 2`` there, in a cell whose metadata say so. This package runs it as the line; elsewhere it
is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from tokenize import COMMENT, DEDENT, INDENT, NL, TokenInfo
from typing import Any

from IPython.core.inputtransformer2 import make_tokens_by_line

__all__ = ["LINES", "bring_back", "has_comments", "map_lines", "put_aside", "stand_for_lines"]

LINES = "lines"
"""The key in the metadata of a cell that lets comments in it stand for lines."""

_LINE = re.compile(r"%(?:(load_ext\s+eflows_nb)|eflows\b[ \t]*(.*?))\s*$")
_COMMENT = re.compile(r"#%(?: (.*))?$")
_LOAD = "load"


def map_lines(source: str, change: Callable[[str | None], str]) -> str:
    """Return the code of a cell with other text in the place of the magics of this package.

    Text within strings, and of cells that are not Python, stays as it is.

    Parameters
    ----------
    change
        Gets what follows ``%eflows``, None for ``%load_ext eflows_nb``; returns what is to stand there.
    """
    return _map(source, _line_at, lambda found: change(None if found[1] else found[2]))


def put_aside(source: str) -> str:
    """Return code with comments in the place of the magics of this package."""

    def comment(words: str | None) -> str:
        return f"#% {_LOAD if words is None else words}".rstrip()

    return map_lines(source, comment)


def bring_back(source: str) -> str:
    """Return code with the magics of this package in the place of the comments that stand for them."""

    def line(found: re.Match[str]) -> str:
        return "%load_ext eflows_nb" if found[1] == _LOAD else f"%eflows {found[1] or ''}".rstrip()

    return _map(source, _comment_at, line)


def has_comments(source: str) -> bool:
    """Return whether there are comments that look as if they stood for magics of this package."""
    return bring_back(source) != source


def stand_for_lines(metadata: Any) -> bool:
    """Return whether the metadata of a cell let comments in it stand for lines."""
    own = metadata.get("eflows") if isinstance(metadata, Mapping) else None
    return isinstance(own, Mapping) and own.get(LINES) is True


def _map(
    source: str,
    find: Callable[[list[TokenInfo], list[str]], tuple[int, re.Match[str]] | None],
    text: Callable[[re.Match[str]], str],
) -> str:
    if source.lstrip().startswith("%%"):
        return source
    lines = source.splitlines(keepends=True)
    tokens_of: Any = make_tokens_by_line  # untyped
    for tokens in tokens_of([line if line.endswith("\n") else line + "\n" for line in lines]):
        found = find(tokens, lines)
        if found is None:
            continue
        number, match = found
        line = lines[number]
        indent = line[: len(line) - len(line.lstrip())]
        made = text(match)
        if indent and (not made or made.startswith("#")):
            made = f"pass  {made}".rstrip()  # it may be all that there is in its block
        lines[number] = f"{indent}{made}" + line[len(line.rstrip()) :]
    return "".join(lines)


def _line_at(tokens: list[TokenInfo], lines: list[str]) -> tuple[int, re.Match[str]] | None:
    first = next((token for token in tokens if token.type not in (INDENT, DEDENT, NL, COMMENT)), None)
    if first is None or first.string != "%":
        return None
    number = first.start[0] - 1
    match = _LINE.match(lines[number].strip())
    return None if match is None else (number, match)


def _comment_at(tokens: list[TokenInfo], lines: list[str]) -> tuple[int, re.Match[str]] | None:
    for token in tokens:
        if token.type == COMMENT and (match := _COMMENT.match(token.string.rstrip())):
            number = token.start[0] - 1
            if lines[number].strip().removeprefix("pass").strip() == token.string.rstrip():
                return number, match
    return None
