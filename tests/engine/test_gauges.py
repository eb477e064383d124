"""Gauges: peak memory and energy, read now and then."""

from __future__ import annotations

from pathlib import Path

import pytest

from eflows_nb.engine.energy import EnergyMeter
from eflows_nb.engine.gauges import PERIOD, Gauges

MEMORY = 64 << 20


def _gauges(tmp_path: Path, *, reset: bool = True) -> Gauges:
    return Gauges(reset=reset, energy=EnergyMeter(tmp_path))


def test_the_peak_is_told_after_it_has_passed(tmp_path: Path) -> None:
    """Memory that a task used and gave back is seen; the next reading begins anew."""
    gauges = _gauges(tmp_path)
    gauges.read(0.0)
    block = bytearray(MEMORY)
    del block

    peak, _ = gauges.read(1e6)
    later, _ = gauges.read(2e6)

    assert peak >= MEMORY
    assert later <= peak - MEMORY // 2


def test_the_peak_of_a_process_that_is_not_ours_stays(tmp_path: Path) -> None:
    """In the client a reading changes nothing."""
    gauges = _gauges(tmp_path, reset=False)
    block = bytearray(MEMORY)
    del block

    peak, _ = gauges.read(0.0)
    later, _ = gauges.read(1e6)

    assert later >= peak


def test_readings_are_some_time_apart(tmp_path: Path) -> None:
    """Between two readings nothing is read, so that short tasks do not pay for it."""
    gauges = _gauges(tmp_path)
    gauges.read(1e6)

    assert gauges.read(1e6 + PERIOD / 2) == (0, None)


def test_a_system_without_proc_tells_no_memory(tmp_path: Path) -> None:
    """There is no peak rather than a wrong one."""
    gauges = Gauges(reset=True, proc=tmp_path / "none", energy=EnergyMeter(tmp_path))

    assert gauges.read(0.0) == (0, None)


def test_energy_comes_with_each_reading(tmp_path: Path) -> None:
    """Where the machine counts it, joules are told together with memory."""
    zone = tmp_path / "intel-rapl:0"
    zone.mkdir()
    for name, content in (("name", "package-0"), ("max_energy_range_uj", "1000000"), ("energy_uj", "0")):
        (zone / name).write_text(content)
    gauges = _gauges(tmp_path)
    (zone / "energy_uj").write_text("500000")

    assert gauges.read(0.0)[1] == pytest.approx(0.5)
