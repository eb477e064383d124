"""How long engines wait for the client is measured in spite of clocks that differ."""

from __future__ import annotations

import pytest

from eflows_nb.runtime.lag import Lag


def test_who_answers_at_once_has_no_lag() -> None:
    """The same delay every time is the difference of two clocks."""
    lag = Lag()
    for second in range(5):
        lag.note(0, 100.0 + second, 163.0 + second)

    assert lag.seconds(167.0) == 0


def test_the_longest_wait_of_late_counts() -> None:
    """One that was short does not hide one that was long just before."""
    lag = Lag()
    lag.note(0, 10.0, 10.001)
    lag.note(0, 11.0, 12.001)
    lag.note(0, 12.1, 12.102)

    assert lag.seconds(12.102) == pytest.approx(1.0, rel=0.05)


def test_what_was_long_ago_is_forgotten() -> None:
    """A cell that computed an hour ago says nothing of this one."""
    lag = Lag()
    lag.note(0, 10.0, 10.0)
    lag.note(0, 11.0, 13.0)

    assert lag.seconds(3600.0) < 1e-6


def test_each_engine_has_a_clock_of_its_own() -> None:
    """An engine on a host whose clock is behind does not look slow."""
    lag = Lag()
    lag.note(0, 10.0, 10.001)
    lag.note(1, 5.0, 10.001)
    lag.note(1, 6.0, 11.001)

    assert lag.seconds(11.001) == pytest.approx(0, abs=1e-9)
