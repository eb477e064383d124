"""What PyCOMPSs' words cost: no-op tasks of `pycompss.api.task` beside those of `eflows_nb.task`.

Both are called in turns, so that both meet the same load of the machine. The processor time is that of the
client; the rate counts the time until all results are there.

    python benchmarks/pycompss_layer.py
    python benchmarks/pycompss_layer.py --rounds 20 --tasks 30000 --engines 2
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import eflows_nb as ef
from eflows_nb.pycompss.api.api import compss_wait_on
from eflows_nb.pycompss.api.task import task


class Cost(NamedTuple):
    """What no-op tasks cost.

    Parameters
    ----------
    rate
        Tasks per second.
    processor
        Seconds of the client's processors for a task.
    """

    rate: float
    processor: float


def same(x: Any) -> Any:
    """Return what it is given."""
    return x


plain = ef.task(same)
layered = task(returns=1)(same)


def measure(function: Callable[[int], Any], wait: Callable[[Any], Any], tasks: int) -> Cost:
    """Return what so many calls cost."""
    start, used = time.perf_counter(), time.process_time()
    futures = [function(number) for number in range(tasks)]
    wait(futures)
    seconds = time.perf_counter() - start
    return Cost(tasks / seconds, (time.process_time() - used) / tasks)


def main() -> None:
    """Print each round, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=30_000)
    parser.add_argument("--engines", type=int, default=2)
    options = parser.parse_args()
    rates, processors = [], []
    with ef.start(engines=options.engines):
        for function, wait in ((plain, ef.wait_on), (layered, compss_wait_on)):
            measure(function, wait, 3_000)
        for turn in range(options.rounds):
            order = [(plain, ef.wait_on), (layered, compss_wait_on)][:: -1 if turn % 2 else 1]
            costs = [measure(function, wait, options.tasks) for function, wait in order]
            of_plain, of_layer = costs[:: -1 if turn % 2 else 1]
            rates.append(of_layer.rate / of_plain.rate)
            processors.append(of_layer.processor / of_plain.processor)
            print(
                f"plain {of_plain.rate:8,.0f} /s {of_plain.processor * 1e6:5.1f} µs, "
                f"layer {of_layer.rate:8,.0f} /s {of_layer.processor * 1e6:5.1f} µs: {rates[-1]:.0%}"
            )
    print(
        f"layer: {statistics.median(rates):.0%} of the rate ({min(rates):.0%} to {max(rates):.0%}), "
        f"{statistics.median(processors):.2f} times the processor time"
    )


if __name__ == "__main__":
    main()
