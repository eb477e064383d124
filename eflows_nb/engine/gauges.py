"""What an engine tells of itself with the results of tasks: peak memory and energy."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from eflows_nb.engine.energy import EnergyMeter

__all__ = ["PERIOD", "Gauges"]

PERIOD = 0.1
"""Seconds between two readings at least: they would cost more than a short task."""

_COST_LIMIT = 0.01

_PROC = Path("/proc/self")


class Gauges:
    """Reads peak memory and energy, now and then.

    Parameters
    ----------
    reset
        Whether the peak begins anew after each reading, so that it belongs to the tasks since then; for a
        process that is not ours to change False.
    proc
        Folder of this process in the file system of the kernel.
    energy
        The meter; None makes one.
    """

    def __init__(self, *, reset: bool, proc: Path = _PROC, energy: EnergyMeter | None = None) -> None:
        self._reset = reset
        self._proc = proc
        self._energy = energy or EnergyMeter()
        self._next = 0.0

    def read(self, now: float) -> tuple[int, float | None]:
        """Return the peak memory in bytes and the joules used; 0 and None when it is too soon.

        Parameters
        ----------
        now
            The time by `time.perf_counter`.
        """
        if now < self._next:
            return 0, None
        begin = time.perf_counter()
        told = self._peak_memory(), self._energy.joules()
        self._next = now + max(PERIOD, (time.perf_counter() - begin) / _COST_LIMIT)
        return told

    def _peak_memory(self) -> int:
        with suppress(OSError, ValueError):
            status = (self._proc / "status").read_bytes()
            begin = status.index(b"VmHWM:") + 6
            peak = int(status[begin : status.index(b"kB", begin)]) << 10
            if self._reset:
                (self._proc / "clear_refs").write_bytes(b"5")
            return peak
        return 0
