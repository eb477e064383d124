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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

import pytest
from pycompss.api import api
from pycompss.api.constraint import constraint
from pycompss.api.on_failure import on_failure
from pycompss.api.reduction import reduction
from pycompss.api.task import task

import eflows_nb as ef
from tests.pycompss.plain_pool import Order, PlainPool

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
