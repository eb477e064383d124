"""What this project promises of its speed, as data."""

from __future__ import annotations

from dataclasses import dataclass

from comparison.measures import MEASURES
from comparison.results import Results
from comparison.systems import OURS, SYSTEMS

__all__ = ["BEST", "BEST_WITH_DATA_FLOW", "POOL", "TARGETS", "Target"]

POOL = "process pool"
BEST = "best peer"
BEST_WITH_DATA_FLOW = "best peer with data flow"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A promise: a measure of this project, or its ratio to something else, within a limit.

    Parameters
    ----------
    measure
        Key of the measure.
    limit
        The least it may be where more is better, else the most.
    over
        What it is divided by: `POOL`, `BEST`, `BEST_WITH_DATA_FLOW`, or the key of another measure of this
        project; None takes it as it is.
    """

    measure: str
    limit: float
    over: str | None = None

    def value(self, results: Results) -> float | None:
        """Return what is held against the limit, None where it was not measured."""
        ours = results.median(OURS, self.measure)
        if ours is None or self.over is None:
            return ours
        if self.over in MEASURES:
            other = results.median(OURS, self.over)
        elif self.over == POOL:
            other = results.median(POOL, self.measure)
        else:
            peers = [name for name in SYSTEMS if self.over == BEST or SYSTEMS[name].data_flow]
            best = results.best(self.measure, [name for name in peers if name != OURS])
            other = None if best is None else best[1]
        return None if other is None else ours / other

    def met(self, results: Results) -> bool | None:
        """Return whether the promise is kept, None where it was not measured."""
        value = self.value(results)
        if value is None:
            return None
        return value >= self.limit if MEASURES[self.measure].more_is_better else value <= self.limit


TARGETS = (
    Target(measure="noop_rate", limit=6, over=POOL),
    Target(measure="noop_rate", limit=10, over=BEST_WITH_DATA_FLOW),
    Target(measure="chain_rate", limit=8, over=POOL),
    Target(measure="chain_rate", limit=10, over=BEST_WITH_DATA_FLOW),
    Target(measure="tree_rate", limit=5, over=POOL),
    Target(measure="tree_rate", limit=10, over=BEST_WITH_DATA_FLOW),
    Target(measure="round_trip_ms", limit=0.4),
    Target(measure="reaction_ms", limit=5),
    Target(measure="readers_s", limit=1, over=BEST),
    Target(measure="array_tree_s", limit=0.5, over=BEST),
    Target(measure="arrays_s", limit=1.5, over="floor_s"),
    Target(measure="arrays_s", limit=1, over=BEST),
    Target(measure="start_s", limit=3),
    Target(measure="queued_bytes", limit=1500),
    Target(measure="done_bytes", limit=1500),
    Target(measure="submit_int_rate", limit=80_000),
    Target(measure="submit_class_rate", limit=30_000),
    Target(measure="client_cpu_us", limit=15),
    Target(measure="cpu_large_us", limit=1.5, over="cpu_small_us"),
    Target(measure="cpu_16_engines_us", limit=1.3, over="cpu_2_engines_us"),
    Target(measure="client_growth", limit=1.05),
    Target(measure="engines_growth", limit=1.05),
    Target(measure="hub_growth", limit=1.05),
    Target(measure="plain_submit_s", limit=1.2, over="plain_floor_s"),
    Target(measure="gil_busy", limit=0.8),
    Target(measure="magic_s", limit=0.5),
)
