"""One system in a process of its own: it is started, measured and stopped.

``python -m comparison.probe SYSTEM WORKERS SCALE FILE MEASUREMENT…`` appends a line of JSON to the file for
each measurement: its values, or the reason why there are none.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

from comparison import systems, work, workloads
from comparison.bench import SCALES, Bench, Measurement


@dataclass
class Sample:
    """What a notebook would define for itself."""

    number: int
    weight: float = 0.5
    label: str = "sample"


def main(system: str, workers: int, scale: str, file: Path, names: list[str]) -> None:
    available = {"start": start, **workloads.MEASUREMENTS}
    if system == systems.OURS:
        from comparison import own

        available |= own.MEASUREMENTS
    driver = systems.driver(system, workers)
    bench = Bench(driver=driver, workers=workers, scale=SCALES[scale], sample=Sample)
    signal.signal(signal.SIGALRM, partial(_give_up, bench.scale.limit))
    with file.open("a", buffering=1) as results:
        broken = ""
        for name in ("start", *names):
            line: dict[str, object] = {"reason": broken} if broken else measured(available[name], bench)
            results.write(json.dumps({"measurement": name, **line}) + "\n")
            if line.pop("fatal", False):
                broken = f"not tried after {name} had failed"
    signal.alarm(bench.scale.limit)
    driver.stop()


def start(bench: Bench) -> dict[str, float]:
    """The time from the call that starts the system to the first result."""
    begin = time.perf_counter()
    bench.driver.start()
    [value] = bench.driver.gather([bench.driver.task(work.same)(1)])
    seconds = time.perf_counter() - begin
    workloads.check(value, 1)
    workloads.until_all_work(bench)
    return {"start_s": seconds}


def measured(measurement: Measurement, bench: Bench) -> dict[str, object]:
    """Return the values of a measurement, or why it failed and whether the system can still be used."""
    signal.alarm(bench.scale.limit)
    try:
        return {"values": measurement(bench)}
    except TimeoutError as error:
        return {"reason": str(error), "fatal": True}
    except Exception as error:  # noqa: BLE001 - a system may fail in its own way; the others go on
        return {"reason": f"{type(error).__name__}: {str(error)[:300]}", "fatal": measurement is start}
    finally:
        signal.alarm(0)


def _give_up(limit: int, _signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"It took longer than {limit} s.")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4]), sys.argv[5:])
