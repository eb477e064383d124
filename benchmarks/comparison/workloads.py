"""The measurements that every system is put through; each checks its results."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from comparison import work
from comparison.bench import ARRAYS, READERS, Bench, Measurement, Scale

__all__ = ["MEASUREMENTS", "check", "noop_cpu", "until_all_work"]


def until_all_work(bench: Bench) -> None:
    """Wait until tasks have run in every worker."""
    identify = bench.driver.task(work.worker)
    deadline = time.monotonic() + bench.scale.limit
    seen: set[int] = set()
    while len(seen) < bench.workers and time.monotonic() < deadline:
        seen.update(bench.driver.gather([identify(0.02) for _ in range(2 * bench.workers)]))
    check(os.getpid() in seen, False)  # the client is no worker


def round_trip(bench: Bench) -> dict[str, float]:
    """One task after the other, each waited for."""
    driver, same = bench.driver, bench.driver.task(work.same)
    times = []
    for number in range(bench.scale.round_trips):
        begin = time.perf_counter()
        [value] = driver.gather([same(number)])
        times.append(time.perf_counter() - begin)
        check(value, number)
    return {"round_trip_ms": 1e3 * median(times)}


def noop(bench: Bench) -> dict[str, float]:
    """Independent tasks that do nothing."""
    count = _affordable(lambda number: noop_cpu(bench, number)[0], bench.scale)
    seconds, cpu = noop_cpu(bench, count)
    return {"noop_rate": count / seconds, "noop_tasks": count, "client_cpu_us": 1e6 * cpu / count}


def noop_cpu(bench: Bench, count: int) -> tuple[float, float]:
    """Run no-op tasks; return the seconds that passed and the CPU seconds of the client."""
    same = bench.driver.task(work.same)
    begin, cpu = time.perf_counter(), time.process_time()
    values = bench.driver.gather([same(number) for number in range(count)])
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    check(values, list(range(count)))
    return seconds, cpu


def chain(bench: Bench) -> dict[str, float]:
    """Each task reads the result of the one before."""
    increment = bench.driver.task(work.increment)

    def run(links: int) -> float:
        begin = time.perf_counter()
        value = increment(0)
        for _ in range(links - 1):
            value = increment(value)
        [last] = bench.driver.gather([value])
        seconds = time.perf_counter() - begin
        check(last, links)
        return seconds

    links = _affordable(run, bench.scale)
    return {"chain_rate": links / run(links), "chain_tasks": links}


def tree(bench: Bench) -> dict[str, float]:
    """Numbers added in pairs, the sums in pairs again, and so on."""
    add = bench.driver.task(work.add)

    def run(leaves: int) -> float:
        begin = time.perf_counter()
        [value] = bench.driver.gather([_reduced(add, list(range(leaves)))])
        seconds = time.perf_counter() - begin
        check(value, leaves * (leaves - 1) // 2)
        return seconds

    leaves = 1 << (int(1.4 * _affordable(run, bench.scale)).bit_length() - 1)  # a power of two nearby
    return {"tree_rate": (leaves - 1) / run(leaves), "tree_tasks": leaves - 1}


def arrays(bench: Bench) -> dict[str, float]:
    """Arrays are made, scaled and summed, each step a task; then the scaled ones are added in a tree."""
    driver, size = bench.driver, bench.scale.array_bytes // 8
    make, scaled = driver.task(work.make), driver.task(work.scaled)
    total, add = driver.task(work.total), driver.task(work.add)
    begin = time.perf_counter()
    all_scaled = [scaled(make(index, size), 2.0) for index in range(ARRAYS)]
    totals = driver.gather([total(array) for array in all_scaled])
    middle = time.perf_counter()
    [tree_total] = driver.gather([total(_reduced(add, all_scaled))])
    end = time.perf_counter()
    check(totals, [2.0 * index * size for index in range(ARRAYS)])
    check(tree_total, sum(totals))
    return {"arrays_s": middle - begin, "array_tree_s": end - middle}


def readers(bench: Bench) -> dict[str, float]:
    """Many tasks read one array."""
    driver, part = bench.driver, bench.driver.task(work.part)
    array = np.arange(bench.scale.shared_bytes // 8, dtype=np.float64)
    begin = time.perf_counter()
    shared = driver.put(array)
    parts = driver.gather([part(shared, index, READERS) for index in range(READERS)])
    seconds = time.perf_counter() - begin
    check(round(sum(parts)), len(array) * (len(array) - 1) // 2)
    return {"readers_s": seconds}


def submit_ints(bench: Bench) -> dict[str, float]:
    """How fast calls with a number return."""
    return {"submit_int_rate": _submission_rate(bench, lambda number: number)}


def submit_samples(bench: Bench) -> dict[str, float]:
    """How fast calls with an instance of a notebook's own dataclass return."""
    return {"submit_class_rate": _submission_rate(bench, bench.sample)}


def _submission_rate(bench: Bench, argument: Callable[[int], Any]) -> float:
    driver, accept = bench.driver, bench.driver.task(work.accept)

    def run(count: int) -> tuple[float, float]:
        given = [argument(number) for number in range(count)]
        begin = time.perf_counter()
        handles = [accept(value) for value in given]
        middle = time.perf_counter()
        check(driver.gather(handles), [None] * count)
        return middle - begin, time.perf_counter() - begin

    count = _affordable(lambda number: run(number)[1], bench.scale)
    return count / run(count)[0]


def reaction(bench: Bench) -> dict[str, float]:
    """When a task runs that was submitted by a cell that then computes on in pure Python."""
    driver = bench.driver
    clock, clock_after = driver.task(work.clock), driver.task(work.clock_after)
    single, second = [], []
    for _ in range(max(5, bench.scale.round_trips // 8)):
        time.sleep(0.03)
        begin = time.time()
        handle = clock()
        _compute(0.05)
        single.append(driver.gather([handle])[0] - begin)
        time.sleep(0.03)
        begin = time.time()
        handle = clock_after(clock())
        _compute(0.05)
        second.append(driver.gather([handle])[0] - begin)
    return {"reaction_ms": 1e3 * median(single), "reaction_second_ms": 1e3 * median(second)}


def memory(bench: Bench) -> dict[str, float]:
    """What a live task costs the client: while it waits for a worker, and when its result is held."""
    driver, same, wait = bench.driver, bench.driver.task(work.same), bench.driver.task(work.wait_for_file)

    def submit(count: int) -> float:
        begin = time.perf_counter()
        driver.gather([same(number) for number in range(count)])
        return time.perf_counter() - begin

    # Few tasks in trials: what they leave behind would be used again and not be counted.
    count = _affordable(submit, bench.scale, most=bench.scale.live_tasks, trial=1024)
    with tempfile.TemporaryDirectory() as folder:
        gate = Path(folder) / "open"
        gates = [wait(str(gate)) for _ in range(bench.workers)]
        gc.collect()
        before = work.resident_bytes()
        handles = [same(number) for number in range(count)]
        queued = work.resident_bytes()
        gate.touch()
        driver.gather(gates)
        check(driver.gather(handles), list(range(count)))
        gc.collect()
        done = work.resident_bytes()
    return {
        "queued_bytes": (queued - before) / count,
        "done_bytes": (done - before) / count,
        "live_tasks": count,
    }


def check(found: Any, wanted: Any) -> None:
    """Raise unless a result is right."""
    if found != wanted:
        raise AssertionError(f"A result is {str(found)[:80]} where {str(wanted)[:80]} is right.")


def _reduced(add: Callable[[Any, Any], Any], values: list[Any]) -> Any:
    while len(values) > 1:
        values = [add(values[index], values[index + 1]) for index in range(0, len(values), 2)]
    return values[0]


def _affordable(
    run: Callable[[int], float], scale: Scale, *, most: int | None = None, trial: int | None = None
) -> int:
    """Return how many tasks may be run in the time there is, by trials that also warm everything up.

    Parameters
    ----------
    run
        Runs so many tasks and returns the seconds they took.
    scale
        How much time there is.
    most
        Tasks at most, those of the scale for None.
    trial
        Tasks in one trial at most, `most` for None.
    """
    most = scale.tasks if most is None else most
    count = 16
    while count < most:
        seconds = run(count)
        if seconds > scale.seconds / 10 or (trial is not None and count >= trial):
            return max(16, min(most, int(count * scale.seconds / seconds)))
        count *= 4
    return most


def _compute(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(number * number for number in range(100))


MEASUREMENTS: dict[str, Measurement] = {
    function.__name__: function
    for function in (
        round_trip,
        noop,
        chain,
        tree,
        arrays,
        readers,
        submit_ints,
        submit_samples,
        reaction,
        memory,
    )
}
