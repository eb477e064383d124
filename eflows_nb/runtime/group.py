"""Task groups: tasks that belong together, waited for and cancelled as one."""

from __future__ import annotations

from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING

from eflows_nb.runtime.future import Future

if TYPE_CHECKING:
    from eflows_nb.runtime.session import Session

__all__ = ["Group", "in_groups", "join_groups"]

_groups: ContextVar[tuple[Group, ...]] = ContextVar("eflows_groups", default=())


in_groups = _groups.get
"""Returns the groups that a new task would belong to."""


def join_groups(future: Future) -> None:
    """Let a new task belong to the groups whose blocks are open here."""
    for group in _groups.get():
        group._futures.append(future)


class Group:
    """Tasks that belong together: those submitted within the block.

    At its end the block waits for them all. When one fails, the others are cancelled, and its exception is
    raised; so are they when the block itself raises.

    Parameters
    ----------
    session
        Where the tasks run.
    name
        For people.

    Examples
    --------
    >>> import eflows_nb as ef
    >>> square = ef.task(lambda x: x * x)
    >>> with ef.group("squares") as squares:
    ...     futures = ef.map(square, range(3))
    >>> len(squares), ef.wait_on(futures)
    (3, [0, 1, 4])
    """

    def __init__(self, session: Session, name: str = "") -> None:
        self.name = name
        self._session = session
        self._futures: list[Future] = []
        self._token: Token[tuple[Group, ...]] | None = None

    def __len__(self) -> int:
        return len(self._futures)

    def __repr__(self) -> str:
        return f"<group {self.name!r}: {len(self)} tasks>"

    def __enter__(self) -> Group:
        self.open()
        return self

    def open(self) -> None:
        """From now on tasks belong to this group, until it is closed."""
        self._token = _groups.set((*_groups.get(), self))

    def close(self) -> None:
        """Tasks that come now do not belong to it."""
        if self._token is not None:
            _groups.reset(self._token)
            self._token = None

    @property
    def futures(self) -> tuple[Future, ...]:
        """The futures of its tasks, one for each, in the order of submission."""
        return tuple(self._futures)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if error is not None:
            self.cancel()
        else:
            self.wait()

    def cancel(self) -> int:
        """Cancel the tasks that have not ended, and return how many those were."""
        return self._session.cancel(self._futures)

    def wait(self, timeout: float | None = None) -> None:
        """Wait for all tasks of the group.

        Raises
        ------
        WaitTimeoutError
            When they did not end within `timeout` seconds.
        Exception
            What the first task raised that failed; the others are cancelled then.
        TaskCancelledError
            When a task reads from one outside the group that failed, with that as its cause.
        """
        __tracebackhide__ = True
        for future in self._session.as_completed(self._futures, timeout):
            if future.failed:
                self.cancel()
                self._cause_of(future).result()

    def _cause_of(self, future: Future) -> Future:
        """Return the task of the group for which this one was cancelled, itself when there is none."""
        cause = future.datum.value.cause
        if cause is None:
            return future
        return next((other for other in self._futures if other.datum.value is cause), future)
