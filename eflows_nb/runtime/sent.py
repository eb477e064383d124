"""Which engines have been sent the code of which functions, and what of it they can forget."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterable

from eflows_nb.tasks.task import FunctionCode

__all__ = ["SentCode"]


class SentCode:
    """Notices when nobody in the client has the code of a function any more: no task will need it.

    Parameters
    ----------
    forget
        Is told the number of each such function.
    """

    def __init__(self, forget: Callable[[int], None]) -> None:
        self._forget = forget
        self._engines: dict[int, set[int]] = {}
        self._watched: dict[int, weakref.ref[FunctionCode]] = {}
        self._gone: deque[int] = deque()  # filled from whatever thread lets go of a code
        self._unneeded: dict[int, list[int]] = {}

    def note(self, engine: int, codes: Iterable[FunctionCode]) -> None:
        """An engine is sent these."""
        for code in codes:
            number = code.number
            if number not in self._engines:
                self._engines[number] = set()
                self._watched[number] = weakref.ref(code, lambda _, number=number: self._gone.append(number))  # type: ignore[misc]
            self._engines[number].add(engine)

    def unneeded(self, engine: int) -> list[int]:
        """Return the numbers of what an engine can forget, each once."""
        while self._gone:
            number = self._gone.popleft()
            del self._watched[number]
            self._forget(number)
            for holder in self._engines.pop(number):
                self._unneeded.setdefault(holder, []).append(number)
        return self._unneeded.pop(engine, []) if self._unneeded else []

    def engine_down(self, engine: int) -> None:
        """An engine is gone, with all that it was sent."""
        self._unneeded.pop(engine, None)
        for engines in self._engines.values():
            engines.discard(engine)
