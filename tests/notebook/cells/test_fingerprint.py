"""Whether values were changed in place."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from eflows_nb.notebook.cells.fingerprint import Fingerprint


class Lazy:
    """A class as libraries have them: it computes an attribute when it is first read."""

    def __init__(self) -> None:
        self.items = [1, 2]

    @functools.cached_property
    def total(self) -> int:
        """Return the sum."""
        return sum(self.items)


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
    ],
)
def test_a_change_is_seen(make: Callable[[], Any], change: Callable[[Any], Any]) -> None:
    """In containers, arrays, iterators, random generators and objects."""
    value = make()
    fingerprint = Fingerprint(value)

    change(value)

    assert fingerprint.differs_from(value)


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
    ],
)
def test_reading_is_no_change(make: Callable[[], Any], read: Callable[[Any], Any]) -> None:
    """An attribute that is computed when it is first read is none either."""
    value = make()
    fingerprint = Fingerprint(value)

    read(value)

    assert not fingerprint.differs_from(value)
