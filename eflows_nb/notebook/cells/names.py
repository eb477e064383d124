"""The names of a cell: what it reads, binds and writes in place, found without running it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BUILTINS", "CellNames", "Magic", "names_of", "parse"]

BUILTINS = frozenset(dir(builtins)) | {"display", "get_ipython"}
"""Names that a cell finds without anybody having bound them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Magic:
    """A line or cell of IPython's own language within a cell: its name, and the text that it is given."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CellNames:
    """What a cell does with the names of the notebook.

    Parameters
    ----------
    reads
        Names whose value from before the cell it may see; builtins that it uses are among them.
    binds
        Names that it may have bound when it ends.
    sure
        Those of them that it has bound whenever it ends without an error.
    writes
        Names that it reads and whose value it writes in place, as far as that stands in the code:
        ``x[i] = …``, ``x.attr = …``, ``x += …``, ``del x[i]``.
    deletes
        Names that it may have deleted when it ends.
    arguments
        Names that it reads only as direct arguments of calls, and the functions called, as dotted text.
    opaque
        Why its names cannot be known from its code, a clause; empty where they are known.
    magics
        IPython's magics and shell lines in it.
    """

    reads: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    sure: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    arguments: Mapping[str, frozenset[str]]
    opaque: str = ""
    magics: tuple[Magic, ...] = ()

    @property
    def inputs(self) -> frozenset[str]:
        """Names that it reads and that are no builtins."""
        return self.reads - BUILTINS


def parse(source: str, filename: str = "<cell>", flags: int = 0) -> ast.Module:
    """Return the syntax tree of a cell, in which ``await`` may stand outside functions.

    Raises
    ------
    SyntaxError
        If it is no Python.
    """
    allowed = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | flags
    tree: ast.Module = compile(source, filename, "exec", allowed, dont_inherit=True)
    return tree


def names_of(cell: str | ast.Module) -> CellNames:
    """Return the names of a cell, given as Python source or as its syntax tree.

    Examples
    --------
    >>> found = names_of("y = [x * k for x in xs]; y[0] = 1; z += 1")
    >>> sorted(found.inputs), sorted(found.binds), sorted(found.writes)
    (['k', 'xs', 'z'], ['y', 'z'], ['z'])
    """
    from eflows_nb.notebook.cells.flow import Flow

    return Flow().follow(parse(cell) if isinstance(cell, str) else cell)
