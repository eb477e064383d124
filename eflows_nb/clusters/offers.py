"""The kinds of cluster that can be started from here, and what they have."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from eflows_nb.clusters.machine import installed_memory, usable_cores, usable_gpus

__all__ = ["Offer", "available"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One kind of cluster.

    Parameters
    ----------
    name
        What it is called, such as ``"local"``.
    hosts
        Whether the hosts of its engines have to be named.
    cores, memory, gpus
        What it has in all, memory in bytes; the engines share it. 0 where that is known only later.
    """

    name: str
    hosts: bool = False
    cores: int = 0
    memory: int = 0
    gpus: int = 0


def available() -> tuple[Offer, ...]:
    """Return the kinds of cluster that can be started from this machine; the first is the usual one."""
    local = Offer(name="local", cores=usable_cores(), memory=installed_memory(), gpus=len(usable_gpus()))
    return (local, Offer(name="hosts", hosts=True)) if shutil.which("ssh") else (local,)
