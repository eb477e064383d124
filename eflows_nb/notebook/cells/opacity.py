"""Code whose names cannot be known before it runs, and why."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from eflows_nb.notebook.cells.names import Magic

__all__ = ["ANY_NAME", "USES_MAGIC", "magic_of", "opacity", "queried_names"]

USES_MAGIC = "it uses a magic or a shell line"
"""Why a cell with a magic is opaque."""

_EXECUTES = {"exec", "eval", "execfile"}
ANY_NAME = frozenset({*_EXECUTES, "globals"})
"""Builtins by which any name can be read and bound."""
_NAMESPACES = {"locals", "vars", "dir"}
_SHELL = {"system", "getoutput"}
_MAGICS = {"run_line_magic", "run_cell_magic"}
_QUERY = re.compile(r"@([A-Za-z_]\w*)")


def opacity(node: ast.AST) -> str:
    """Return why this node makes the names of a cell unknowable, as a clause; empty when it does not.

    Parameters
    ----------
    node
        A name or attribute that is read, an import, or a call at the top level of a cell.
    """
    match node:
        case ast.Name(id=name) if name in _EXECUTES:
            return f"it uses {name}, whose code is known only when it runs"
        case ast.Name(id="globals"):
            return "it uses globals(), by which any name can be read and bound"
        case ast.Name(id="get_ipython"):
            return "it uses get_ipython(), by which any name can be read and bound"
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]) if name in _NAMESPACES:
            return f"it calls {name}() without an argument, which looks at all names"
        case ast.Attribute(value=ast.Name(id="builtins" | "__builtins__"), attr=name) if name in ANY_NAME:
            return f"it uses {name}, by which any name can be read and bound"
        case ast.ImportFrom(module="__main__"):
            return "it imports from __main__, where any name can be"
        case ast.ImportFrom(module="builtins", names=aliases) if any(a.name in ANY_NAME for a in aliases):
            return "it imports what can read and bind any name from builtins"
        case ast.Import(names=aliases) if any(a.name == "builtins" and a.asname for a in aliases):
            return "it imports builtins, by which any name can be read and bound, under another name"
        case ast.ImportFrom(names=[ast.alias(name="*")], module=module):
            return f"'from {module or '.'} import *' binds names that are not in the code"
        case ast.Import(names=aliases) if any(alias.name == "__main__" for alias in aliases):
            return "it imports __main__, by which any name can be read and bound"
        case ast.Attribute(attr="_getframe" | "currentframe"):
            return f"it uses {node.attr}, which reaches the names of its callers"
        case ast.Subscript(slice=ast.Constant(value="__main__")):
            return "it looks up __main__, by which any name can be read and bound"
    return ""


def magic_of(call: ast.Call) -> Magic | None:
    """Return the magic or shell line that IPython has made this call of, None when it is none."""
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=attribute), args=args
        ):
            texts = [arg.value if isinstance(arg, ast.Constant) else "" for arg in args]
            if attribute in _SHELL:
                return Magic(name="!", text=" ".join(map(str, texts)))
            if attribute in _MAGICS and texts:
                return Magic(name=str(texts[0]), text="\n".join(map(str, texts[1:])))
    return None


def queried_names(call: ast.Call) -> Iterator[str]:
    """Yield the names that pandas reads from where ``query`` or ``eval`` is called: ``@name`` in the text."""
    match call:
        case ast.Call(func=ast.Attribute(attr="query" | "eval"), args=[ast.Constant(value=str(text)), *_]):
            yield from _QUERY.findall(text)
