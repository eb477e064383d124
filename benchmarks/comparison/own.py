"""Measurements of this project alone: what its users are promised beyond being faster than others."""

from __future__ import annotations

import ctypes
import os
import time
import zlib
from statistics import median
from typing import Any

import numpy as np

import eflows_nb as ef
from comparison import processes, work
from comparison.bench import READERS, Bench, Measurement
from comparison.workloads import check, noop_cpu

__all__ = ["MEASUREMENTS"]

_WINDOW = 10_000
_TASK_SECONDS = 0.010


def client_cpu(bench: Bench) -> dict[str, float]:
    """CPU time of the client a no-op task, in small and in large graphs."""
    large = bench.scale.live_tasks
    noop_cpu(bench, large // 10)
    small = median(noop_cpu(bench, 1000)[1] / 1000 for _ in range(15))
    return {"cpu_small_us": 1e6 * small, "cpu_large_us": 1e6 * noop_cpu(bench, large)[1] / large}


def client_cpu_many_engines(bench: Bench) -> dict[str, float]:
    """CPU time of the client a no-op task; asked of 2 and of 16 engines."""
    noop_cpu(bench, bench.scale.tasks // 2)
    cpu = median(noop_cpu(bench, bench.scale.tasks)[1] for _ in range(5))
    return {f"cpu_{bench.workers}_engines_us": 1e6 * cpu / bench.scale.tasks}


def plain_array(bench: Bench) -> dict[str, float]:
    """One array passed many times without `put`, and what one copy and as many digests of it take."""
    part = bench.driver.task(work.part)
    array = np.arange(bench.scale.shared_bytes // 8, dtype=np.float64)
    begin = time.perf_counter()
    handles = [part(array, index, READERS) for index in range(READERS)]
    submitted = time.perf_counter()
    parts = bench.driver.gather(handles)
    done = time.perf_counter()
    check(round(sum(parts)), len(array) * (len(array) - 1) // 2)
    for _ in range(READERS):
        zlib.crc32(array.data)
    digested = time.perf_counter()
    ef.put(array)
    copied = time.perf_counter()
    return {
        "plain_s": done - begin,
        "plain_submit_s": submitted - begin,
        "plain_floor_s": copied - done,
        "plain_digests_s": digested - done,
    }


def gil(bench: Bench) -> dict[str, float]:
    """How busy engines are with tasks of 10 ms while the client holds its GIL, a second at a time."""
    linger = bench.driver.task(work.linger)
    hold = ctypes.PyDLL(None).usleep  # PyDLL, unlike CDLL, keeps the GIL during the call
    bench.driver.gather([linger(_TASK_SECONDS) for _ in range(100)])
    holds = bench.scale.holds
    handles = [linger(_TASK_SECONDS) for _ in range(int((holds + 1) * bench.workers / _TASK_SECONDS))]
    begin = time.time()
    for _ in range(holds):
        hold(1_000_000)
        _little_python()
    end = time.time()
    spans = bench.driver.gather(handles)
    busy = sum(max(0.0, min(done, end) - max(began, begin)) for began, done in spans)
    return {"gil_busy": busy / (bench.workers * (end - begin))}


def magic(bench: Bench) -> dict[str, float]:
    """How soon engines answer ``%px``, which is `apply_sync` of a view, while they have all they can do."""
    same, linger = bench.driver.task(work.same), bench.driver.task(work.linger)
    view = _client(bench)[:]
    view.apply_sync(os.getpid)
    flood = [same(number) for number in range(bench.scale.live_tasks)]
    answers = _answers(view, 3)
    bench.driver.gather(flood)
    short = [linger(_TASK_SECONDS) for _ in range(int(3 * bench.workers / _TASK_SECONDS))]
    answers += _answers(view, 10)
    bench.driver.gather(short)
    return {"magic_s": max(answers), "magic_median_s": median(answers)}


def long_run(bench: Bench) -> dict[str, float]:
    """No-op tasks in windows: how memory has grown between the first tenth of them and the end."""
    same = bench.driver.task(work.same)
    client = _client(bench)
    engines = set(client[:].apply_sync(os.getpid))
    client.close()
    rooms: list[tuple[int, int, int]] = []
    begin = time.perf_counter()
    for window in range(bench.scale.windows):
        values = bench.driver.gather([same(number) for number in range(_WINDOW)])
        check(values[-1], _WINDOW - 1)
        del values
        if window + 1 in (bench.scale.windows // 10, bench.scale.windows):
            rooms.append(_memory(engines))
    seconds = time.perf_counter() - begin
    early, late = rooms
    found = {"long_run_rate": _WINDOW * bench.scale.windows / seconds}
    for place, before, after in zip(("client", "engines", "hub"), early, late, strict=True):
        found |= {f"{place}_growth": after / before, f"{place}_mb": after / 1e6}
    return found


def _client(bench: Bench) -> Any:
    """Return a client of the running cluster that knows all engines."""
    client = ef.start(engines=bench.workers).client()
    client.wait_for_engines(bench.workers, timeout=30, interactive=False)
    return client


def _memory(engines: set[int]) -> tuple[int, int, int]:
    """Return the resident bytes of the client, of all engines, and of the controller's processes."""
    below = processes.descendants(os.getpid())
    controller = [pid for pid in below if "controller" in processes.command(pid)]
    if not controller:
        raise RuntimeError("No controller runs below this process; its memory cannot be taken.")
    return (
        work.resident_bytes(),
        sum(map(processes.resident_bytes, engines)),
        sum(map(processes.resident_bytes, controller)),
    )


def _answers(view: Any, count: int) -> list[float]:
    answers = []
    for _ in range(count):
        begin = time.perf_counter()
        view.apply_sync(os.getpid)
        answers.append(time.perf_counter() - begin)
    return answers


def _little_python() -> int:
    return sum(number * number for number in range(20_000))


MEASUREMENTS: dict[str, Measurement] = {
    function.__name__: function
    for function in (client_cpu, client_cpu_many_engines, plain_array, gil, magic, long_run)
}
