"""What the processors of this machine use, where it tells: RAPL for CPUs, NVML for NVIDIA GPUs.

RAPL counts microjoules for each package and its memory, in files that on most systems only root may read,
and begins again at zero after some minutes of full load (Linux, Documentation/power/powercap). NVML counts
millijoules for each GPU since its driver was loaded.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from eflows_nb.engine.nvml import open_nvml

__all__ = ["POWERCAP", "EnergyMeter", "RaplZone"]

POWERCAP = Path("/sys/class/powercap")
"""Where Linux shows the RAPL counters."""

_GUARD_SECONDS = 60.0


class RaplZone:
    """The counter of one package or its memory.

    Parameters
    ----------
    folder
        Folder of the zone.

    Raises
    ------
    OSError
        When this process may not read it.
    ValueError
        When it holds no number.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "energy_uj"
        self._range = int((folder / "max_energy_range_uj").read_text())
        self._last = int(self._file.read_text())
        self._used = 0

    def joules(self) -> float:
        """Return what was used since the zone was made; the counter may have begun again once in between."""
        with suppress(OSError, ValueError):
            now = int(self._file.read_text())
            self._used += now - self._last + (self._range if now < self._last else 0)
            self._last = now
        return self._used / 1e6


class EnergyMeter:
    """The energy that all processors of this machine have used since the meter was made.

    Parameters
    ----------
    powercap
        Folder with the RAPL zones.
    nvml
        The module ``pynvml``; None looks whether it is installed.
    """

    def __init__(self, powercap: Path = POWERCAP, nvml: Any = None) -> None:
        self._zones = list(_zones(powercap))
        self._nvml = nvml if nvml is not None else open_nvml()
        self._gpus = list(_gpus(self._nvml))
        self._lock = threading.Lock()
        if self._zones:
            threading.Thread(target=self._guard, name="eflows-energy", daemon=True).start()

    def joules(self) -> float | None:
        """Return what was used since the meter was made, in joules; None where the machine does not tell."""
        if not self._zones and not self._gpus:
            return None
        with self._lock:
            used = sum(zone.joules() for zone in self._zones)
            for gpu, begin in self._gpus:
                used += (self._nvml.nvmlDeviceGetTotalEnergyConsumption(gpu) - begin) / 1e3
        return used

    def _guard(self) -> None:
        """See each counter before it has begun again twice, also while a task takes hours."""
        pause = threading.Event()
        while not pause.wait(_GUARD_SECONDS):
            self.joules()


def _zones(powercap: Path) -> Iterator[RaplZone]:
    """Yield packages and their memory; what lies within a package is counted there."""
    for folder in sorted(powercap.glob("intel-rapl:*")):
        with suppress(OSError, ValueError):
            name = (folder / "name").read_text().strip()
            if name.startswith("package") or name == "dram":
                yield RaplZone(folder)


def _gpus(nvml: Any) -> Iterator[tuple[Any, int]]:
    """Yield each GPU that counts its energy, with what it has counted so far."""
    if nvml is None:
        return
    for number in range(nvml.nvmlDeviceGetCount()):
        with suppress(nvml.NVMLError):
            gpu = nvml.nvmlDeviceGetHandleByIndex(number)
            yield gpu, nvml.nvmlDeviceGetTotalEnergyConsumption(gpu)
