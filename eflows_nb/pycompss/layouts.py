"""Which items of a collection each process of an MPI task gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eflows_nb.errors import TaskDefinitionError

__all__ = ["Layout"]

_WORDS = ("block_count", "block_length", "stride")


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Blocks of a collection, dealt out to the processes in turn.

    Parameters
    ----------
    block_count
        Number of blocks, None for as many as there are processes.
    block_length
        Items of a block.
    stride
        Items from the beginning of one block to that of the next.
    """

    block_count: int | None = None
    block_length: int = 1
    stride: int = 1

    @classmethod
    def of(cls, name: str, given: Any) -> Layout:
        """Return what is given as ``<parameter>_layout`` of ``@mpi``.

        Raises
        ------
        TaskDefinitionError
            For something else than a dictionary of these numbers, or lengths and strides without a number of
            blocks.
        """
        is_one = isinstance(given, Mapping) and set(given) <= set(_WORDS)
        if not is_one or not all(isinstance(number, int) for number in given.values()):
            raise TaskDefinitionError(
                f"@mpi({name}={given!r}) is no layout. Give a dictionary such as "
                "{block_count: 4, block_length: 2, stride: 2}."
            )
        numbers = {word: number for word, number in given.items() if number != -1}
        if numbers and "block_count" not in numbers:
            raise TaskDefinitionError(
                f"@mpi({name}={given!r}) does not say how many blocks: give block_count."
            )
        return cls(**numbers)

    def part(self, items: Sequence[Any], rank: int, size: int) -> Any:
        """Return the items of one of `size` processes: a list, or the item itself where there is just one.

        Examples
        --------
        >>> Layout(block_count=4, block_length=2, stride=1).part("abcde", 1, 4)
        ['b', 'c']
        >>> [Layout(block_count=3).part("abc", rank, 2) for rank in range(2)]
        [['a', 'c'], 'b']
        """
        count = size if self.block_count is None else self.block_count
        starts = [block * self.stride for block in range(rank, count, size)]
        found = [item for start in starts for item in items[start : start + self.block_length]]
        return found[0] if len(starts) * self.block_length == 1 and found else found
