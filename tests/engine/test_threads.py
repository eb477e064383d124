"""A task that was given more cores can use them."""

from __future__ import annotations

import os
from typing import Any

import pytest

from eflows_nb.engine.threads import threads


def test_programs_that_a_task_starts_see_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next task does not."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with threads(3):
        assert (os.environ["OMP_NUM_THREADS"], os.environ["MKL_NUM_THREADS"]) == ("3", "3")

    assert os.environ["OMP_NUM_THREADS"] == "1"
    assert "MKL_NUM_THREADS" not in os.environ


def test_numba_is_told_as_far_as_it_goes() -> None:
    """It cannot have more threads than it began with."""
    numba: Any = pytest.importorskip("numba")
    before = numba.get_num_threads()
    with threads(1):
        assert numba.get_num_threads() == 1
    with threads(10_000):
        assert numba.get_num_threads() == numba.config.NUMBA_NUM_THREADS
    assert numba.get_num_threads() == before


def test_nothing_is_touched_without_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tasks use what their engine owns."""
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    with threads(0):
        assert os.environ["OMP_NUM_THREADS"] == "5"
