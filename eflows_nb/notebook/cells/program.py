"""The code of a task cell on its way to an engine, and what comes back besides its values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Layers", "Program", "Shown", "Untouched"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """What a task of a cell runs.

    Parameters
    ----------
    source
        The cell in Python, with its lines where they are in the cell.
    flags
        Compiler flags of the notebook, such as those of ``from __future__`` imports.
    folded
        Whether the code is a function and its calls for the items of a list: the task runs the body.
    mapped
        Whether its outputs are items of lists.
    skipped
        Positions of the statements that ran in the notebook already.
    direct
        Names of the inputs that come as arguments of their own, in their order.
    outputs
        Names whose values the task gives back, in their order.
    writes
        Inputs that it may change in place.
    binds
        Names that its code may bind or delete; None where they cannot be known.
    rebound
        Those of its outputs that functions of the notebook may bind when they are called.
    shows
        Whether the value of its last expression is shown.
    ranks
        On how many MPI processes it runs; 0 for none.
    cores
        How many cores each of them has.
    salt
        Makes two executions different, so that no result of an earlier one is taken for it.
    """

    source: str
    flags: int = 0
    folded: bool = False
    mapped: bool = False
    skipped: tuple[int, ...] = ()
    direct: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    writes: frozenset[str] = frozenset()
    binds: frozenset[str] | None = None
    rebound: frozenset[str] = frozenset()
    shows: bool = True
    ranks: int = 0
    cores: int = 1
    salt: str = ""


class Untouched:
    """The value of an output that the cell did not bind; with ``deleted`` it removed the name."""

    __slots__ = ("deleted",)

    def __init__(self, deleted: bool = False) -> None:
        self.deleted = deleted

    def __reduce__(self) -> tuple[Any, ...]:
        return Untouched, (self.deleted,)


class Layers(tuple[Any, ...]):
    """The values that a name may have, the newest first: the first that is not `Untouched` counts."""

    __slots__ = ()

    def top(self) -> Any:
        """Return the one that counts, an `Untouched` when there is none."""
        for value in self:
            if type(value) is not Untouched or value.deleted:
                return value
        return Untouched(deleted=True)


@dataclass(kw_only=True, slots=True)
class Shown:
    """What stands in a task cell when its task has ended.

    Parameters
    ----------
    bundles
        Data and metadata of mime bundles; none where they were told and are not kept.
    told
        Name of the output area where they came while the task ran; empty where they did not.
    """

    bundles: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    told: str = ""
