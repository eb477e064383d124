"""Who drives sends a few tasks at once, and many together."""

from __future__ import annotations

import math

from eflows_nb.clusters.inline import InlineCluster
from eflows_nb.runtime.driver import Driver


def test_what_ran_inline_does_not_let_each_of_a_flood_go_alone() -> None:
    """On engines only the first few are sent at once, however many tasks have run here before."""
    driver = Driver(InlineCluster("test"), "test")
    assert all(driver._is_due() for _ in range(100))
    driver.cluster.kind = "local"
    driver._pumped = math.inf  # nobody pauses

    assert [driver._is_due() for _ in range(12)] == [True] * 8 + [False] * 4
