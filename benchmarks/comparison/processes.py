"""Processes of this machine, as the kernel lists them."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["adopt_orphans", "command", "descendants", "end", "end_all_below", "resident_bytes"]

_SET_CHILD_SUBREAPER = 36  # prctl(2)


def descendants(pid: int) -> list[int]:
    """Return the processes below one, the nearest first."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(folder.name))
    found, left = [], [pid]
    while left:
        below = children.get(left.pop(0), [])
        found.extend(below)
        left.extend(below)
    return found


def command(pid: int) -> str:
    """Return the command line of a process, empty when it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 when it has ended."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def adopt_orphans() -> None:
    """Become the parent of processes below this one whose parents end, so that none gets lost."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_all_below(grace: float) -> list[str]:
    """Wait until no process is left below this one; after some seconds kill, and return the command lines."""
    deadline = time.monotonic() + grace
    while left := _left():
        if time.monotonic() >= deadline:
            commands = [command(pid) for pid in left]
            while left := _left():
                end(left)
                time.sleep(0.05)
            return commands
        time.sleep(0.05)
    return []


def _left() -> list[int]:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return descendants(os.getpid())


def end(pids: list[int]) -> None:
    """Kill processes that may have ended."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
