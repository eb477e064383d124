"""Ends processes of this machine."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

__all__ = ["end_processes"]

_STOP_LIMIT = 1.0


def end_processes(engines: Iterable[int]) -> None:
    """End engines and their nannies: what they run is cancelled, so nobody waits long for it."""
    import psutil

    found = []
    for pid in engines:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            found += [process, *process.children()]
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=_STOP_LIMIT)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_STOP_LIMIT)
