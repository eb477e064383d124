"""What was measured, of whom, where and when; kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from comparison.measures import MEASURES

__all__ = ["Results", "read", "write"]


@dataclass(kw_only=True, slots=True)
class Results:
    """The values of all rounds.

    Parameters
    ----------
    date
        When the run began.
    machine
        What it ran on.
    scale
        Name of the scale.
    workers
        Workers of each system.
    versions
        Version of each system that took part.
    values
        System, measure, and a value for each round.
    failures
        System, measurement, and why there are no values.
    loads
        Load of the machine, over one minute, at the begin of each round.
    """

    date: str
    machine: str
    scale: str
    workers: int
    versions: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    loads: list[float] = field(default_factory=list)

    def add(self, system: str, values: dict[str, float]) -> None:
        """Take in the values of one measurement."""
        for key, value in values.items():
            self.values.setdefault(system, {}).setdefault(key, []).append(value)

    def fail(self, system: str, measurement: str, reason: str) -> None:
        """Take in that a measurement gave nothing."""
        self.failures.setdefault(system, {})[measurement] = reason

    def median(self, system: str, key: str) -> float | None:
        """Return the median over the rounds, None where there is no value."""
        values = self.values.get(system, {}).get(key)
        return median(values) if values else None

    def best(self, key: str, systems: Iterable[str]) -> tuple[str, float] | None:
        """Return which of some systems does best and its median, None if none was measured."""
        found = {name: value for name in systems if (value := self.median(name, key)) is not None}
        if not found:
            return None
        choose = max if MEASURES[key].more_is_better else min
        name = choose(found, key=lambda name: found[name])
        return name, found[name]


def write(results: Results, path: Path) -> None:
    """Write results as JSON, the medians beside the values."""
    medians = {
        system: {key: median(values) for key, values in measures.items()}
        for system, measures in results.values.items()
    }
    path.write_text(json.dumps({**asdict(results), "medians": medians}, indent=1) + "\n")


def read(path: Path) -> Results:
    """Read what `write` has written."""
    content = json.loads(path.read_text())
    del content["medians"]
    return Results(**content)
