"""Energy: the counters of the machine, where it has some."""

from __future__ import annotations

from pathlib import Path

import pytest

from eflows_nb.engine.energy import EnergyMeter


class Zone:
    """A RAPL zone as Linux shows it."""

    def __init__(self, folder: Path, name: str, microjoules: int = 0, limit: int = 1_000_000) -> None:
        folder.mkdir(parents=True)
        self._file = folder / "energy_uj"
        (folder / "name").write_text(f"{name}\n")
        (folder / "max_energy_range_uj").write_text(f"{limit}\n")
        self.set(microjoules)

    def set(self, microjoules: int) -> None:
        """Let the counter stand here."""
        self._file.write_text(f"{microjoules}\n")


def test_packages_and_their_memory_are_added_up(tmp_path: Path) -> None:
    """Cores are part of their package, and are not counted again."""
    package = Zone(tmp_path / "intel-rapl:0", "package-0", 100)
    cores = Zone(tmp_path / "intel-rapl:0:0", "core", 50)
    memory = Zone(tmp_path / "intel-rapl:0:1", "dram", 7)
    other = Zone(tmp_path / "intel-rapl:1", "package-1", 0)
    meter = EnergyMeter(tmp_path)

    package.set(500_100)
    cores.set(400_050)
    memory.set(250_007)
    other.set(1_000)

    assert meter.joules() == pytest.approx(0.751)


def test_a_counter_may_begin_again(tmp_path: Path) -> None:
    """What was used before the counter passed its range is not lost."""
    zone = Zone(tmp_path / "intel-rapl:0", "package-0", 900_000)
    meter = EnergyMeter(tmp_path)
    for stands in (990_000, 40_000, 990_000, 10_000):
        zone.set(stands)
        used = meter.joules()

    assert used == pytest.approx(2 * 1.0 + 0.010 - 0.900)


def test_a_machine_without_counters_tells_nothing(tmp_path: Path) -> None:
    """There is no energy rather than zero."""
    assert EnergyMeter(tmp_path / "none").joules() is None


def test_a_counter_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    """On most systems only root may read them."""
    Zone(tmp_path / "intel-rapl:0", "package-0")
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()

    assert EnergyMeter(tmp_path).joules() is None


class Nvml:
    """Two GPUs, of which one does not count its energy; a stand-in for ``pynvml``."""

    class NVMLError(Exception):
        """What the library raises."""

    millijoules = 5_000

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802 - the library's own word
        """Return the number of GPUs."""
        return 2

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:  # noqa: N802 - the library's own word
        """Return a GPU."""
        return number

    def nvmlDeviceGetTotalEnergyConsumption(self, gpu: int) -> int:  # noqa: N802 - the library's own word
        """Return what a GPU has used since its driver was loaded."""
        if gpu:
            raise self.NVMLError("not supported")
        return self.millijoules


def test_gpus_that_count_are_added(tmp_path: Path) -> None:
    """A GPU counts from when its driver was loaded; what was before the meter is not ours."""
    nvml = Nvml()
    meter = EnergyMeter(tmp_path, nvml)

    nvml.millijoules = 7_500

    assert meter.joules() == pytest.approx(2.5)
