"""Which cell submitted which tasks, as far as front ends tell."""

from __future__ import annotations

__all__ = ["CellExecutions"]


class CellExecutions:
    """The ids of cells by the numbers of their executions, which tasks bear.

    Of more than `limit` executions those are forgotten that were first, but not the last one of a cell: its
    strip is shown as long as the cell is there.

    Parameters
    ----------
    limit
        How many are remembered.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._cells: dict[int, str] = {}
        self._last: dict[str, int] = {}

    def note(self, origin: int, cell: str) -> None:
        """Note that an execution, later than all before, is of this cell."""
        self._cells[origin] = cell
        self._last[cell] = origin
        if len(self._cells) > self._limit:
            self._forget()

    def known(self) -> dict[int, str]:
        """Return the id of the cell of each execution."""
        return self._cells.copy()

    def last(self) -> dict[str, int]:
        """Return the last execution of each cell."""
        return self._last.copy()

    def _forget(self) -> None:
        """Make room, for the next ones too; the last executions of cells go only when there are no others."""
        last = set(self._last.values())
        spare = self._limit - self._limit // 10
        earlier = [origin for origin in self._cells if origin not in last]
        gone = [*earlier, *sorted(last)][: len(self._cells) - spare]
        for origin in gone:
            cell = self._cells.pop(origin)
            if self._last[cell] == origin:
                del self._last[cell]
