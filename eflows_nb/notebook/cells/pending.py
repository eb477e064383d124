"""The names that task cells have bound and that may not have their values yet."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from typing import Any

from eflows_nb.notebook.cells.program import Layers, Untouched
from eflows_nb.notebook.cells.shipping import arriving_in
from eflows_nb.runtime import session
from eflows_nb.runtime.future import Future
from eflows_nb.tasks.data import PENDING, Broken

__all__ = ["ABSENT", "PendingNames"]

ABSENT = object()
"""The value of a name that is not there."""


class _Pending:
    """What stands in the notebook for a name, and what the name was before."""

    __slots__ = ("before", "cell", "earlier", "needs", "standing", "sure")

    def __init__(
        self,
        standing: Any,
        cell: str,
        before: Any,
        sure: bool,
        needs: frozenset[str],
        earlier: tuple[Any, _Pending | None] | None,
    ) -> None:
        self.earlier = earlier
        self.needs = needs
        self.standing = standing
        self.cell = cell
        self.before = before
        self.sure = sure


class PendingNames:
    """Names that task cells have bound.

    A name is pending as long as it refers to the future that its cell has put there: a name that the user
    binds to something else is the user's again.

    Parameters
    ----------
    home
        The names of the notebook.
    """

    def __init__(self, home: MutableMapping[str, Any]) -> None:
        self._home = home
        self._known: dict[str, _Pending] = {}

    def __contains__(self, name: object) -> bool:
        known = self._known.get(name) if isinstance(name, str) else None
        if known is None:
            return False
        if self._home.get(known_name := str(name), ABSENT) is known.standing:
            return True
        del self._known[known_name]
        return False

    def names(self) -> set[str]:
        """Return the pending names."""
        return {name for name in list(self._known) if name in self}

    def cell_of(self, name: str) -> str:
        """Return the name of the task cell that binds a pending name."""
        return self._known[name].cell

    def needs(self, name: str) -> frozenset[str]:
        """Return the names that a pending name may need, should it become a function."""
        return self._known[name].needs

    def bind(
        self, name: str, standing: Any, *, cell: str, sure: bool, needs: frozenset[str] = frozenset()
    ) -> None:
        """Let a name refer to a future, or a list of futures, of a task cell.

        Parameters
        ----------
        sure
            Whether the cell binds it in any case; if not, what it was before may become its value.
        needs
            Names that it may need, should it become a function.
        """
        before = ABSENT if sure else self.layers(name)
        earlier = self._home.get(name, ABSENT), self._known[name] if name in self else None
        self._home[name] = standing
        self._known[name] = _Pending(standing, cell, before, sure, needs, earlier)

    def replace(self, old: Any, new: Any) -> None:
        """Let the name that refers to one future refer to another."""
        for name in self.names():
            if self._known[name].standing is old:
                self._home[name] = self._known[name].standing = new

    def take_back(self, name: str, futures: Iterable[Future]) -> None:
        """Let a name be what it was before tasks bound it that have failed or were cancelled.

        Parameters
        ----------
        futures
            The results of those tasks.
        """
        known = self._known[name] if name in self else None
        while known is not None and _is_broken(known.standing) and known.earlier is not None:
            value, below = known.earlier
            if any(future in futures for future in _futures(known.standing)):
                if value is ABSENT:
                    del self._home[name]
                else:
                    self._home[name] = value
                if below is not None:
                    self._known[name] = below
                else:
                    del self._known[name]
                return
            known = below

    def keep(self, names: Iterable[str]) -> None:
        """Forget what names were before tasks bound them that are done."""
        for name in names:
            known = self._known.get(name)
            while known is not None and known.earlier is not None:
                if all(future.state.has_result for future in _futures(known.standing)):
                    known.earlier = None
                    break
                known = known.earlier[1]

    def layers(self, name: str) -> Any:
        """Return what a name stands for: its value or future, or `Layers` of what it may turn out to be."""
        if name not in self:
            return self._home.get(name, ABSENT)
        known = self._known[name]
        if known.sure:
            return known.standing
        below = known.before
        return Layers(
            (known.standing, *(below if type(below) is Layers else () if below is ABSENT else (below,)))
        )

    def has_come(self, name: str) -> bool:
        """Return whether the task behind a pending name has ended."""
        return all(future.datum.value is not PENDING for future in _futures(self.layers(name)))

    def tasks(self, names: Iterable[str]) -> list[Future]:
        """Return the futures behind pending names."""
        return [future for name in names for future in _futures(self.layers(name))]

    def failed(self, names: Iterable[str]) -> list[str]:
        """Return those of these pending names whose values will never come."""
        return [name for name in names if _is_broken(self.layers(name))]

    def settle(self, names: Iterable[str]) -> None:
        """Wait for pending names and put their values in their place.

        Raises
        ------
        TaskCancelledError
            When a task was cancelled.
        Exception
            Whatever a task raised.
        """
        __tracebackhide__ = True
        wanted = sorted(name for name in names if name in self)
        standing = {name: self.layers(name) for name in wanted}
        with arriving_in(self._home):  # type: ignore[arg-type]
            values = session.current().wait_on(standing)
        for name, value in values.items():
            if name not in self:
                continue
            del self._known[name]
            value = value.top() if type(value) is Layers else value
            if type(value) is Untouched:
                self._home.pop(name, None)
            else:
                self._home[name] = value

    def settle_those_that_come(self, names: Iterable[str]) -> None:
        """Wait for pending names, and put those values in their place that come; leave the rest."""
        wanted = sorted(name for name in names if name in self)
        try:
            self.settle(wanted)
        except Exception:  # noqa: BLE001 - one of them has no value; whoever reads it is told
            for name in wanted:
                with suppress(Exception):
                    self.settle([name])


def _is_broken(standing: Any) -> bool:
    return any(type(future.datum.value) is Broken for future in _futures(standing))


def _futures(standing: Any) -> list[Future]:
    if type(standing) is Future:
        return [standing]
    if isinstance(standing, (list, Layers)):
        return [future for item in standing for future in _futures(item)]
    return []
