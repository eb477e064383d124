"""Whether the cell that runs now may have shown something already, before anybody kept it."""

from __future__ import annotations

import ast
import sys
from typing import Any

from eflows_nb.notebook.cells.ledger import is_constant
from eflows_nb.notebook.cells.names import parse

__all__ = ["has_shown_nothing"]


def has_shown_nothing(kernel: Any) -> bool:
    """Return whether what the running cell has done so far shows nothing.

    That is taken for granted where only imports, definitions, literals and ``%load_ext`` stand before it.
    """
    frame = sys._getframe()
    line = 0
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_globals is kernel.shell.user_ns and frame.f_code.co_name.startswith("<"):
            line = frame.f_lineno
    try:
        source = (kernel.get_parent("shell") or {}).get("content", {}).get("code", "")
        tree = parse(kernel.shell.transform_cell(source))
    except SyntaxError:
        return False
    before = [node for node in tree.body if (node.end_lineno or node.lineno) < line]
    return line > 0 and all(is_constant(node) or _loads_an_extension(node) for node in before)


def _loads_an_extension(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(attr="run_line_magic"), args=[ast.Constant(value="load_ext"), *_]
            )
        ):
            return True
    return False
