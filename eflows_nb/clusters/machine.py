"""What this machine has."""

from __future__ import annotations

import os
from pathlib import Path

from eflows_nb.engine.environment import GPU_SHARE, GPUS, MEMORY
from eflows_nb.tasks.resources import Resources

__all__ = [
    "THREAD_LIMITS",
    "divided",
    "engine_environment",
    "installed_memory",
    "share_of",
    "usable_cores",
    "usable_gpus",
]

THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""Environment variables with the number of threads that libraries start."""


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def installed_memory() -> int:
    """Return the bytes of memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def usable_gpus() -> list[str]:
    """Return the names of the NVIDIA GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` has them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [device.strip() for device in visible.split(",") if device.strip()]
    return sorted(path.name[6:] for path in Path("/dev").glob("nvidia[0-9]*") if path.name[6:].isdigit())


def share_of(engines: int) -> Resources:
    """Return what each of so many engines has of this machine; GPUs may be shared, cores are not."""
    machine = Resources(cores=usable_cores(), memory=installed_memory(), gpus=len(usable_gpus()))
    return divided(machine, engines)


def divided(machine: Resources, engines: int) -> Resources:
    """Return what each of so many engines has of a machine."""
    return Resources(
        cores=max(1, machine.cores // max(engines, 1)),
        memory=machine.memory // max(engines, 1),
        gpus=max(1, machine.gpus // max(engines, 1)) if machine.gpus else 0,
    )


def engine_environment(share: Resources) -> dict[str, str]:
    """Return the environment of engines that have this share of the machine each."""
    return {
        **{name: os.environ.get(name, str(share.cores)) for name in THREAD_LIMITS},
        MEMORY: os.environ.get(MEMORY, str(share.memory // 2)),
        GPUS: " ".join(usable_gpus()),
        GPU_SHARE: str(share.gpus),
    }
