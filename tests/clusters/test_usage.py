"""What processes use is measured between two questions."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

from eflows_nb.clusters.usage import PERIOD, UsageMeter


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def burn(seconds: float) -> None:
    """Use so much time of a core."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_the_first_answer_knows_memory_and_no_cores() -> None:
    """How many cores are used can only be told of a time."""
    (mine,) = UsageMeter(Clock()).read([os.getpid()])
    assert (mine.pid, mine.cores) == (os.getpid(), None)
    assert 1 << 20 < mine.memory < 1 << 36


def test_cores_are_those_since_the_question_before() -> None:
    """A fifth of a second of work in two seconds is a tenth of a core."""
    clock = Clock()
    meter = UsageMeter(clock)
    meter.read([os.getpid()])
    burn(0.2)
    clock.now += 2.0
    (mine,) = meter.read([os.getpid()])
    assert mine.cores is not None
    assert 0.05 < mine.cores < 5.0


def test_who_asks_too_soon_is_told_the_same() -> None:
    """Two pages do not spoil each other's numbers."""
    clock = Clock()
    meter = UsageMeter(clock)
    meter.read([os.getpid()])
    burn(0.05)
    clock.now += 2.0
    (before,) = meter.read([os.getpid()])
    clock.now += PERIOD / 2
    (after,) = meter.read([os.getpid()])
    assert after.cores == before.cores


def test_a_process_that_is_gone_is_left_out() -> None:
    """Its number may be another's soon."""
    meter = UsageMeter(Clock())
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert len(meter.read([os.getpid(), process.pid])) == 2
        process.kill()
    assert [one.pid for one in meter.read([process.pid, os.getpid()])] == [os.getpid()]


def test_the_memory_of_gpus_is_added_up() -> None:
    """As the driver tells it of each GPU; a process that uses none has None."""

    def processes(gpu: int) -> list[Any]:
        return [SimpleNamespace(pid=os.getpid(), usedGpuMemory=(gpu + 1) << 20)]

    nvml = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda number: number,
        nvmlDeviceGetComputeRunningProcesses=processes,
    )
    mine, parent = UsageMeter(Clock(), nvml).read([os.getpid(), os.getppid()])
    assert (mine.gpu_memory, parent.gpu_memory) == (3 << 20, None)
