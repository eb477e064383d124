"""Changes that a task cell makes without saying so, and reads that are none."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.errors import CellError


def test_reading_what_libraries_load_and_cache_is_no_change(
    notebook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A data set in a file, a sparse matrix, a figure and a default dictionary may be read in a task."""
    monkeypatch.chdir(tmp_path)
    notebook.run(
        "import collections, io, numpy as np, xarray as xr\nfrom matplotlib.figure import Figure\n"
        "from scipy import sparse\nfrom scipy.sparse import linalg\n"
        "xr.Dataset({'t': ('x', np.ones(3))}).to_netcdf('t.nc'); lazy = xr.open_dataset('t.nc')\n"
        "matrix = sparse.random(9, 9, 0.3, format='csr', rng=0) + sparse.eye(9, format='csr')\n"
        "figure = Figure(); figure.subplots().plot([1, 2])\ncounts = collections.defaultdict(list, a=[1])"
    )

    notebook.run("%%task\nmean = float(lazy.t.mean())")
    notebook.run("%%task\nsolution = linalg.spsolve(matrix, np.ones(9)).shape")
    notebook.run("%%task\nfigure.savefig(io.BytesIO()); drawn = True")
    notebook.run("%%task\nfound = len(counts['z'])")

    assert notebook.run("mean, solution, drawn, found") == (1.0, (9,), True, 0)


def test_what_may_be_a_cache_is_a_warning(notebook: Any) -> None:
    """A private attribute that was empty may hold a change or not: the task is done, and says so."""
    notebook.run(
        "class Found:\n    def __init__(self): self._all = []\n"
        "    def add(self, x): self._all.append(x)\nfound = Found()"
    )

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        notebook.run("%%task\nfound.add(1); x = 1")
        assert notebook.run("x") == 1

    assert any("may have changed what its input 'found' keeps for itself" in str(one.message) for one in told)


@pytest.mark.parametrize(
    ("before", "task", "message"),
    [
        ("class B:\n    items = []\nb = B()", "b.items.append(1)", "the attribute 'items' of the class 'B'"),
        (
            "class B:\n    total = 0\n    def add(self, x): B.total += x\nb = B()",
            "b.add(5)",
            "the attribute 'total' of the class 'B'",
        ),
        (
            "class B:\n    @classmethod\n    def name(cls): cls.last = 1",
            "B.name()",
            "the attribute 'last' of the class 'B'",
        ),
        (
            "def make():\n    n = [0]\n    def step():\n        n[0] += 1\n    return step\nstep = make()",
            "step()",
            "the variable 'n' of the function 'step'",
        ),
        (
            "def make():\n    n = 0\n    def step():\n        nonlocal n\n        n += 1\n    return step\n"
            "step = make()",
            "step()",
            "the variable 'n' of the function 'step'",
        ),
        ("def log(x, kept=[]): kept.append(x)", "log(1)", "the default of 'kept' of the function 'log'"),
        ("def log(*, kept=[]): kept.append(1)", "log()", "the default of 'kept' of the function 'log'"),
        ("def count(): count.n += 1\ncount.n = 0", "count()", "the attribute 'n' of the function 'count'"),
        ("def f(): seen.append(1)\nseen = []", "f()", "its input 'seen'"),
    ],
)
def test_what_functions_and_classes_keep_is_not_lost_in_silence(
    notebook: Any, before: str, task: str, message: str
) -> None:
    """The task fails with a sentence that names what has changed and the way out."""
    notebook.run(before)
    notebook.run(f"%%task\n{task}; x = 1")

    error = notebook.error("x")

    assert isinstance(error, CellError)
    assert f"changed {message}" in str(error)
    assert "%%task --inout" in str(error)


def test_a_declared_change_of_a_class_or_function_is_kept(notebook: Any) -> None:
    """With --inout it takes the place of what was there, and instances see it."""
    notebook.run(
        "class B:\n    items = []\nb = B()\ndef make():\n    n = [0]\n    def step():\n        n[0] += 1\n"
        "        return n[0]\n    return step\nstep = make()"
    )

    notebook.run("%%task --inout B,step\nb.items.append(1); x = step()")

    assert notebook.run("B.items, b.items, isinstance(b, B), x, step()") == ([1], [1], True, 1, 2)


def test_caches_of_functions_are_no_changes(notebook: Any) -> None:
    """What is called a cache may be filled, and functions that remember their results may be called."""
    notebook.run(
        "import enum\nclass Flag(enum.Flag):\n    A = 1\n    B = 2\n"
        "def square(x, _cache={}):\n    return _cache.setdefault(x, x * x)\n"
        "class C:\n    _one = None\n    @property\n    def one(self):\n"
        "        return self._one or setattr(type(self), '_one', 1) or 1\nc = C()"
    )

    notebook.run("%%task\nx = square(3), (Flag.A | Flag.B).value")

    assert notebook.run("x") == (9, 3)


def test_what_a_function_binds_with_global_comes_back(notebook: Any) -> None:
    """As it does where the function is defined in the cell itself, and only where it is bound."""
    notebook.run(
        "count, other = 0, 'as it was'\ndef tick():\n    global count\n    count += 1\n"
        "def found():\n    global fresh\n    fresh = 7\ndef never(x):\n    global other\n    if x: other = 1"
    )

    notebook.run("%%task\ntick(); never(False)")
    notebook.run("%%task\ntick(); found()")

    assert notebook.run("count, fresh, other") == (2, 7, "as it was")
    notebook.run("%%task\nnever(False); one = other")
    assert notebook.run("one, other") == ("as it was", "as it was")


def test_a_mapped_cell_cannot_bind_a_name_through_a_function(notebook: Any) -> None:
    """Its tasks run at the same time."""
    notebook.run("count, xs = 0, [1]\ndef tick():\n    global count\n    count += 1")

    assert "cannot bind 'count'" in str(notebook.error("%%task --map x in xs\ntick()"))


def test_what_a_pending_function_binds_is_refused(notebook: Any) -> None:
    """What a function of another task does cannot be known when the cell is submitted."""
    notebook.run("%%task\nn = 3\ndef found(x=n):\n    global fresh\n    fresh = x")
    notebook.run("%%task\nfound(); y = 1")

    error = notebook.error("y")

    assert isinstance(error, CellError)
    assert "has bound 'fresh'" in str(error)


@pytest.mark.engines
def test_functions_that_remember_their_results_travel(notebook: Any) -> None:
    """They go to engines and come back by value, find their global names, and are no changed input."""
    with ef.start(engines=1):
        notebook.run(
            "import functools\nstep = 1\n@functools.lru_cache\ndef fib(n):\n"
            "    return n if n < 2 else fib(n - step) + fib(n - 2)"
        )
        notebook.run("%%task\nx = fib(20)")
        notebook.run(
            "%%task\n@functools.cache\ndef half(n, k=x):\n    return n / 2 + step\ny = [half(4), [fib][0](5)]"
        )
        notebook.run("%%task\nz = half(6)")

        assert notebook.run("x, y, z, half(8)") == (6765, [3.0, 5], 4.0, 5.0)


def test_a_task_in_this_process_leaves_the_classes_of_the_notebook_as_they_were(notebook: Any) -> None:
    """Within the task their methods find its names, and those of the notebook before and after."""
    notebook.run("class B:\n    items = [1]\n    def f(self): return k\nb, k = B(), 1; items = B.items")
    notebook.run("%%task\nk = 10\ny = b.f()")
    assert notebook.run("y, b.f()") == (10, 10)

    notebook.run("k = 2")

    assert notebook.run("b.f(), B().f(), B.items is items, isinstance(b, B)") == (2, 2, True, True)
