"""Large values tell when nobody refers to them any more."""

from __future__ import annotations

from collections import deque
from typing import Any

from eflows_nb.tasks.data import PENDING, Datum, Large


def test_a_large_value_tells_its_end() -> None:
    """Who holds it, and where it lies, is told when the last reference goes, and not before."""
    released: deque[Any] = deque()
    datum = Datum(7, value=Large(datum=7, size=10, engines={1, 2}, released=released, shared="file"))
    other = datum.value
    del datum
    assert not released
    del other

    assert released == deque([(7, {1, 2}, "file")])


def test_a_datum_without_a_value_says_so() -> None:
    """PENDING is told apart from every value, None included."""
    assert Datum(1).value is PENDING
    assert Datum(1, value=None).value is None
    assert repr(PENDING) == "PENDING"
