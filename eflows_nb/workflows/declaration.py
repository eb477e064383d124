"""What the ``parameters`` cell of a notebook declares, read from its syntax tree and its comments."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eflows_nb.workflows.annotation import named_after
from eflows_nb.workflows.parameter import Parameter
from eflows_nb.workflows.source import Cell

__all__ = ["declared"]


def declared(cell: Cell, notebook: str) -> tuple[Parameter, ...]:
    """Return the parameters that a cell assigns, in order.

    Parameters
    ----------
    cell
        The cell tagged ``parameters``. Statements other than assignments to a name are left out.
    notebook
        What the notebook is called in messages.

    Raises
    ------
    NotebookError
        If the cell is no Python.
    """
    comments = _comments(cell.source)
    found: dict[str, Parameter] = {}
    for statement in cell.tree(notebook).body:
        for name, annotation, value in _assigned(statement):
            found[name] = Parameter(
                name=name,
                annotation=annotation,
                default=None if value is None else ast.unparse(value),
                description=_description(statement, comments),
            )
    return tuple(found.values())


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, str, ast.expr | None]]:
    """Yield name, annotation and value of every name that a statement assigns."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Constant(value=str(text)), value=value):
            yield name, text, value
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
            yield name, ast.unparse(annotation), value
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, named_after(value), value


@dataclass(frozen=True, kw_only=True, slots=True)
class _Comment:
    text: str
    alone: bool


def _comments(source: str) -> dict[int, _Comment]:
    """Return the comments of a cell by their line."""
    comments: dict[int, _Comment] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                comments[token.start[0]] = _Comment(
                    text=token.string.lstrip("#: ").strip(), alone=not token.line[: token.start[1]].strip()
                )
    except (tokenize.TokenError, SyntaxError):
        # A magic can upset the tokenizer; help text is not worth refusing a notebook for.
        return comments
    return comments


def _description(statement: ast.stmt, comments: Mapping[int, _Comment]) -> str:
    """Return the comment behind a statement, else the lines of comment directly above it."""
    for line in (statement.end_lineno or statement.lineno, statement.lineno):
        if line in comments and not comments[line].alone:
            return comments[line].text
    above: list[str] = []
    line = statement.lineno - 1
    while line in comments and comments[line].alone:
        above.insert(0, comments[line].text)
        line -= 1
    return " ".join(above)
