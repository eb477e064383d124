"""Cell updates per second of the shallow-water solver, beside the memory bandwidth of this machine.

One update is one full time step of one cell in double precision: two right-hand sides (Heun's method), the
largest elevation and the arrival time. Run without arguments for a first impression, in under a minute:

    python benchmarks/tsunami.py
    python benchmarks/tsunami.py --sizes 500 2000 --steps 50 --manning 0.025
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

import numba
import numpy as np
from numpy.typing import NDArray

from eflows_kernels.shallow_water import SphericalGrid, sea_surface, simulate

Array = NDArray[np.float64]

# Words that a step has to move if every array is touched once a stage. Stage 1 reads the state (3), the bed,
# the largest elevation and the arrival time, and writes the state and the latter two; stage 2 reads both
# states (6) and the bed, and writes the state. Lines that a write fetches first do not count, as in STREAM.
BYTES_PER_UPDATE = 8 * ((3 + 1 + 2) + (3 + 2) + (3 + 3 + 1) + 3)

_FIRST_CALL = """
import sys, time
import numba
import numpy as np
from eflows_kernels.shallow_water import CartesianGrid, simulate
numba.set_num_threads(int(sys.argv[1]))
start = time.perf_counter()
simulate(np.full((8, 8), -1.0), np.zeros((8, 8)), CartesianGrid(nx=8, ny=8, dx=1.0, dy=1.0), duration=0.1)
print(time.perf_counter() - start)
"""


@numba.njit(parallel=True)
def triad(a: Array, b: Array, c: Array, factor: float) -> None:
    """STREAM's triad, which moves 24 bytes an element."""
    for i in numba.prange(a.size):
        a[i] = b[i] + factor * c[i]


def triad_bandwidth(*, mebibytes: int, repeats: int) -> float:
    """Return the best bandwidth of the triad over arrays of this total size, in bytes per second."""
    size = mebibytes * 2**20 // 24
    a, b, c = np.zeros(size), np.ones(size), np.ones(size)
    triad(a, b, c, 2.0)
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        triad(a, b, c, 2.0)
        best = min(best, time.perf_counter() - start)
    return 24 * size / best


def ocean(size: int) -> tuple[Array, Array, SphericalGrid]:
    """Return a rough ocean with a coast and an island, a displaced surface, and their grid."""
    grid = SphericalGrid(lon=140.0 + 30.0 * (np.arange(size) + 0.5) / size, lat=np.linspace(20.0, 50.0, size))
    east, north = np.meshgrid(np.linspace(0.0, 1.0, size), np.linspace(0.0, 1.0, size))
    bed = -5000.0 + 500.0 * np.sin(40.0 * east) * np.cos(30.0 * north)
    bed += 6000.0 * np.exp(-east / 0.1) + 5500.0 * np.exp(-((east - 0.6) ** 2 + (north - 0.4) ** 2) / 0.003)
    displacement = 5.0 * np.exp(-((east - 0.3) ** 2 + (north - 0.5) ** 2) / 0.005)
    return bed, sea_surface(bed, displacement), grid


def updates_per_second(size: int, *, steps: int, manning: float, repeats: int) -> float:
    """Return the best rate of full time steps of cells, set-up and the first step left out."""
    bed, surface, grid = ocean(size)
    fastest = np.sqrt(9.81 * -bed.min()) * grid.row_metrics()[:, 0].max()
    best = 0.0
    for _ in range(repeats):
        ticks: list[float] = []
        simulate(
            bed,
            surface,
            grid,
            duration=steps * 0.45 / fastest,
            manning=manning,
            on_progress=lambda _: ticks.append(time.perf_counter()),  # noqa: B023
        )
        best = max(best, size * size * (len(ticks) - 1) / (ticks[-1] - ticks[0]))
    return best


def first_call(threads: int, cache: str) -> float:
    """Return what the first simulation of a fresh process takes, in seconds."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _FIRST_CALL, str(threads)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[250, 1000], help="cells along a side")
    parser.add_argument("--steps", type=int, default=20, help="time steps at each size")
    parser.add_argument("--repeats", type=int, default=3, help="the best of so many runs counts")
    parser.add_argument("--manning", type=float, default=0.0, help="roughness; 0 leaves friction out")
    parser.add_argument("--triad-mib", type=int, default=768, help="size of the bandwidth test, MiB")
    parser.add_argument("--no-compile", action="store_true", help="leave the compile times out")
    options = parser.parse_args()

    most = numba.config.NUMBA_NUM_THREADS
    counts = [1] if most == 1 else [1, most]
    print(f"{most} threads, float64, {BYTES_PER_UPDATE} bytes moved per update of a cell\n")
    print("threads     grid   M updates/s   GB/s needed   GB/s of triad   share")
    for threads in counts:
        numba.set_num_threads(threads)
        bandwidth = triad_bandwidth(mebibytes=options.triad_mib, repeats=5)
        for size in options.sizes:
            rate = updates_per_second(
                size, steps=options.steps, manning=options.manning, repeats=options.repeats
            )
            used = rate * BYTES_PER_UPDATE
            print(
                f"{threads:7d} {size:5d}²{rate / 1e6:14.1f}{used / 1e9:14.1f}{bandwidth / 1e9:16.1f}"
                f"{used / bandwidth:8.0%}"
            )
    if not options.no_compile:
        print("\nFirst simulation of a process")
        for threads in counts:
            with tempfile.TemporaryDirectory() as cache:
                cold, warm = first_call(threads, cache), first_call(threads, cache)
            print(f"{threads:7d} thread(s): {cold:.1f} s compiling, {warm:.1f} s from the cache")


if __name__ == "__main__":
    main()
