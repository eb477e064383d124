"""Futures: what stands for a result that may not be there yet."""

from __future__ import annotations

import html
import threading
from collections.abc import Generator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from eflows_nb.engine import failure, store
from eflows_nb.engine.worker import inside_task
from eflows_nb.errors import (
    ClusterError,
    EflowsError,
    EngineLostError,
    ForeignFutureError,
    TaskCancelledError,
    TaskFailedError,
    TaskTimeOutError,
)
from eflows_nb.tasks.data import PENDING, Broken, Datum
from eflows_nb.tasks.shown_state import ShownState
from eflows_nb.tasks.state import TaskState

if TYPE_CHECKING:
    from eflows_nb.runtime.session import Session

__all__ = ["Future", "Reference", "pickling", "raise_broken"]


class _Pickling(threading.local):
    """How futures appear in what this thread pickles."""

    found: list[Datum] | None = None
    """While arguments are pickled, takes the data that futures stand for; else None."""
    names: Mapping[Datum, str] | None = None
    """Names by which they appear instead of their numbers, which differ from one session to the next."""
    private = False
    """Whether the task gets copies that it may write to."""


pickling = _Pickling()


class Future:
    """Stands for a result of a task; pass it to other tasks, or wait for it.

    Futures are made by calling task functions, not by users.
    """

    __slots__ = ("__weakref__", "_session", "datum")

    def __init__(self, session: Session | None, datum: Datum) -> None:
        self._session = session
        self.datum = datum

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the result and return it.

        Parameters
        ----------
        timeout
            Seconds to wait at most; None waits as long as it takes.

        Raises
        ------
        WaitTimeoutError
            When it did not come in time; the task goes on.
        TaskCancelledError
            When the task was cancelled, or something that it reads failed.
        Exception
            Whatever the task function raised.
        """
        __tracebackhide__ = True
        return self.session.wait_on(self, timeout=timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end of the task, and return what `result` would raise, or None.

        The value of a task that has ended well is not waited for.

        Raises
        ------
        WaitTimeoutError
            When the task did not end in time; it goes on.
        """
        session = self._session
        if session is not None and self.datum.value is PENDING:
            next(session.as_completed([self], timeout))
        if type(self.datum.value) is not Broken and not isinstance(self.datum.value, EflowsError):
            return None
        try:
            self.result()
        except Exception as error:  # noqa: BLE001 - whatever the task has raised
            return error
        return None

    def done(self) -> bool:
        """Return whether the task has ended, in whatever way."""
        if self.datum.value is PENDING and self._session is not None:
            self._session.progress()
        return self.datum.value is not PENDING

    def cancel(self) -> bool:
        """Cancel the task, and return whether it had not ended yet."""
        return self.session.cancel([self]) > 0

    @property
    def failed(self) -> bool:
        """Whether the task has failed, or one that it reads from, and nothing else is made of that."""
        value = self.datum.value
        if type(value) is not Broken or value.is_expected:
            return False
        return (value.cause or value).failure is not None

    @property
    def state(self) -> TaskState:
        """Where the task is on its way."""
        value = self.datum.value
        if value is PENDING:
            return self.datum.producer.state if self.datum.producer is not None else TaskState.WAITING
        if type(value) is Broken:
            return TaskState.CANCELLED if value.failure is None else TaskState.FAILED
        return TaskState.DONE

    @property
    def shown_state(self) -> ShownState:
        """The same for people: a task that its engine has behind others is not said to run."""
        state, task = self.state, self.datum.producer
        if state is TaskState.RUNNING and task is not None and self._session is not None:
            return ShownState.RUNNING if self._session.has_begun(task) else ShownState.SENT
        return ShownState(state)

    @property
    def is_own(self) -> bool:
        """Whether it belongs to a session of this process."""
        return self._session is not None

    @property
    def session(self) -> Session:
        """The session whose task it stands for; one that came by a pickle has none, and is refused."""
        if self._session is None:
            raise self.datum.value
        return self._session

    def __await__(self) -> Generator[Any, None, Any]:
        return self.session.awaited(self).__await__()

    def __reduce__(self) -> tuple[Any, ...]:
        found = pickling.found
        if found is None:
            return _foreign, (repr(self),)
        if self._session is None:
            raise ForeignFutureError(_foreign_text(self.datum.number))
        found.append(self.datum)
        return _refer(store.fetch, self.datum)

    def __copy__(self) -> Future:
        return self

    def __deepcopy__(self, _memo: Any) -> Future:
        return self

    def __repr__(self) -> str:
        return f"<Future {self._describe()}>"

    def _describe(self) -> str:
        datum = self.datum
        task = datum.producer if datum.value is PENDING else getattr(datum.value, "task", None)
        name = f"{task.code.name} " if task is not None else ""
        state = self.shown_state
        word = {ShownState.RUNNING: "on", ShownState.SENT: "to"}.get(state)
        where = f" {word} engine {task.engine}" if task is not None and word else ""
        return f"{name}#{datum.number}: {state}{where}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        described = self._describe()
        state, text = self.shown_state, html.escape(described)
        return {
            "text/plain": f"<Future {described}>",
            "text/html": f'<code class="eflows-future" data-state="{state}">Future {text}</code>',
        }


class Reference:
    """Takes the place of an argument while the arguments are pickled, and becomes its datum on the engine."""

    __slots__ = ("_datum", "writable")

    def __init__(self, datum: Datum, *, writable: bool = False) -> None:
        self._datum = datum
        self.writable = writable
        """Whether the task may write to it."""

    def __reduce__(self) -> tuple[Any, ...]:
        assert pickling.found is not None
        pickling.found.append(self._datum)
        return _refer(store.fetch_writable if self.writable else store.fetch, self._datum)


def _refer(fetch: Any, datum: Datum) -> tuple[Any, ...]:
    if pickling.private:
        fetch = store.fetch_writable
    if pickling.names is None:
        return fetch, (datum.number,)
    name = pickling.names.get(datum)
    if name is None:
        raise TypeError(f"the datum #{datum.number} has no name")
    return fetch, (name,)


def _foreign_text(number: int) -> str:
    if inside_task():
        return (
            f"The future #{number} came to this task with its function, which uses it as a global name, as a "
            "default or from around it, and not as an argument. Pass it as an argument: the task waits for "
            "its result then, and gets that."
        )
    return (
        f"The future #{number} belongs to another session: it came here through a pickle, and its task is "
        "not known here. Pickle results, not futures."
    )


def _foreign(description: str) -> Future:
    number = int(description.partition("#")[2].partition(":")[0])
    datum = Datum(number)
    datum.value = ForeignFutureError(_foreign_text(number))
    return Future(None, datum)


def raise_broken(broken: Broken | EflowsError) -> Any:
    """Raise what a broken datum stands for: the task's own exception with its traceback, or a reason."""
    __tracebackhide__ = True
    if isinstance(broken, EflowsError):
        raise broken
    broken.see()
    task = broken.task
    if broken.failure is not None:
        raise _restored(broken)
    text = f"Task '{task.code.name}' #{task.number} was cancelled: {broken.reason}."
    if broken.cause is not None and broken.cause.failure is not None:
        broken.cause.see()
        raise TaskCancelledError(text) from _restored(broken.cause)
    raise TaskCancelledError(text)


def _restored(broken: Broken) -> BaseException:
    told = broken.failure
    if told.exception is None:
        kind = {kind.__name__: kind for kind in (ClusterError, EngineLostError, TaskTimeOutError)}.get(
            told.kind, TaskFailedError
        )
        if kind is not TaskFailedError:
            return kind(told.message)
    error, trace = failure.restore(told)
    where = f"In task '{broken.task.code.name}' #{broken.task.number}, on engine {broken.task.engine}."
    if error is None:
        error = TaskFailedError(
            f"{told.kind}: {told.message}\n{where} The exception itself cannot be brought here:\n"
            f"{told.traceback}"
        )
    else:
        with suppress(Exception):  # the exception's own code may run here: it is raised without a note then
            BaseException.add_note(error, where)
    return error.with_traceback(trace)
