"""PyCOMPSs' words on a plain thread pool: what programs of rules have to break on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any

__all__ = ["Order", "PlainPool"]


class Order(StrEnum):
    """An order in which a thread pool may run its tasks: it promises none."""

    EARLY = "early"
    """Each has ended before its call returns: a thread was idle, and the task is short."""
    LATE = "late"
    """They run when somebody waits, the first one first: the threads had other things to do."""
    LAST_FIRST = "last first"
    """They run when somebody waits, the last one of those that can run first."""


@dataclass(kw_only=True, eq=False)
class _Call:
    """A call of a function, and who waits for what it returns."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    futures: list[Future[Any]]

    @property
    def is_ready(self) -> bool:
        values = (*self.args, *self.kwargs.values())
        return all(value.done() for value in values if isinstance(value, Future))

    def run(self) -> None:
        try:
            args = [_value(value) for value in self.args]
            kwargs = {name: _value(value) for name, value in self.kwargs.items()}
            result = self.function(*args, **kwargs)
            results = [result] if len(self.futures) == 1 else list(result)
            for future, one in zip(self.futures, results, strict=True):
                future.set_result(one)
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            for future in self.futures:
                future.set_exception(error)


@dataclass
class PlainPool:
    """The words on a thread pool as one would write them in an hour: futures as arguments are waited for.

    What it knows of ``@task`` is ``returns=n``. Everything else is there and does what can be done without
    more: files are opened, groups are waited for.

    Parameters
    ----------
    order
        Which of its possible orders the pool has.
    """

    order: Order
    _held: list[_Call] = field(default_factory=list)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    def task(self, *given: Any, returns: Any = 1, **_: Any) -> Any:
        """Let calls of a function go to the pool."""

        def decorate(function: Any) -> Any:
            if isinstance(function, (staticmethod, classmethod)):
                return type(function)(decorate(function.__func__))

            @wraps(function)
            def submit(*args: Any, **kwargs: Any) -> Any:
                futures: list[Future[Any]] = [
                    Future() for _ in range(returns if isinstance(returns, int) else 1)
                ]
                self._held.append(_Call(function=function, args=args, kwargs=kwargs, futures=futures))
                if self.order is Order.EARLY:
                    self._run()
                return futures[0] if len(futures) == 1 else futures

            return submit

        return decorate(given[0]) if given else decorate

    def on_failure(self, **_: Any) -> Any:
        """Leave the function as it is."""
        return lambda function: function

    constraint = reduction = on_failure

    def wait_on(self, *values: Any) -> Any:
        """Return the results of futures, also of those in a list; anything else as it is."""
        found = [self._wait_on(value) for value in values]
        return found[0] if len(found) == 1 else found

    def _wait_on(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._wait_on(item) for item in value]
        if isinstance(value, Future):
            self._run()
        return _value(value)

    def barrier(self) -> None:
        """Wait for all tasks."""
        self._run()

    @contextmanager
    def group(self, name: str, implicit_barrier: bool = True) -> Iterator[None]:
        """Wait for all tasks at the end of the block."""
        yield
        if implicit_barrier:
            self._run()

    def barrier_group(self, name: str) -> None:
        """Wait for all tasks."""
        self._run()

    def cancel_group(self, name: str) -> None:
        """Do nothing: the pool has no groups."""

    def open(self, path: str, mode: str = "r") -> Any:
        """Open a file."""
        return Path(path).open(mode)

    def wait_on_file(self, *paths: Any) -> Any:
        """Return the names."""
        return paths[0] if len(paths) == 1 else list(paths)

    wait_on_directory = wait_on_file

    def file_exists(self, path: Any) -> Any:
        """Return whether a file is there."""
        return [self.file_exists(one) for one in path] if isinstance(path, list) else Path(path).exists()

    def delete_file(self, path: str) -> bool:
        """Remove a file."""
        Path(path).unlink(missing_ok=True)
        return True

    def delete_object(self, value: Any) -> bool:
        """Do nothing: the pool knows no objects."""
        return True

    def close(self) -> None:
        """Run what is left, and end the threads."""
        self._run()
        self._threads.shutdown()

    def _run(self) -> None:
        while ready := [call for call in self._held if call.is_ready]:
            call = ready[-1 if self.order is Order.LAST_FIRST else 0]
            self._held.remove(call)
            self._threads.submit(call.run).result()


def _value(given: Any) -> Any:
    return given.result() if isinstance(given, Future) else given
