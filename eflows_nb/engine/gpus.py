"""The GPUs of an engine: it takes its share of those of its host for as long as it lives."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from eflows_nb.errors import ClusterError

__all__ = ["VISIBLE", "claim", "show"]

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Environment variable with the GPUs that CUDA shows to a process, from its first use of them on."""

_claims: list[int] = []  # descriptors of files that are locked as long as this process lives
_shown: tuple[str, ...] = ()
_fixed: tuple[str, ...] | None = None  # those that CUDA has been told of


def claim(names: Sequence[str], count: int, folder: Path) -> tuple[str, ...]:
    """Take GPUs until this process ends: of those that fewest others have, the first in order.

    Parameters
    ----------
    names
        All of the host.
    count
        How many to take.
    folder
        Where the processes of this host lock a file for each that they take. The system ends such a lock with
        its process, so that whoever comes in its place takes the same GPU.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    taken: list[str] = []
    round_ = 0
    while len(taken) < min(count, len(names)):
        for place, name in enumerate(names):
            if len(taken) < count and name not in taken and _lock(folder / f"{place}-{round_}"):
                taken.append(name)
        round_ += 1
    return tuple(taken)


def _lock(path: Path) -> bool:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # of this process alone, not of what it forks
    except OSError:
        os.close(descriptor)
        return False
    _claims.append(descriptor)
    return True


def show(names: Sequence[str]) -> None:
    """Let what runs in this process from now on see these GPUs, the first as its device 0.

    Raises
    ------
    ClusterError
        When CUDA has been used here, and was told of fewer.
    """
    global _shown, _fixed
    if _fixed is None and _is_used():
        _fixed = _shown
    if _fixed is not None and not set(names) <= set(_fixed):
        raise ClusterError(
            f"This task should see the GPUs {', '.join(names)}, but its engine has used CUDA before, which "
            f"shows a process no others than at first: {', '.join(_fixed)}. Let each engine have as many "
            "GPUs as a task asks for: start fewer engines with ef.start(engines=N)."
        )
    _shown = tuple(names)
    os.environ[VISIBLE] = ",".join(names)


def _is_used() -> bool:
    """Return whether this process has begun to use CUDA, which opens this device; NVML does not."""
    with suppress(OSError):
        for entry in os.scandir("/proc/self/fd"):
            with suppress(OSError):
                if os.readlink(entry.path) == "/dev/nvidia-uvm":  # noqa: PTH115 - it need not be a file
                    return True
    return False
