"""Open the run view of 100,000 tasks in JupyterLab, move it while they run, and say how long frames take.

    python benchmarks/view/bench.py [--tasks 100000] [--peers FOLDER] [--nice -10] [--json FILE]

A real kernel runs the tasks on two engines, Chromium shows them, and React Flow and Cytoscape draw the same
graph at sizes that they can do. It needs the built extension, Node with what `jlpm install` puts into
`extension/`, Playwright and Chromium. The peers are installed by npm into a folder of their own the first
time; without a network they are left out. See docs/jupyterlab.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import peers
import whole
from figures import Figures, broken, plain, tables

QUIET_S = 600


def main() -> int:
    """Measure and print; the exit code says whether the run view keeps its promises."""
    arguments = _parsed()
    found: list[Figures] = []
    for tasks in arguments.sizes or (*peers.SIZES, arguments.tasks):
        _begin("run view", tasks, arguments.quiet)
        found.append(whole.measure(tasks, arguments.pictures, nice=arguments.nice))
    for peer in peers.install(arguments.peers):
        for tasks in peers.SIZES:
            _begin(peer, tasks, arguments.quiet)
            found.append(peers.measure(peer, tasks, arguments.peers, arguments.pictures, nice=arguments.nice))
    print("\n".join(tables(found, seconds=whole.DELTAS_S)))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(plain(found), indent=2) + "\n")
    return 1 if broken(found) else 0


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, default=100_000, help="of the largest graph (%(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", help="of all graphs that the run view shows")
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path(tempfile.gettempdir()) / "eflows-view-peers",
        help="where the peers are, or are installed (%(default)s)",
    )
    parser.add_argument("--quiet", type=float, help="wait until the load of the machine is less than this")
    parser.add_argument(
        "--nice",
        type=int,
        default=0,
        help="niceness of Chromium; less than 0, so that other jobs do not count, needs the right to it",
    )
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    parser.add_argument("--pictures", type=Path, help="keep pictures of what was drawn in this folder")
    return parser.parse_args()


def _begin(name: str, tasks: int, quiet: float | None) -> None:
    end = time.monotonic() + QUIET_S
    while quiet is not None and os.getloadavg()[0] >= quiet and time.monotonic() < end:
        time.sleep(2)
    print(f"{name}, {tasks:,} tasks, load {os.getloadavg()[0]:.1f} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
