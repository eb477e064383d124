"""What is known of the executions of cells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from eflows_nb.notebook.cells.ledger import _seconds


@pytest.mark.parametrize(
    ("date", "asked"),
    [
        ("2026-11-23T03:06:58.250Z", 1795403218.25),
        (datetime(2026, 11, 23, 3, 6, 58, 250000, tzinfo=UTC), 1795403218.25),
        ("yesterday", -1.0),
        (None, -1.0),
    ],
)
def test_it_is_known_when_a_cell_was_asked_for(date: Any, asked: float) -> None:
    """A message may have been read or not, and a front end need not tell."""
    assert _seconds(date) == asked
