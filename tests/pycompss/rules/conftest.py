"""What the programs of the rules run on: this package in both ways, and a plain thread pool.

Each test is a program over `words`. Here it has to hold, inline and on engines. On a plain thread pool it has
to break, in one of the orders that such a pool may have, or it would not show its rule. A program that holds
there says why by ``@pytest.mark.holds_on_a_plain_pool("…")``, and has to do so in every order; one that
cannot be run there by ``@pytest.mark.not_for_a_plain_pool("…")``. One that breaks by another exception
than that of an assertion names it: ``@pytest.mark.breaks_by("TypeError")``. One that needs engines says so by
``@pytest.mark.not_inline("…")``.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any, Protocol

import pytest
from pycompss.api import api
from pycompss.api.constraint import constraint
from pycompss.api.on_failure import on_failure
from pycompss.api.reduction import reduction
from pycompss.api.task import task

import eflows_nb as ef

Decorator = Callable[..., Any]


class Words(Protocol):
    """What a program says, in the names of PyCOMPSs without their prefix."""

    task: Decorator
    on_failure: Decorator
    constraint: Decorator
    reduction: Decorator
    group: Callable[..., Any]

    def wait_on(self, *values: Any) -> Any:
        """Return values in the place of futures, and the newest version of objects."""

    def barrier(self) -> None:
        """Wait for all tasks."""

    def barrier_group(self, name: str) -> None:
        """Wait for the tasks of a group."""

    def cancel_group(self, name: str) -> None:
        """Cancel the tasks of a group."""

    def open(self, path: str, mode: str = "r") -> Any:
        """Open a file."""

    def wait_on_file(self, *paths: Any) -> Any:
        """Wait for files, and return their names."""

    def wait_on_directory(self, *paths: Any) -> Any:
        """Wait for folders, and return their names."""

    def file_exists(self, *paths: Any) -> Any:
        """Return whether files are there, or will be."""

    def delete_file(self, path: str) -> bool:
        """Remove a file."""

    def delete_object(self, value: Any) -> bool:
        """Let go of an object."""


@dataclass(frozen=True, slots=True)
class Ours:
    """The words of this package.

    Parameters
    ----------
    on_engines
        Whether tasks run on engines, or else where they are called.
    """

    on_engines: bool

    task = task
    on_failure = staticmethod(on_failure)
    constraint = staticmethod(constraint)
    reduction = staticmethod(reduction)
    group = api.TaskGroup
    wait_on = staticmethod(api.compss_wait_on)
    barrier = staticmethod(api.compss_barrier)
    barrier_group = staticmethod(api.compss_barrier_group)
    cancel_group = staticmethod(api.compss_cancel_group)
    open = staticmethod(api.compss_open)
    wait_on_file = staticmethod(api.compss_wait_on_file)
    wait_on_directory = staticmethod(api.compss_wait_on_directory)
    file_exists = staticmethod(api.compss_file_exists)
    delete_file = staticmethod(api.compss_delete_file)
    delete_object = staticmethod(api.compss_delete_object)


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


@contextmanager
def _inline() -> Iterator[Ours]:
    ef.stop()
    yield Ours(on_engines=False)


@contextmanager
def _engines() -> Iterator[Ours]:
    with ef.start(engines=2):
        yield Ours(on_engines=True)


@contextmanager
def _plain_pool() -> Iterator[None]:
    yield None


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(_inline, id="inline"),
        pytest.param(_engines, id="engines", marks=pytest.mark.engines),
        pytest.param(_plain_pool, id="plain pool"),
    ],
)
def system(request: pytest.FixtureRequest) -> Iterator[Ours | None]:
    """What the programs of all files run on, one after the other; None for a plain pool, new for each."""
    with request.param() as words:
        yield words


@pytest.fixture
def words(system: Ours | None, request: pytest.FixtureRequest) -> Iterator[Words | None]:
    """Return what a program says; at its end all its tasks have ended."""
    engines_only = request.node.get_closest_marker("not_inline")
    if engines_only and system is not None and not system.on_engines:
        pytest.skip(engines_only.args[0])
    yield system
    with suppress(Exception):
        ef.barrier(30)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End the engines after the last program, whichever were chosen to run."""
    if nextitem is None or "words" not in getattr(nextitem, "fixturenames", ()):
        ef.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a program on a plain pool in every order, and complain when it does not break, or was to hold."""
    given = pyfuncitem.funcargs
    if "words" not in given or given["words"] is not None:
        return None
    if never := pyfuncitem.get_closest_marker("not_for_a_plain_pool"):
        pytest.skip(never.args[0])
    arguments = {name: given[name] for name in pyfuncitem._fixtureinfo.argnames}
    broken = {order: _run_on_plain_pool(pyfuncitem, arguments, order) for order in Order}
    symptoms = {order: error for order, error in broken.items() if error is not None}
    holds = pyfuncitem.get_closest_marker("holds_on_a_plain_pool")
    if holds and symptoms:
        pytest.fail(f"It is said to hold on a plain pool ({holds.args[0]}), and does not: {symptoms!r}")
    if not holds and not symptoms:
        pytest.fail("It holds on a plain pool too, and so shows no rule. Sharpen it, or say why it holds.")
    return True


def _run_on_plain_pool(
    item: pytest.Function, arguments: dict[str, Any], order: Order
) -> BaseException | None:
    """Return how a program breaks on a plain pool, None if it holds."""
    if "tmp_path" in arguments:
        folder = arguments["tmp_path"] / order
        folder.mkdir()
        arguments = {**arguments, "tmp_path": folder}
    declared = item.get_closest_marker("breaks_by")
    symptoms = [getattr(builtins, name) for name in declared.args] if declared else []
    pool = PlainPool(order)
    try:
        item.obj(**{**arguments, "words": pool})
    except (AssertionError, pytest.fail.Exception, *symptoms) as error:
        return error
    finally:
        pool.close()
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known that are used only here."""
    marks = (
        "holds_on_a_plain_pool(why)",
        "not_for_a_plain_pool(why)",
        "not_inline(why)",
        "breaks_by(*names)",
    )
    for mark in marks:
        config.addinivalue_line("markers", f"{mark}: see tests/pycompss/rules/conftest.py")
