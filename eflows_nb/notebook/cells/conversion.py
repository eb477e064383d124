"""Task cells from one form to another: ``%%task`` lines, cell metadata, and task functions.

What the notebook computes stays as it is.
"""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

from eflows_nb.errors import CellError, NotebookError
from eflows_nb.notebook.cells.functions import FunctionForm
from eflows_nb.notebook.cells.marks import task_line
from eflows_nb.notebook.cells.options import VERSION, TaskOptions
from eflows_nb.notebook.cells.own_lines import LINES, bring_back, has_comments, put_aside, stand_for_lines
from eflows_nb.notebook.cells.reading import cells_of_functions, mapped_body

__all__ = ["FORMS", "convert", "convert_file", "to_function", "to_magic", "to_metadata"]

_PACKAGE_LINE = re.compile(
    r"^(?:import eflows_nb as ef|ef\.(start|stop|barrier)\((?:engines=([0-9]+))?\);?)$"
)
_IMPORT = "import eflows_nb as ef"


def to_metadata(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook whose task cells are marked in their metadata.

    Its code names this package no more where only task cells did: comments stand where there were
    ``%load_ext eflows_nb`` and ``%eflows`` lines, and run as these where the package is. Elsewhere it is an
    ordinary notebook.

    Raises
    ------
    CellError
        For options that cannot be read, for a mapped cell that would not compute the same as a function, and
        for a comment that would run as a line.
    """
    made = copy.deepcopy(notebook)
    bodies = [_source(cell) for cell in made["cells"] if cell["cell_type"] == "code"]
    form = FunctionForm(_without_first(body) if task_line(body) is not None else body for body in bodies)
    for number, cell in enumerate(made["cells"], start=1):
        if cell["cell_type"] != "code":
            continue
        source = _source(cell)
        line = task_line(source)
        if line is not None:
            try:
                options = TaskOptions.from_line(line)
                cell["source"] = _unmarked(form, _without_first(source), options)
            except (CellError, SyntaxError) as error:
                raise CellError(f"Cell {number} cannot be converted: {error}") from error
            cell["metadata"] = {**cell.get("metadata", {}), "eflows": options.metadata}
        else:
            form.pass_over(source)
            aside = put_aside(source)
            if aside != source:
                if has_comments(source):
                    raise CellError(
                        f"Cell {number} cannot be converted: it has a comment that begins with '#%', as "
                        "those do that stand for %eflows lines. Write '# %' there."
                    )
                cell["source"] = aside
                cell["metadata"] = {**cell.get("metadata", {}), "eflows": {"version": VERSION, LINES: True}}
    return made


def to_magic(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook whose task cells begin with a ``%%task`` line.

    Comments that `to_metadata` has put in the place of lines are these again.

    Raises
    ------
    CellError
        For metadata that is not valid, and for a cell whose code is not mapped as they say.
    """
    made = copy.deepcopy(notebook)
    found = False
    for number, cell in enumerate(made["cells"], start=1):
        if cell["cell_type"] != "code":
            continue
        options = TaskOptions.from_metadata(cell.get("metadata", {}))
        if stand_for_lines(cell.get("metadata", {})):
            cell["source"] = bring_back(_source(cell))
            del cell["metadata"]["eflows"]
            continue
        if options is None:
            continue
        found = True
        del cell["metadata"]["eflows"]
        if task_line(_source(cell)) is not None:
            continue
        try:
            body = _source(cell) if options.map is None else mapped_body(_source(cell), options)
        except (CellError, SyntaxError) as error:
            raise CellError(f"Cell {number} cannot be converted: {error}") from error
        cell["source"] = f"{options.line}\n{body}"
    if found and not _loads(made):
        _insert_first(made, "%load_ext eflows_nb")
    return made


def to_function(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook with task functions in the place of task cells, and waits in the cells that read.

    Raises
    ------
    CellError
        For a cell that would not compute the same as a function; the text has its number.
    """
    made = to_magic(notebook)
    code = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    bodies = [_source(cell) for cell in code]
    form = FunctionForm(_without_first(body) if task_line(body) is not None else body for body in bodies)
    for number, cell in enumerate(made["cells"], start=1):
        if cell["cell_type"] != "code":
            continue
        source = _source(cell)
        line = task_line(source)
        try:
            cell["source"] = (
                form.plain(source)
                if line is None
                else form.task(_without_first(source), TaskOptions.from_line(line))
            )
        except (CellError, SyntaxError) as error:
            raise CellError(f"Cell {number} cannot be converted: {error}") from error
    made["cells"] = [c for c in made["cells"] if c["cell_type"] != "code" or c["source"].strip()]
    imported = any(_IMPORT in _source(cell) for cell in made["cells"] if cell["cell_type"] == "code")
    if not imported and any(task_line(body) is not None for body in bodies):
        if any(re.search(r"\bef\b", body) for body in bodies):
            raise CellError("The notebook uses the name 'ef' for something else; rename that first.")
        _insert_first(made, _IMPORT)
    return made


def convert(notebook: dict[str, Any], *, form: str) -> dict[str, Any]:
    """Return a notebook in another form, whatever its form was; the code of each cell is one text.

    Parameters
    ----------
    form
        One of `FORMS`.

    Raises
    ------
    CellError
        When a cell cannot be converted.
    """
    for number, cell in enumerate(notebook["cells"], start=1):
        if not _is_cell(cell):
            raise CellError(f"Cell {number} is not a cell of a notebook of format 4. Repair the file first.")
    try:
        made = FORMS[form](notebook)
    except (RecursionError, MemoryError, UnicodeError) as error:
        raise CellError(
            f"The notebook has code that Python cannot read: {str(error) or 'it is nested too deeply'}."
        ) from error
    for cell in made["cells"]:
        cell["source"] = _source(cell)
    return made


def convert_file(source: Path, target: Path, *, form: str) -> int:
    """Write a notebook in another form; return how many cells are task cells.

    Parameters
    ----------
    source, target
        The notebook, and the file to be written; they may be the same.
    form
        ``"metadata"``, ``"magic"`` or ``"function"``.

    Raises
    ------
    NotebookError
        When there is no such notebook, or the file cannot be written.
    CellError
        When a cell cannot be converted; nothing is written then.
    """
    try:
        notebook = json.loads(source.read_text(encoding="utf-8"))
        notebook["cells"][:]
    except OSError as error:
        raise NotebookError(f"Notebook {str(source)!r} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NotebookError(f"{str(source)!r} is not a notebook of format 4.") from error
    try:
        made = convert(notebook, form=form)
    except CellError as error:
        raise CellError(f"{str(source)!r}: {error}") from error
    for cell in made["cells"]:
        cell["source"] = _source(cell).splitlines(keepends=True)
    try:
        target.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise NotebookError(f"{str(target)!r} cannot be written: {error.strerror}.") from error
    return sum(_is_task(cell) for cell in (notebook if form == "function" else made)["cells"])


def _from_functions(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook whose task functions that are called once are task cells."""
    made = copy.deepcopy(notebook)
    code = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    before = [_source(cell) for cell in code]
    after = cells_of_functions(before)
    if after != before:
        after = _in_magics(after)
    for cell, source in zip(code, after, strict=True):
        cell["source"] = source
    if after != before and not _loads(made):
        _insert_first(made, "%load_ext eflows_nb")
    return made


def _in_magics(sources: list[str]) -> list[str]:
    """Return code with lines of the package as magics, if it is used for nothing else."""
    lines = [line for source in sources for line in source.splitlines()]
    if any(re.search(r"\bef\b", line) and not _PACKAGE_LINE.match(line) for line in lines):
        return sources
    return ["\n".join(_in_magic(line) for line in source.splitlines()) for source in sources]


def _in_magic(line: str) -> str:
    found = _PACKAGE_LINE.match(line)
    if found is None:
        return line
    word = {None: "", "start": "start", "stop": "stop", "barrier": "wait"}[found[1]]
    return f"%eflows {word} {found[2] or ''}".rstrip() if word else "%load_ext eflows_nb"


def from_functions_to_magic(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook in the magic form, whatever its form was."""
    return to_magic(_from_functions(notebook))


def from_functions_to_metadata(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook in the metadata form, whatever its form was."""
    return to_metadata(_from_functions(notebook))


FORMS = {
    "metadata": from_functions_to_metadata,
    "magic": from_functions_to_magic,
    "function": to_function,
}
"""The forms by their names."""


def _unmarked(form: FunctionForm, source: str, options: TaskOptions) -> str:
    """Return the code of a task cell as an ordinary one."""
    if options.map is not None:
        return form.unmarked(source, options)
    form.pass_over(source)
    return source


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict) or not isinstance(cell.get("cell_type"), str):
        return False
    source = cell.get("source")
    whole = isinstance(source, str) or (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    )
    return whole and isinstance(cell.get("metadata", {}), dict)


def _is_task(cell: dict[str, Any]) -> bool:
    if cell["cell_type"] != "code":
        return False
    own = cell.get("metadata", {}).get("eflows", {})
    return task_line(_source(cell)) is not None or "task" in own


def _source(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _without_first(source: str) -> str:
    lines = source.splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.strip())
    return "".join(lines[place + 1 :])


def _loads(notebook: dict[str, Any]) -> bool:
    return any(
        cell["cell_type"] == "code" and re.search(r"(?m)^\s*%load_ext\s+eflows_nb", _source(cell))
        for cell in notebook["cells"]
    )


def _insert_first(notebook: dict[str, Any], source: str) -> None:
    """Put a code cell before all others."""
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    place = kinds.index("code") if "code" in kinds else 0
    notebook["cells"].insert(place, _code_cell(source, notebook))


def _code_cell(source: str, notebook: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }
    if notebook.get("nbformat_minor", 5) >= 5:
        known = {one.get("id") for one in notebook["cells"]}
        cell["id"] = next(
            name for number in range(len(known) + 1) if (name := f"eflows-{number}") not in known
        )
    return cell
