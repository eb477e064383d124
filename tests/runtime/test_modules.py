"""The user's own modules are on engines as they are in the client, also after an edit."""

from __future__ import annotations

import importlib
import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import eflows_nb as ef
from eflows_nb.engine.imports import Imports
from eflows_nb.runtime.modules import LocalModules, is_local

Write = Callable[[str, str], types.ModuleType]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Return a function that writes a module, or writes it anew, and imports or reloads it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    written: set[str] = set()
    ages = iter(range(1_700_000_000, 1_800_000_000))

    def write(name: str, text: str) -> types.ModuleType:
        file = tmp_path / f"{name}.py"
        file.write_text(text)
        age = next(ages)
        os.utime(file, (age, age))
        importlib.invalidate_caches()
        written.add(name)
        return importlib.reload(sys.modules[name]) if name in sys.modules else importlib.import_module(name)

    yield write
    for name in written:
        del sys.modules[name]


def test_installed_modules_are_not_the_users_own(write: Write) -> None:
    """Nobody edits those while a notebook runs."""
    assert not any(is_local(module) for module in (sys, os, pytest, importlib, ef))
    assert is_local(write("own_module", "x = 1"))


def test_what_is_imported_comes_before_what_imports_it(write: Write) -> None:
    """So that a module finds the new version of another when it is run again."""
    write("own_inner", "x = 1")
    del sys.modules["own_inner"]
    write("own_outer", "from own_inner import x")

    names = [name for name, _ in LocalModules().imports().modules]
    assert names.index("own_inner") < names.index("own_outer")


def test_an_edit_counts_when_the_module_is_run_again(write: Write, tmp_path: Path) -> None:
    """Not before: the client itself does not know of it."""
    modules = LocalModules()
    write("own_module", "x = 1")
    before = modules.imports()
    file = tmp_path / "own_module.py"
    file.write_text("x = 2")
    assert modules.imports() == before

    importlib.reload(sys.modules["own_module"])
    assert modules.imports() != before


def test_a_module_that_was_not_imported_stays_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that a program made itself has no specification; it was not run again each time it is looked at."""
    made = types.ModuleType("own_made")
    made.__file__ = str(tmp_path / "own_made.py")
    monkeypatch.setitem(sys.modules, "own_made", made)
    modules = LocalModules()

    assert modules.imports() == modules.imports()


def test_a_module_never_goes_back(write: Write, tmp_path: Path) -> None:
    """A function that was pickled before a reload may come to an engine after one that was pickled then."""
    module = write("own_counted", "x = 1")
    before, after = (Imports((), (("own_counted", (1, runs)),)) for runs in (0, 1))
    before.adopt()
    (tmp_path / "own_counted.py").write_text("x = 2")
    after.adopt()
    (tmp_path / "own_counted.py").write_text("x = 'not run again by the client'")
    before.adopt()
    after.adopt()

    assert module.x == 2


@pytest.mark.engines
@pytest.mark.usefixtures("two_engines")
def test_engines_find_what_the_client_finds(write: Write) -> None:
    """In a folder that was added to the path while engines were running."""
    own = write("own_found", "def double(x): return 2 * x")

    assert ef.wait_on([ef.task(own.double)(x) for x in range(8)]) == [2 * x for x in range(8)]


@pytest.mark.engines
@pytest.mark.usefixtures("two_engines")
def test_an_edited_module_is_edited_on_engines(write: Write) -> None:
    """Its own functions as tasks, functions of the notebook that use it, and modules that import it."""
    inner = "def factor(): return {}"
    write("own_factor", inner.format(2))
    outer = write("own_scale", "from own_factor import factor\ndef scaled(x): return factor() * x")
    through = "import own_scale\ndef through(x): return own_scale.scaled(x)"
    names: dict[str, Callable[[int], int]] = {"__name__": "__main__"}  # type: ignore[dict-item]
    exec(through, names)
    direct, indirect = ef.task(outer.scaled), ef.task(names["through"])
    assert ef.wait_on([direct(1), indirect(1)] * 4) == [2, 2] * 4

    write("own_factor", inner.format(3))
    outer = importlib.reload(outer)

    assert ef.wait_on([ef.task(outer.scaled)(1), indirect(1)] * 4) == [3, 3] * 4
