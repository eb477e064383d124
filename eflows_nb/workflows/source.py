"""A notebook as its author wrote it, read without running anything."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from eflows_nb.errors import NotebookError

__all__ = ["Cell", "Notebook"]

PYTHON = frozenset({"python", "ipython", "python3", "ipython3"})

# Lines that IPython turns into calls; a cell with any of them is not Python and is left to IPython.
_MAGIC = re.compile(r"^\s*[%!?]|\?\s*$|=\s*[%!]", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell of a notebook file.

    Parameters
    ----------
    number
        Its place, counted from 1 over all cells.
    code
        Whether it is a code cell.
    source
        Its text.
    tags
        Its tags.
    """

    number: int
    code: bool
    source: str
    tags: frozenset[str]

    @property
    def plain(self) -> bool:
        """Whether it is Python without magics, shell lines and questions."""
        return not _MAGIC.search(self.source)

    @property
    def first_line(self) -> str:
        """Its first line with text."""
        return next((line.strip() for line in self.source.splitlines() if line.strip()), "")

    def tree(self, name: str) -> ast.Module:
        """Return its syntax tree, magics left out.

        Parameters
        ----------
        name
            What the notebook is called in an error.

        Raises
        ------
        NotebookError
            If it is no Python.
        """
        text = self.source if self.plain else re.sub(r"(?m)^[%!?].*$", "", self.source)
        try:
            tree: ast.Module = compile(
                text, name, "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
            )
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            shown = (text.splitlines() or [""])[min(line, len(text.splitlines()) or 1) - 1].strip()
            raise NotebookError(
                f"Cell {self.number} of {name!r} has a syntax error in line {line}, {shown!r}: "
                f"{getattr(error, 'msg', error)}. Nothing was run."
            ) from error
        return tree


@dataclass(frozen=True, kw_only=True, slots=True)
class Notebook:
    """A notebook file that has been read.

    Parameters
    ----------
    name
        What it is called in messages: its path as given.
    cells
        Its cells in order.
    language
        Its language in lower case; ``python`` where it names none.
    kernel
        The Jupyter kernel that it asks for, "" for none.
    """

    name: str
    cells: tuple[Cell, ...]
    language: str = "python"
    kernel: str = ""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the notebook in a file.

        Raises
        ------
        NotebookError
            If there is no such file, or it holds no notebook of format 4.
        """
        name = str(path)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise NotebookError(f"There is no notebook {name!r}; check the path.") from error
        except IsADirectoryError as error:
            raise NotebookError(f"{name!r} is a folder; name one notebook file in it.") from error
        except OSError as error:
            raise NotebookError(f"Notebook {name!r} cannot be read: {error.strerror}.") from error
        except (ValueError, RecursionError) as error:
            reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
            raise NotebookError(f"{name!r} is not a notebook, because it is not JSON: {reason}.") from error
        return cls.of(content, name)

    @classmethod
    def of(cls, content: Any, name: str) -> Self:
        """Return the notebook in the parsed content of a file.

        Raises
        ------
        NotebookError
            If the content is no notebook of format 4.
        """
        if isinstance(content, Mapping) and "worksheets" in content:
            raise NotebookError(
                f"Notebook {name!r} is of an old format; convert it with "
                "'jupyter nbconvert --to notebook --inplace'."
            )
        try:
            metadata = content.get("metadata", {})
            kernel = metadata.get("kernelspec", {})
            language = metadata.get("language_info", {}).get("name") or kernel.get("language") or "python"
            cells = tuple(_cell(number, cell) for number, cell in enumerate(content["cells"], start=1))
            return cls(name=name, cells=cells, language=language.lower(), kernel=kernel.get("name") or "")
        except (AttributeError, KeyError, TypeError) as error:
            raise NotebookError(
                f"{name!r} is not a notebook: it is JSON, but has no list of cells as Jupyter writes it."
            ) from error

    @property
    def is_python(self) -> bool:
        """Whether it is in Python."""
        return self.language in PYTHON

    def tagged(self, tag: str) -> Cell | None:
        """Return the first code cell with this tag, None without one."""
        return next((cell for cell in self.cells if cell.code and tag in cell.tags), None)

    def check_syntax(self) -> None:
        """Refuse a notebook with a cell that cannot be compiled, before hours are spent on those above it.

        Raises
        ------
        NotebookError
            For the first such cell.
        """
        for cell in self.cells:
            skipped = cell.tags & {"raises-exception", "skip-execution"}
            # IPython may read a single line as a magic without its percent sign: `cd data`.
            if cell.code and cell.plain and not skipped and len(cell.source.strip().splitlines()) > 1:
                cell.tree(self.name)


def _cell(number: int, content: Any) -> Cell:
    source = content["source"]
    return Cell(
        number=number,
        code=content["cell_type"] == "code",
        source=source if isinstance(source, str) else "".join(source),
        tags=frozenset(content.get("metadata", {}).get("tags", ())),
    )
