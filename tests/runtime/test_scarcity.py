"""Too little memory, shared memory or disk: somebody is told, and the rest goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import eflows_nb as ef

pytestmark = pytest.mark.engines

Run = Callable[..., subprocess.CompletedProcess[str]]
UNSHARE = ["unshare", "--map-root-user", "--mount"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run Python source where ``/dev/shm`` and the folder ``small`` have so many megabytes, or skip."""
    allowed = (
        shutil.which("unshare")
        and not subprocess.run(
            [*UNSHARE, "mount", "-t", "tmpfs", "none", "/dev/shm"], capture_output=True, check=False
        ).returncode
    )
    if not allowed:
        pytest.skip("a file system of a given size needs a user and mount namespace, which are not allowed")
    small = tmp_path / "small"
    small.mkdir()

    def run(
        source: str, *, shared: int, small_size: int, temporary: Path = tmp_path
    ) -> subprocess.CompletedProcess[str]:
        (tmp_path / "program.py").write_text(PREAMBLE + textwrap.dedent(source))
        mounts = (
            f"mount -t tmpfs -o size={shared}m none /dev/shm && "
            f"mount -t tmpfs -o size={small_size}m none {small} && exec {sys.executable} program.py"
        )
        return subprocess.run(
            [*UNSHARE, "sh", "-c", mounts],
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(temporary), "EFLOWS_JOURNAL": "off"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


PREAMBLE = """
import os
import numpy as np
import eflows_nb as ef

@ef.task
def make(value, megabytes=32):
    return np.full(megabytes << 17, value)

@ef.task
def total(*arrays):
    return float(sum(array.sum() for array in arrays))

"""


def test_shared_memory_of_a_container_is_enough(run: Run) -> None:
    """With 64 MB of it, as containers have, what does not fit goes to the temporary folder."""
    ended = run(
        """
        @ef.task
        def mapped_from(*arrays):
            with open("/proc/self/maps") as maps:
                return {os.path.dirname(word) for word in maps.read().split() if "/eflows-" in word}

        with ef.start(engines=2):
            frozen = [ef.put(np.full(4 << 20, float(number))) for number in range(3)]
            made = ef.map(make, [1.0, 2.0, 3.0, 4.0])
            assert ef.wait_on(total(*frozen, *made)) == (4 << 20) * (3.0 + 10.0)
            assert ef.wait_on(made[3])[-1] == 4.0
            print(sorted(ef.wait_on(mapped_from(*frozen, *made)) - {os.environ["TMPDIR"]}))
        """,
        shared=64,
        small_size=1,
    )

    assert (ended.returncode, ended.stderr, ended.stdout) == (0, "", "['/dev/shm']\n")


def test_a_full_disk_is_told_to_whoever_passes_large_data(run: Run, tmp_path: Path) -> None:
    """Small data still travel; when there is room again, large ones do."""
    ended = run(
        """
        ef.start(engines=1)
        array = np.ones(2 << 20)
        for attempt in (lambda: ef.put(array), lambda: total(array), lambda: ef.wait_on(make(1.0))):
            try:
                attempt()
            except ef.ClusterError as error:
                print(error)
        assert ef.wait_on(total(np.ones(3))) == 3.0
        assert ef.wait_on(total(make(1.0))) == 4 << 20
        print(ef.wait_on(total(ef.put(np.ones(100_000)))))
        """,
        shared=4,
        small_size=4,
        temporary=tmp_path / "small",
    )
    *errors, last = ended.stdout.splitlines()

    assert (ended.returncode, ended.stderr) == (0, "")
    assert [error.count("No space left on device") for error in errors] == [1, 1, 1]
    assert errors[0].startswith("An argument of 16777")
    assert errors[0].endswith("Free some space in /dev/shm or in the temporary folder.")
    assert errors[2].startswith("A result of task 'make' #")
    assert last == "100000.0"


def test_a_full_disk_keeps_no_checkpoint(run: Run) -> None:
    """The task is done all the same, a line on its standard error says why, and nothing half is left."""
    ended = run(
        """
        with ef.start(engines=1, checkpoint="small"):
            assert ef.wait_on(total(make(2.0))) == 2.0 * (4 << 20)
        print(sum(file.startswith(".writing") for _, _, files in os.walk("small") for file in files))
        """,
        shared=64,
        small_size=1,
    )

    assert (ended.returncode, ended.stdout) == (0, "0\n")
    assert ended.stderr.count("The result of the task was not kept for a later session: ") == 1
    assert "No space left on device" in ended.stderr


@pytest.fixture
def one_engine() -> Iterator[ef.Session]:
    """One engine, until the end of the test."""
    with ef.start(engines=1) as session:
        yield session


@pytest.mark.usefixtures("one_engine")
def test_memory_that_is_refused_fails_the_task() -> None:
    """Whoever waits gets the MemoryError; the engine goes on."""

    @ef.task
    def greedy() -> Any:
        import os
        import resource

        import numpy as np

        used = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")  # noqa: PTH123, SIM115
        before = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), before[1]))
        try:
            return np.ones(1 << 27)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)

    engine = ef.task(os.getpid)
    first = ef.wait_on(engine())
    with pytest.raises(MemoryError, match=r"Unable to allocate 1\.00 GiB"):
        ef.wait_on(greedy())

    assert ef.wait_on(engine()) == first


@pytest.mark.usefixtures("one_engine")
def test_an_engine_that_the_system_ends_for_its_memory_is_replaced(tmp_path: Path) -> None:
    """The system sends SIGKILL, with no word: the task runs again, and is right if it then gets through."""

    @ef.task
    def killed_once(mark: Path) -> int:
        import os
        import signal

        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    first = ef.wait_on(ef.task(os.getpid)())

    assert ef.wait_on(killed_once(tmp_path / "mark")) != first


def test_gigabytes_of_output_do_not_fill_anybodys_memory(
    one_engine: ef.Session, capfd: pytest.CaptureFixture[str]
) -> None:
    """The first megabyte is shown; the rest passes through to a file, whatever its size."""

    @ef.task
    def floods() -> int:
        import os

        for _ in range(1 << 10):
            os.write(1, b"x" * (1 << 20))
        return os.getpid()

    before = psutil.Process().memory_info().rss
    engine = psutil.Process(ef.wait_on(floods()))
    ef.barrier()
    out = capfd.readouterr().out
    file = Path(out.partition("bytes in all; they are in ")[2].partition("]")[0])
    size = file.stat().st_size
    file.unlink()

    assert file.parent == Path.cwd() / ".eflows" / "output"
    assert size == 1 << 30
    assert len(out) < 1 << 21
    assert psutil.Process().memory_info().rss - before < 1 << 28
    assert engine.memory_info().rss < 1 << 29
