"""What is measured: titles, units, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMPARED", "MEASURES", "Measure"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """A number that a measurement returns.

    Parameters
    ----------
    key
        Its name in results.
    title
        What it is, for people.
    unit
        Its unit, empty for a ratio.
    more_is_better
        Which way is better.
    compared
        Whether every system is measured; else this project alone.
    """

    key: str
    title: str
    unit: str
    more_is_better: bool = False
    compared: bool = False


def _compared(key: str, title: str, unit: str, *, more_is_better: bool = False) -> Measure:
    return Measure(key=key, title=title, unit=unit, more_is_better=more_is_better, compared=True)


MEASURES = {
    measure.key: measure
    for measure in (
        _compared("noop_rate", "independent no-op tasks", "1/s", more_is_better=True),
        _compared("chain_rate", "chain", "1/s", more_is_better=True),
        _compared("tree_rate", "binary tree of sums", "1/s", more_is_better=True),
        _compared("submit_int_rate", "submissions, integer", "1/s", more_is_better=True),
        _compared("submit_class_rate", "submissions, notebook's dataclass", "1/s", more_is_better=True),
        _compared("round_trip_ms", "round trip of one task", "ms"),
        _compared("reaction_ms", "until a task runs while the client computes", "ms"),
        _compared("reaction_second_ms", "until a task that reads another's result runs, likewise", "ms"),
        _compared("arrays_s", "16 × 32 MiB made, scaled, summed", "s"),
        _compared("array_tree_s", "tree of sums of those arrays", "s"),
        _compared("readers_s", "64 MiB read by 32 tasks", "s"),
        _compared("start_s", "start to first result", "s"),
        _compared("client_cpu_us", "client CPU a no-op task", "µs"),
        _compared("queued_bytes", "client memory a queued task", "B"),
        _compared("done_bytes", "client memory a task whose result is held", "B"),
        Measure(key="floor_s", title="the same arrays in two bare processes", unit="s"),
        Measure(key="plain_s", title="64 MiB read by 32 tasks, without put", unit="s"),
        Measure(key="plain_submit_s", title="its 32 submissions", unit="s"),
        Measure(key="plain_floor_s", title="one copy and 32 digests of 64 MiB", unit="s"),
        Measure(key="cpu_small_us", title="client CPU a task, graphs of 1,000", unit="µs"),
        Measure(key="cpu_large_us", title="client CPU a task, graph of 100,000", unit="µs"),
        Measure(key="cpu_2_engines_us", title="client CPU a task, 2 engines", unit="µs"),
        Measure(key="cpu_16_engines_us", title="client CPU a task, 16 engines", unit="µs"),
        Measure(
            key="gil_busy",
            title="engines busy, client holds its GIL 1 s at a time",
            unit="",
            more_is_better=True,
        ),
        Measure(key="magic_s", title="%px under full load, slowest", unit="s"),
        Measure(key="magic_median_s", title="%px under full load, median", unit="s"),
        Measure(
            key="long_run_rate",
            title="10^6 no-op tasks in windows of 10,000",
            unit="1/s",
            more_is_better=True,
        ),
        Measure(
            key="client_growth", title="memory of the client after 10^6 tasks over that after 10^5", unit=""
        ),
        Measure(key="engines_growth", title="memory of the engines, likewise", unit=""),
        Measure(key="hub_growth", title="memory of the controller, likewise", unit=""),
    )
}

COMPARED = tuple(measure for measure in MEASURES.values() if measure.compared)
