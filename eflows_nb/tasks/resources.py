"""What a task asks of the machine it runs on, and what an engine or a cluster has of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Any

from eflows_nb.errors import TaskDefinitionError

__all__ = ["USUAL", "Resources", "ScarceResourceWarning"]

_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}
_BINARY = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_MEMORY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resources:
    """Cores, memory and GPUs.

    Parameters
    ----------
    cores
        Number of processor cores.
    memory
        Bytes.
    gpus
        Number of GPUs.
    target
        Names of hosts, sorted: of a task those that may run it, where empty is any; of a cluster all it has.
    """

    cores: int = 1
    memory: int = 0
    gpus: int = 0
    target: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        cores: int | None = None,
        memory: float | str | None = None,
        gpus: int = 0,
        target: str | Sequence[str] | None = None,
    ) -> Resources:
        """Return the resources that these words of a user describe.

        Raises
        ------
        TaskDefinitionError
            For a number of cores below 1, of GPUs below 0, a memory that is no size, or hosts without names.
        """
        return cls(_count("cores", cores, 1), _bytes(memory), _count("gpus", gpus, 0), _names(target))

    def shares(self, share: Resources) -> int:
        """Return how many such shares of a machine are needed to have all this; at least one.

        What the share has nothing of is not counted: any number of them would not have it.
        """
        needed = 1
        for wanted, there in (
            (self.cores, share.cores),
            (self.memory, share.memory),
            (self.gpus, share.gpus),
        ):
            if wanted > there > 0:
                needed = max(needed, ceil(wanted / there))
        return needed

    def lacking(self, there: Resources) -> str:
        """Return in words what is wanted and not there, empty when nothing is lacking."""
        lacks = []
        if self.cores > there.cores:
            lacks.append(f"{self.cores} cores of {there.cores}")
        if self.memory > there.memory:
            lacks.append(f"{_gigabytes(self.memory)} of memory of {_gigabytes(there.memory)}")
        if self.gpus > there.gpus:
            lacks.append(f"{self.gpus} GPUs of {there.gpus}")
        lacks = [" and ".join(lacks) + " that the largest host has"] if lacks else []
        if there.target and self.target and not set(self.target) & set(there.target):
            named, known = (map(repr, hosts) for hosts in (self.target, there.target))
            lacks.append(f"host {' or '.join(named)}, and there is only {', '.join(known)}")
        return " and ".join(lacks)


def _gigabytes(size: int) -> str:
    amount = size / 1e9
    return f"{amount:,.0f} GB" if amount >= 100 else f"{amount:.3g} GB"


def _count(word: str, given: int | None, least: int) -> int:
    if given is None:
        return least
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise TaskDefinitionError(f"{word}={given!r} is not a number of {word}. Give {least} or more.")
    return given


def _names(given: str | Sequence[str] | None) -> tuple[str, ...]:
    several = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
    names: tuple[Any, ...] = () if given is None else several
    if not all(isinstance(name, str) and name.strip() for name in names) or (given is not None and not names):
        raise TaskDefinitionError(
            f"target={given!r} names no host. Give the name of one, or a list of names, as for "
            "ef.start(hosts=[…])."
        )
    return tuple(sorted(set(names)))


def _bytes(given: float | str | None) -> int:
    if given is None:
        return 0
    if isinstance(given, (int, float)) and not isinstance(given, bool) and 0 <= given < inf:
        return int(given)
    match = _MEMORY.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise TaskDefinitionError(
            f"memory={given!r} is not a size. Give bytes, or a text such as '4 GB' or '512MiB'."
        )
    number, prefix, binary = match[1], match[2].lower(), match[3]
    return int(float(number) * (_BINARY[prefix] if binary and prefix else _UNITS[prefix]))


USUAL = Resources()
"""What a task needs whose function says nothing of it: whatever one engine has."""


class ScarceResourceWarning(UserWarning):
    """A task function asks for more than there is; its tasks run with what there is."""
