"""Whether values were changed in place."""

from __future__ import annotations

import collections
import functools
import io
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure
from scipy import sparse
from scipy.sparse import linalg

from eflows_nb.notebook.cells.fingerprint import Change, Fingerprint


class Lazy:
    """A class as libraries have them: it computes an attribute when it is first read."""

    def __init__(self) -> None:
        self.items = [1, 2]

    @functools.cached_property
    def total(self) -> int:
        """Return the sum."""
        return sum(self.items)


class Kept:
    """A class with a private attribute that a property computes when it is first read."""

    def __init__(self) -> None:
        self._value: list[int] | None = None
        self._stack: list[int] = []
        self._memo: dict[int, int] = {}

    @property
    def value(self) -> list[int]:
        """Return what is computed once."""
        if self._value is None:
            self._value = [1]
        return self._value

    def push(self, item: int) -> None:
        """Change it, as nobody can tell from a cache that is filled."""
        self._stack = [*self._stack, item]

    def square(self, number: int) -> int:
        """Return what is computed once for each number."""
        return self._memo.setdefault(number, number**2)


def unloaded() -> xr.Dataset:
    """Return a data set whose values are still in a file."""
    path = Path(tempfile.mkdtemp()) / "cube.nc"
    cube().to_netcdf(path)
    return xr.open_dataset(path)


def matrix() -> sparse.csr_array:
    """Return a sparse matrix whose entries are in no order, one of them in two parts."""
    return sparse.csr_array((np.ones(4), [1, 0, 1, 1], [0, 2, 4]), shape=(2, 2))


def drawing() -> Figure:
    """Return a figure with a line."""
    figure = Figure()
    figure.subplots().plot([1, 2])
    return figure


def counts() -> Any:
    """Return a dictionary that adds an entry when it is read."""
    return collections.defaultdict(list, a=[1])


def fragmented() -> pd.DataFrame:
    """Return a table whose columns pandas puts together when it computes with them."""
    made = frame()
    for name in "cdef":
        made[name] = [1.0, 2.0]
    return made


def cube() -> xr.Dataset:
    """Return a small data set."""
    return xr.Dataset({"v": (("a", "b"), np.zeros((2, 3)))}, coords={"a": [1, 2]})


def frame() -> pd.DataFrame:
    """Return a small table."""
    return pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda: [1], lambda x: x.append(2)),
        (lambda: {"a": [1]}, lambda x: x["a"].append(2)),
        (lambda: {1, 2}, lambda x: x.discard(1)),
        (lambda: np.zeros(3), lambda x: x.fill(1)),
        (lambda: np.zeros(100_000), lambda x: x.fill(1)),
        (lambda: iter([1, 2]), next),
        (lambda: np.random.default_rng(1), lambda x: x.normal()),
        (Lazy, lambda x: x.items.append(3)),
        (lambda: bytearray(b"ab"), lambda x: x.extend(b"c")),
        (cube, lambda x: x.attrs.update(units="m")),
        (cube, lambda x: x.v.values.fill(1)),
        (frame, lambda x: x.insert(0, "c", 1)),
        (frame, lambda x: x.loc.__setitem__((0, "a"), 9)),
        (frame, lambda x: x.rename(columns={"a": "A"}, inplace=True)),
        (frame, lambda x: x.sort_values("b", ascending=False, inplace=True)),
        (lambda: frame().a, lambda x: x.update(pd.Series([7, 8]))),
        (matrix, lambda x: x.data.fill(2)),
        (lambda: [matrix()], lambda x: x[0].setdiag(5)),
        (unloaded, lambda x: x.v.attrs.update(units="m")),
        (lambda: unloaded().load(), lambda x: x.v.values.fill(1)),
        (drawing, lambda x: x.axes[0].plot([2, 1])),
        (lambda: drawing().axes[0], lambda x: x.set_title("t")),
        (drawing, lambda x: x.axes[0].lines[0].set_ydata([5, 6])),
        (counts, lambda x: x["b"].append(2)),
        (counts, lambda x: x["a"].append(2)),
        (lambda: collections.defaultdict(int, a=0), lambda x: x.pop("a")),
        (lambda: functools.reduce(lambda x, n: x.push(n) or x, [1], Kept()), lambda x: x.push(2)),
    ],
)
def test_a_change_is_seen(make: Callable[[], Any], change: Callable[[Any], Any]) -> None:
    """In containers, arrays, iterators, random generators and objects."""
    value = make()
    fingerprint = Fingerprint(value)

    change(value)

    assert fingerprint.change_in(value) is Change.CERTAIN


@pytest.mark.parametrize(
    ("make", "read"),
    [
        (lambda: [[1], "ab" * 3], lambda x: sorted(x[0])),
        (lambda: {"b": 1, "a": 2}, lambda x: sorted(x)),
        (lambda: np.arange(100_000), lambda x: x.sum()),
        (Lazy, lambda x: x.total),
        (cube, lambda x: (x.v.sel(a=1).mean(), x.mean("b"), x + 1, x.to_dataframe(), repr(x))),
        (lambda: [cube()], lambda x: x[0].v.attrs),
        (frame, lambda x: (x.groupby("a").sum(), x.loc[0], x.describe(), x.a.hasnans, x.index.is_unique)),
        (lambda: 3, lambda x: x + 1),
        (lambda: [None, 1.5, b"x", (1, 2)], repr),
        (lambda: np, lambda x: x.pi),
        (unloaded, lambda x: (float(x.v.mean()), x.v.values.sum(), x.load())),
        (lambda: unloaded().v, lambda x: x.values),
        (matrix, lambda x: (x.sum(), x.T @ np.ones(2), x.sort_indices(), x.sum_duplicates())),
        (matrix, lambda x: linalg.spsolve(x + sparse.eye_array(2, format="csr"), np.ones(2))),
        (lambda: matrix().tocoo(), lambda x: (x.sum_duplicates(), x.tocsr())),
        (drawing, lambda x: (x.savefig(io.BytesIO()), x.axes[0].get_xticklabels())),
        (counts, lambda x: (x["b"], len(x["c"]))),
        (lambda: collections.defaultdict(lambda: np.zeros(2)), lambda x: x["b"]),
        (lambda: collections.defaultdict(lambda: collections.defaultdict(int)), lambda x: x["b"]["c"]),
        (Kept, lambda x: (x.value, x.square(3), x.square(4))),
        (lambda: [Kept()], lambda x: x[0].value),
        (fragmented, lambda x: (x.mean(), x.describe(), x.to_numpy(), x.copy(), x.c)),
    ],
)
def test_reading_is_no_change(make: Callable[[], Any], read: Callable[[Any], Any]) -> None:
    """An attribute that is computed when it is first read is none either."""
    value = make()
    fingerprint = Fingerprint(value)

    read(value)

    assert fingerprint.change_in(value) is Change.NONE


def test_what_cannot_be_told_from_a_cache_is_unclear() -> None:
    """A private attribute that held nothing and holds something now may be either."""
    value = Kept()
    fingerprint = Fingerprint([value])

    value.push(1)

    assert fingerprint.change_in([value]) is Change.UNCLEAR


def test_what_cannot_be_pickled_any_more_is_unclear() -> None:
    """Something like a lock may have been made by reading."""
    value: list[Any] = []
    fingerprint = Fingerprint(value)

    value.append(threading.Lock())

    assert fingerprint.change_in(value) is Change.UNCLEAR


def test_a_change_beside_a_filled_cache_is_certain() -> None:
    """One does not hide the other."""
    value = [Kept(), Kept()]
    value[0].push(1)
    fingerprint = Fingerprint(value)

    value[1].push(1)
    value[0].push(2)

    assert fingerprint.change_in(value) is Change.CERTAIN
