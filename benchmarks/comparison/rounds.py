"""Runs all systems in turn, round after round, each in processes of its own."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from comparison import environments, processes
from comparison.bench import SCALES
from comparison.results import Results
from comparison.systems import OURS, SYSTEMS, System

__all__ = ["MANY", "new_results", "run"]

MANY = 16
"""Engines of the measurement with many engines."""

_PATIENCE = 1200.0
"""Seconds to wait for a quiet machine."""

_GRACE = 5.0
"""Seconds that processes of a system may take to end when its client has ended."""

_PACKAGES = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A process: which measurements of a system it makes, one after the other.

    What one measurement leaves behind in memory disturbs some others, so those have a process of their own.
    """

    measurements: tuple[str, ...]
    workers: int | None = None


_FOR_ALL = (
    Part(measurements=("memory",)),
    Part(measurements=("round_trip", "noop", "chain", "tree", "submit_ints", "submit_samples", "reaction")),
    Part(measurements=("arrays", "readers")),
)
_FOR_OURS = (
    Part(measurements=("client_cpu", "client_cpu_many_engines", "plain_array")),
    Part(measurements=("client_cpu_many_engines",), workers=MANY),
    Part(measurements=("gil", "magic")),
    Part(measurements=("long_run",)),
)


def new_results(scale: str, workers: int) -> Results:
    """Return empty results that say where and when."""
    return Results(
        date=time.strftime("%Y-%m-%d %H:%M"),
        machine=_machine(),
        scale=scale,
        workers=workers,
    )


def run(
    results: Results,
    names: Sequence[str],
    rounds: int,
    envs: Path,
    *,
    only: Sequence[str] = (),
    quiet: float | None = None,
) -> Iterator[str]:
    """Fill results, round by round; yield a line for people now and then.

    Parameters
    ----------
    results
        Takes the values.
    names
        Which systems take part; one that is not installed is left out, and the reason told.
    rounds
        How many rounds. Each begins with another system.
    envs
        Where the environments are.
    only
        Measurements to make, all for none.
    quiet
        Load of the machine below which a round begins; not waited for for ever, and not at all for None.
    """
    processes.adopt_orphans()
    present = []
    for name in names:
        reason = environments.missing(SYSTEMS[name], envs)
        if reason is None:
            present.append(name)
            results.versions[name] = _version(SYSTEMS[name], envs)
        else:
            yield f"{name}: left out, {reason}"
    for number in range(rounds):
        if quiet is not None:
            yield from _until_quiet(quiet)
        results.loads.append(os.getloadavg()[0])
        yield f"round {number + 1} of {rounds}, load {results.loads[-1]:.1f}"
        shift = number % max(1, len(present))
        for name in present[shift:] + present[:shift]:
            begin = time.monotonic()
            for part in _parts(name, results.scale):
                wanted = [each for each in part.measurements if not only or each in only]
                if name == OURS and "arrays" in wanted:
                    _floor(results)
                if wanted:
                    _probe(results, SYSTEMS[name], part.workers or results.workers, wanted, envs)
                if name == OURS and "arrays" in wanted:
                    _floor(results)  # before and after: memory that is new to the machine costs more
            yield f"  {name}: {time.monotonic() - begin:.0f} s"


def _until_quiet(load: float) -> Iterator[str]:
    deadline = time.monotonic() + _PATIENCE
    if os.getloadavg()[0] >= load:
        yield f"load {os.getloadavg()[0]:.1f}: waiting until it is below {load}"
    while os.getloadavg()[0] >= load and time.monotonic() < deadline:
        time.sleep(5)


def _parts(name: str, scale: str) -> Sequence[Part]:
    parts = _FOR_ALL + (_FOR_OURS if name == OURS else ())
    if scale == "full":
        return parts
    together = tuple(each for part in parts if part.workers is None for each in part.measurements)
    return [Part(measurements=together), *(part for part in parts if part.workers is not None)]


def _probe(results: Results, system: System, workers: int, measurements: list[str], envs: Path) -> None:
    interpreter = environments.python(system, envs)
    limit = SCALES[results.scale].limit * (len(measurements) + 2)
    with tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True) as folder:
        file, log = Path(folder) / "results", Path(folder) / "log"
        arguments = [system.name, str(workers), results.scale, str(file), *measurements]
        code = _call([str(interpreter), "-m", "comparison.probe", *arguments], folder, log, limit)
        left = processes.end_all_below(_GRACE)
        if left:
            results.fail(system.name, "stop", f"it left processes behind, such as {left[0][:100]}")
        answered = set()
        for line in file.read_text().splitlines() if file.exists() else ():
            answer = json.loads(line)
            answered.add(answer["measurement"])
            if "values" not in answer:
                results.fail(system.name, answer["measurement"], answer["reason"])
            elif answer["measurement"] != "start" or workers == results.workers:
                results.add(system.name, answer["values"])
        for name in measurements:
            if name not in answered:
                last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["no output"]
                results.fail(system.name, name, f"its process ended with {code}: {last[0][:300]}")


def _floor(results: Results) -> None:
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        file, log = Path(folder) / "results", Path(folder) / "log"
        _call([sys.executable, "-m", "comparison.floor", results.scale, str(file)], folder, log, 60)
        results.add(OURS, json.loads(file.read_text())["values"])


def _call(command: list[str], folder: str, log: Path, limit: float) -> int:
    """Run a command to its end, or to the limit; return its exit code."""
    paths = [str(_PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    default = {name: value for name, value in os.environ.items() if not name.startswith("EFLOWS_")}
    environment = {
        **default,  # with the journal on, and as many engines as are asked for
        "PYTHONPATH": os.pathsep.join(paths),
        "PATH": os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")]),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            processes.end([*processes.descendants(process.pid), process.pid])
            return process.wait()


def _version(system: System, envs: Path) -> str:
    if system.distribution is None:
        return f"Python {platform.python_version()}"
    if not system.requirements:
        return version(system.distribution)
    found = subprocess.run(
        [
            environments.python(system, envs),
            "-c",
            f"import importlib.metadata as m; print(m.version({system.distribution!r}))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return (
        f"{len(os.sched_getaffinity(0))} cores ({model}), {memory:.0f} GiB, "
        f"Linux {'.'.join(platform.release().split('.')[:2])}, "
        f"Python {platform.python_version()}, NumPy {version('numpy')}"
    )
