"""Freed memory is kept for the next arrays, and not without end."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

from eflows_nb.engine.memory import Judgement

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc can be told")


def _run(script: str) -> list[int]:
    """Return the numbers that a process of its own prints: what it is told cannot be taken back."""
    found = subprocess.run([sys.executable, "-c", dedent(script)], capture_output=True, text=True, check=True)
    return [int(word) for word in found.stdout.split()]


def test_an_array_takes_the_memory_of_the_one_before() -> None:
    """The pages of a freed array stay, and the next one causes few page faults."""
    script = """
        import resource
        import numpy as np
        from eflows_nb.engine.memory import FreedMemory
        freed = FreedMemory(1 << 30)
        np.ones(4 << 20)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(10):
            np.ones(4 << 20)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    """
    assert _run(script)[0] < 8192  # pages of a single one of these arrays


def test_what_is_past_the_limit_goes_back() -> None:
    """A peak of one task does not stay for ever."""
    script = """
        import numpy as np
        from eflows_nb.engine.memory import FreedMemory
        def resident():
            return int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20
        freed = FreedMemory(64 << 20)
        start = resident()
        arrays = [np.ones(1 << 20) for _ in range(64)]
        full = resident()
        del arrays[:-1]
        freed.check()
        print(full - start, resident() - start)
    """
    full, rest = _run(script)
    assert full > 500
    assert rest < 100


MB = 1 << 20


def test_huge_pages_that_are_slow_are_not_used() -> None:
    """Where the host has to find them, small pages are several times faster."""
    judgement = Judgement()
    assert not judgement.learn(32 * MB, 0.006)
    assert judgement.wanted

    assert judgement.learn(64 * MB, 0.006 + 0.040)
    assert not judgement.wanted


def test_little_new_memory_tells_nothing() -> None:
    """The system is used for other things too."""
    judgement = Judgement()
    assert not judgement.learn(4 * MB, 1.0)
    assert not judgement.learn(2 * MB, 2.0)
    assert judgement.wanted


def test_huge_pages_are_tried_again() -> None:
    """The host may have found memory by now, and then they are faster for whatever follows."""
    judgement = Judgement()
    judgement.learn(32 * MB, 0.1)
    resident, changes = 32 * MB, []
    while not changes:
        resident += 64 * MB
        if judgement.learn(resident, 10.0):
            changes.append(resident)

    assert changes == [32 * MB + Judgement.AGAIN]
    assert judgement.wanted


def test_the_process_does_without_huge_pages() -> None:
    """The operating system is told, not NumPy: it counts for all that the process does from then on."""
    script = """
        from pathlib import Path
        from eflows_nb.engine import memory
        memory.Judgement.SLOW = -1.0
        memory._LOOK_PERIOD = 0.0
        pages = memory.HugePages()
        kept = bytearray(64 << 20)
        pages.check()
        status = Path("/proc/self/status").read_text()
        print(int("THP_enabled:\\t0" in status or "THP_enabled" not in status))
    """
    assert _run(script) == [1]
