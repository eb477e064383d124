"""The client as a whole program: how it ends, is interrupted or killed, and what it leaves behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

Run = Callable[..., "Script"]


class Script:
    """A program in a process group of its own, with all the processes that it has started."""

    def __init__(self, path: Path, source: str) -> None:
        path.write_text(textwrap.dedent(source))
        self.process = subprocess.Popen(
            [sys.executable, path.name],
            cwd=path.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def line(self) -> str:
        """Return the next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> tuple[int, str, str]:
        """Wait for its end; return exit status, output and errors."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err

    def family(self) -> list[psutil.Process]:
        """Return all processes that it has started, and theirs."""
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run Python source as a program, in a folder of its own."""
    scripts: list[Script] = []

    def start(source: str) -> Script:
        scripts.append(Script(tmp_path / "script.py", source))
        return scripts[-1]

    yield start
    for script in scripts:
        script.process.kill()
        script.process.communicate()


def _left_behind(token: str) -> list[str]:
    profile = Path(os.environ.get("IPYTHONDIR", Path.home() / ".ipython")) / "profile_default"
    folders = [Path("/dev/shm"), Path(tempfile.gettempdir()), profile / "log", profile / "security"]
    return [str(path) for folder in folders for path in folder.glob(f"*eflows-{token}*")]


PREAMBLE = """
import os, signal, sys, threading
import numpy as np
import eflows_nb as ef

@ef.task
def process(*_):
    return os.getpid()

@ef.task
def wait_at(path):
    with open(path) as pipe:
        return pipe.read()

"""


def test_a_script_works_without_any_cluster(run: Run) -> None:
    """Before a start tasks run where they are called; classes and functions of the program are their own."""
    status, out, err = run(
        PREAMBLE
        + """
class Point:
    def __init__(self, x): self.x = x
    def moved(self, by): return Point(self.x + by)

@ef.task
def move(point, by): return point.moved(by)

assert ef.wait_on(process()) == os.getpid()
moved = ef.wait_on(move(move(Point(1), 2), 3))
assert type(moved) is Point
print(moved.x)
"""
    ).end()

    assert (status, out, err) == (0, "6\n", "")


@pytest.mark.engines
def test_a_script_needs_no_main_guard_on_engines(run: Run, tmp_path: Path) -> None:
    """Classes of the program and modules beside it travel; at its end nothing is left and nothing is said."""
    (tmp_path / "beside.py").write_text("class Unit:\n    name = 'm'\n\ndef double(x):\n    return 2 * x\n")
    status, out, err = run(
        PREAMBLE
        + """
from dataclasses import dataclass
import beside

@dataclass
class Point:
    x: float
    def moved(self, by): return Point(self.x + by)

@ef.task
def move(point, by): return point.moved(beside.double(by)), beside.Unit()

session = ef.start(engines=1)
future = move(Point(1), 2)
moved, unit = ef.wait_on(future)
assert type(moved) is Point and type(unit) is beside.Unit
kept = ef.wait_on(ef.task(lambda: np.ones(100_000))())
print(moved, session.token)
"""
    ).end()

    assert (status, err) == (0, "")
    [x, token] = re.fullmatch(r"Point\(x=(\d+)\) (\w+)\n", out).groups()  # type: ignore[union-attr]
    assert x == "5"
    assert _left_behind(token) == []


@pytest.mark.engines
def test_a_script_that_ends_early_leaves_nothing(run: Run) -> None:
    """Engines that were just asked for, and tasks that nobody waits for, end with the program."""
    script = run(
        PREAMBLE
        + """
session = ef.start(engines=1)
ef.map(process, range(3))
print(session.token, flush=True)
"""
    )
    token = script.line()
    status, _, err = script.end()

    assert (status, err) == (0, "")
    assert _left_behind(token) == []


@pytest.mark.engines
def test_a_script_that_fails_ends_with_its_error(run: Run) -> None:
    """The user's own exception and line are the last that is said, and the exit status is 1."""
    status, _, err = run(
        PREAMBLE
        + """
@ef.task
def divide(x):
    return 1 / x

ef.start(engines=1)
ef.wait_on(divide(0))
"""
    ).end()

    assert status == 1
    assert "    return 1 / x" in err
    assert err.rstrip().splitlines()[-2] == "ZeroDivisionError: division by zero"
    assert "In task 'divide' #1, on engine 0." in err.splitlines()[-1]


@pytest.mark.engines
def test_an_interrupt_at_the_terminal_spares_the_engines(run: Run, tmp_path: Path) -> None:
    """Ctrl-C reaches the whole process group: the wait ends, the tasks go on, and can be waited for again."""
    os.mkfifo(tmp_path / "pipe")
    script = run(
        PREAMBLE
        + """
session = ef.start(engines=1)
engine = ef.wait_on(process())
future = wait_at("pipe")
try:
    print("waiting", flush=True)
    ef.wait_on(future)
except KeyboardInterrupt:
    print("interrupted", future.state, flush=True)
print(ef.wait_on(future), ef.wait_on(process()) == engine, flush=True)
"""
    )
    assert script.line() == "waiting"
    os.killpg(script.process.pid, signal.SIGINT)
    assert script.line() == "interrupted running"
    (tmp_path / "pipe").write_text("went on")

    assert script.line() == "went on True"
    assert script.end() == (0, "", "")


def test_an_interrupt_ends_an_inline_task(run: Run, tmp_path: Path) -> None:
    """Ctrl-C goes through the task to the caller, and the session can go on."""
    os.mkfifo(tmp_path / "pipe")
    script = run(
        PREAMBLE
        + """
print("calling", flush=True)
try:
    wait_at("pipe")
except KeyboardInterrupt:
    print("interrupted", flush=True)
print(ef.wait_on(process()) == os.getpid(), flush=True)
"""
    )
    assert script.line() == "calling"
    pipe = os.open(tmp_path / "pipe", os.O_WRONLY)  # succeeds when the task has opened it
    os.killpg(script.process.pid, signal.SIGINT)

    assert script.line() == "interrupted"
    assert script.line() == "True"
    os.close(pipe)
    assert script.end() == (0, "", "")


@pytest.mark.engines
def test_a_client_that_is_killed_takes_everything_with_it(run: Run) -> None:
    """Controller, engines, their nannies, what tasks started, and shared files are gone within seconds."""
    script = run(
        PREAMBLE
        + """
session = ef.start(engines=2)
table = ef.put(np.ones(100_000))
kept = ef.wait_on(ef.task(lambda table: table + 1.0)(table))
os.mkfifo("pipe")
wait_at("pipe")
ef.wait_on(process())
print(session.token, flush=True)
signal.pause()
"""
    )
    token = script.line()
    family = script.family()
    assert len(family) >= 5
    assert _left_behind(token)
    os.kill(script.process.pid, signal.SIGKILL)
    script.process.wait(10)
    _, alive = psutil.wait_procs(family, timeout=10)

    assert alive == []
    assert _left_behind(token) == []


@pytest.mark.engines
def test_what_nobody_foresaw_is_told_to_all_who_wait_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    """An error of this package in its driving thread ends the work, and no wait lasts for ever."""
    os.mkfifo(tmp_path / "pipe")
    script = run(
        PREAMBLE
        + """
import asyncio, logging, traceback
logging.disable()
session = ef.start(engines=2)
done, array = ef.wait_on([process(), ef.task(lambda: np.ones(100_000))()])
waiting, second = wait_at("pipe"), ef.task(lambda: [1, 2])()
ef.wait_on(second)
broken = threading.Event()
session.observe(lambda events: [broken.set() for e in events if getattr(e, "state", "") == "broken"])

def results(*_):
    raise ZeroDivisionError("nobody foresaw this")

session._driver.scheduler.results = results
print("broken", flush=True)
assert broken.wait(60)  # the thread drives: nobody waits

async def awaits():
    await waiting

ways = [
    lambda: ef.wait_on(waiting),
    waiting.done,
    lambda: waiting.exception(timeout=60),
    lambda: next(ef.as_completed([waiting])),
    lambda: asyncio.run(awaits()),
    lambda: ef.cancel(waiting),
    process,
    lambda: ef.start(engines=3),
    lambda: ef.scale(1),
    ef.barrier,
]
for way in ways:
    try:
        way()
    except ef.InternalError as error:
        assert "in results" in "".join(traceback.format_exception(error)), error
        assert "ZeroDivisionError: nobody foresaw this" in str(error), error
    else:
        raise AssertionError(way)
assert ef.wait_on(second) == [1, 2]
ef.stop()
ef.stop()
print(session.token, session.snapshot().cluster, session.snapshot().state, flush=True)
"""
    )
    assert script.line() == "broken"
    family = script.family()
    (tmp_path / "pipe").write_text("go")
    token, cluster, state = script.line().split()
    status, _, err = script.end()
    _, alive = psutil.wait_procs(family, timeout=10)

    assert (status, err, cluster, state) == (0, "", "inline", "broken")
    assert alive == []
    assert _left_behind(token) == []


def test_importing_the_package_is_light() -> None:
    """No heavy package is imported before it is needed."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import eflows_nb"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    heavy = {
        "ipyparallel",
        "papermill",
        "jupyter_server",
        "numba",
        "matplotlib",
        "IPython",
        "zmq",
        "numpy",
        "ipywidgets",
        "tqdm",
        "xarray",
        "psutil",
        "traitlets",
        "tornado",
        "pandas",
    }

    assert "eflows_nb" in imported
    assert imported & heavy == set()


def test_a_forked_child_leaves_the_session_alone(run: Run) -> None:
    """A child of the client that ends does not end the client's cluster."""
    status, out, err = run(
        PREAMBLE
        + """
future = process()
child = os.fork()
if child == 0:
    sys.exit(0)
os.waitpid(child, 0)
print(ef.wait_on(future) == os.getpid())
"""
    ).end()

    assert (status, out, err) == (0, "True\n", "")


def test_a_forked_process_has_a_session_of_its_own(run: Run) -> None:
    """It computes what it calls itself, is refused what its parent waits for, and disturbs nothing there."""
    script = run(
        """
        import multiprocessing, os
        import eflows_nb as ef

        @ef.task
        def twice(x):
            return 2 * x

        @ef.task
        def read(path):
            return open(path).read()

        def child(send):
            errors = []
            for use in ef.wait_on, twice, ef.Future.result, ef.cancel:
                try:
                    use(held)
                except ef.ClusterError as error:
                    errors.append(str(error))
            send.send((ef.wait_on([done, twice(4), twice(done)]), errors))

        os.mkfifo("gate")
        ef.start(engines=2)
        done, held = twice(1), read("gate")
        ef.wait_on(done)
        receive, send = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("fork").Process(target=child, args=(send,))
        process.start()
        send.close()
        values, errors = receive.recv()
        process.join()
        open("gate", "w").write("go")
        print(values, process.exitcode, ef.wait_on([held, twice(done)]))
        print(*errors, sep="\\n")
        """
    )
    status, out, err = script.end()
    assert (status, err) == (0, "")
    first, *errors = out.splitlines()
    assert first == "[2, 8, 4] 0 ['go', 4]"
    assert len(errors) == 4
    assert all(
        re.match(r"This future belongs to process \d+, of which this one is a fork", e) for e in errors
    )


def test_a_task_function_may_use_one_that_remembers_results(run: Run) -> None:
    """What ``functools`` has made of a function of the program travels with what uses it."""
    script = run(
        """
        import functools
        import eflows_nb as ef

        @functools.lru_cache
        def fibonacci(n):
            return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

        @ef.task
        def compute(n):
            return fibonacci(n)

        ef.start(engines=1)
        print(ef.wait_on(compute(90)))
        """
    )
    assert script.end() == (0, "2880067194370816120\n", "")
