"""Freed memory is kept for the next arrays, and not without end."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

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
