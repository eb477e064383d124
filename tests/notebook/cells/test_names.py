"""The names of cells, on a corpus of them."""

from __future__ import annotations

import builtins
import symtable
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from eflows_nb.notebook.cells.names import names_of


class Case(NamedTuple):
    """A cell and what is expected of it."""

    code: str
    inputs: set[str]
    outputs: set[str]
    writes: set[str]
    deletes: set[str]
    opaque: str


def corpus() -> list[Case]:
    """Read the cells."""
    _, *sections = Path(__file__).with_name("corpus.txt").read_text().split("\n== ")
    cases = []
    for section in sections:
        if section.startswith("Python 3.12") and sys.version_info < (3, 12):
            continue
        lines: list[str] = []
        for line in section.splitlines()[1:]:
            if line.startswith("#>"):
                said = dict(part.strip().split(": ", 1) for part in line[2:].split(";") if part.strip())
                sets = [set(said.get(word, "").split()) for word in ("in", "out", "writes", "deletes")]
                cases.append(Case("\n".join(lines), *sets, said.get("opaque", "")))
                lines = []
            elif line or lines:
                lines.append(line)
    return cases


CASES = corpus()
DEAD = {"a"}  # read in the corpus behind `if 0:`


def python(case: Case) -> str:
    """Return a cell as IPython would run it."""
    return TransformerManager().transform_cell(case.code)


def test_the_corpus_is_large() -> None:
    """It has at least two hundred cells."""
    assert len(CASES) >= 200


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code[:40])
def test_the_names_of_a_cell_are_exactly_these(case: Case) -> None:
    """Inputs, outputs, writes in place and deletions are those that the corpus says."""
    found = names_of(python(case))

    assert (found.inputs, found.binds, found.writes, found.deletes) == (
        case.inputs,
        case.outputs,
        case.writes,
        case.deletes,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code[:40])
def test_opaque_code_is_recognised_with_its_reason(case: Case) -> None:
    """A cell whose names cannot be known says why, and no other cell does."""
    reason = names_of(python(case)).opaque

    assert case.opaque in reason
    assert bool(reason) == bool(case.opaque)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code[:40])
def test_no_name_is_found_that_the_compiler_does_not_know(case: Case) -> None:
    """What is read, bound or deleted is a name of the notebook for Python's own symbol tables too."""
    found = names_of(python(case))
    try:
        table = symtable.symtable(python(case), "<cell>", "exec")
    except SyntaxError:
        pytest.skip("await outside functions is IPython's, and has no symbol table")
    queried = {"limit", "other", "k"} if "@" in case.code else set()

    assert found.inputs | found.binds | found.deletes <= _global_names(table) | queried


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code[:40])
def test_what_is_read_and_never_bound_is_an_input(case: Case) -> None:
    """No name is overlooked that the compiler sees read at the top level and bound nowhere."""
    found = names_of(python(case))
    try:
        table = symtable.symtable(python(case), "<cell>", "exec")
    except SyntaxError:
        pytest.skip("await outside functions is IPython's, and has no symbol table")
    read = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and not symbol.is_assigned() and not symbol.is_imported()
    }

    assert read - set(dir(builtins)) - {"get_ipython"} - DEAD <= found.inputs


def _global_names(table: symtable.SymbolTable) -> set[str]:
    anything = table.get_type() in ("module", "class")  # a class looks outside for what it has not bound yet
    own = {symbol.get_name() for symbol in table.get_symbols() if anything or symbol.is_global()}
    return own.union(*(_global_names(child) for child in table.get_children()))
