"""The kinds of cluster that can be started from here, and what they have."""

from __future__ import annotations

from dataclasses import dataclass

from eflows_nb.clusters.machine import installed_memory, usable_cores, usable_gpus

__all__ = ["Launcher", "available"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Launcher:
    """One kind of cluster.

    Parameters
    ----------
    name
        What it is called in code, such as ``"local"``.
    cores, memory, gpus
        What it has in all, memory in bytes; the engines share it.
    """

    name: str
    cores: int
    memory: int
    gpus: int


def available() -> tuple[Launcher, ...]:
    """Return the kinds of cluster that can be started on this machine; the first is the usual one."""
    return (Launcher(name="local", cores=usable_cores(), memory=installed_memory(), gpus=len(usable_gpus())),)
