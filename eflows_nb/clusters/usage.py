"""What processes of this machine use of it now: cores, memory and the memory of GPUs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil

from eflows_nb.engine.nvml import open_nvml

__all__ = ["PERIOD", "ProcessUsage", "UsageMeter"]

PERIOD = 1.0
"""Seconds over which the use of cores is averaged at least; who asks sooner is told the same again."""

_FORGET_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessUsage:
    """What one process uses.

    Parameters
    ----------
    pid
        Its number.
    started
        When it began, seconds since the epoch.
    cores
        How many cores it has used on average since the question before; None the first time.
    memory
        Resident bytes.
    gpu_memory
        Bytes of the memory of NVIDIA GPUs; None where the machine does not tell, or it uses none.
    """

    pid: int
    started: float
    cores: float | None
    memory: int
    gpu_memory: int | None


@dataclass(slots=True)
class _Reading:
    process: psutil.Process
    at: float
    seconds: float
    cores: float | None = None


class UsageMeter:
    """Remembers what processes had used, to tell what they use now; may be asked from any thread.

    Parameters
    ----------
    clock
        Returns seconds that only grow.
    nvml
        The module ``pynvml``; None looks whether it is installed and there is a GPU.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, nvml: Any = None) -> None:
        self._clock = clock
        self._nvml = nvml if nvml is not None else open_nvml()
        self._lock = threading.Lock()
        self._readings: dict[int, _Reading] = {}

    def read(self, pids: Iterable[int]) -> list[ProcessUsage]:
        """Return what those of the processes use that live, in their order."""
        with self._lock:
            on_gpus = self._gpu_memory()
            now = self._clock()
            told = []
            for pid in pids:
                with suppress(psutil.Error):
                    reading = self._update(pid, now)
                    told.append(
                        ProcessUsage(
                            pid=pid,
                            started=reading.process.create_time(),
                            cores=reading.cores,
                            memory=int(reading.process.memory_info().rss),
                            gpu_memory=on_gpus.get(pid),
                        )
                    )
            for pid, reading in list(self._readings.items()):
                if now - reading.at > _FORGET_SECONDS:
                    del self._readings[pid]
            return told

    def _update(self, pid: int, now: float) -> _Reading:
        known = self._readings.get(pid)
        # Another process may have the number now.
        if known is None or not known.process.is_running():
            process = psutil.Process(pid)
            known = self._readings[pid] = _Reading(process, now, _seconds(process))
        elif now - known.at >= PERIOD:
            seconds = _seconds(known.process)
            known.cores = max(0.0, (seconds - known.seconds) / (now - known.at))
            known.at, known.seconds = now, seconds
        return known

    def _gpu_memory(self) -> dict[int, int]:
        """Return how many bytes processes use on all GPUs together, as far as the driver tells."""
        nvml, used = self._nvml, dict[int, int]()
        if nvml is None:
            return used
        with suppress(nvml.NVMLError):
            for number in range(nvml.nvmlDeviceGetCount()):
                for one in nvml.nvmlDeviceGetComputeRunningProcesses(nvml.nvmlDeviceGetHandleByIndex(number)):
                    used[one.pid] = used.get(one.pid, 0) + int(one.usedGpuMemory or 0)
        return used


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
