"""Directions of parameters, methods and what collects arguments."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from pycompss.api.api import compss_delete_object, compss_wait_on
from pycompss.api.parameter import (
    COLLECTION_IN,
    COLLECTION_OUT,
    COMMUTATIVE,
    DICTIONARY_INOUT,
    IN,
    IN_DELETE,
    INOUT,
    Depth,
    Type,
)
from pycompss.api.task import task

import eflows_nb as ef
from eflows_nb.pycompss.refusal import UnexpectedArgumentWarning


class Base:
    """A class with tasks."""

    def __init__(self) -> None:
        self.count = 0

    @task()
    def up(self, by: int = 1) -> None:
        """Change the object: without target_direction that is so."""
        self.count += by

    @task(returns=int, target_direction=IN)
    def read(self) -> Any:
        """Only read it."""
        return self.count

    @staticmethod
    @task(returns=1)
    def square(x: int) -> Any:
        """Belong to the class only."""
        return x * x

    @classmethod
    @task(returns=1)
    def name(cls) -> Any:
        """Know the class."""
        return cls.__name__


class Derived(Base):
    """Inherits them."""


@task(x=INOUT)
def change(x: list[int]) -> None:
    """Change the argument."""
    x.append(1)


@task(out=COLLECTION_OUT)
def fill(out: Any) -> None:
    """Put something in each slot of the second level."""
    for row in out:
        for place in range(len(row)):
            row[place] = np.full(2, place)


@task(returns=1, items={Type: COLLECTION_IN, Depth: 2})
def add_up(items: Any) -> Any:
    """Return the sum of all items."""
    return sum(item.sum() for row in items for item in row)


def test_a_method_changes_its_object_by_default() -> None:
    """Methods of a derived class, static and class methods are tasks too."""
    counter = Derived()
    counter.up()
    counter.up(by=4)

    assert compss_wait_on(counter.read()) == 5
    assert compss_wait_on(counter).count == 5
    assert compss_wait_on(Derived.square(3)) == 9
    assert compss_wait_on(counter.name()) == "Derived"


def test_collections_have_all_their_levels_without_a_depth() -> None:
    """What is no list is an item; a slot that is reassigned has the new item."""
    rows = [[object(), object()], [object()]]
    fill(rows)

    assert compss_wait_on(rows[0][1]).tolist() == [1, 1]
    assert compss_wait_on(add_up(rows)) == 2


def test_arrays_of_objects_are_collections() -> None:
    """Also slices of them."""
    rows = np.array([[object(), object()], [object(), object()]], dtype=object)
    fill(rows)

    assert compss_wait_on(add_up(rows[:, 1:])) == 4


def test_a_dictionary_is_changed_by_value() -> None:
    """Each value has versions of its own."""

    @task(table=DICTIONARY_INOUT)
    def double(table: dict[str, Any]) -> None:
        for key in table:
            table[key] = table[key] * 2

    table = {"a": np.ones(1)}
    double(table)

    assert compss_wait_on(table)["a"].tolist() == [2]


def test_the_order_of_commutative_tasks_does_not_matter() -> None:
    """All have had their say when somebody reads."""

    @task(total=COMMUTATIVE)
    def add(total: list[int], x: int) -> None:
        total.append(x)

    total: list[int] = []
    for x in range(4):
        add(total, x)

    assert sorted(compss_wait_on(total)) == [0, 1, 2, 3]


def test_what_was_read_for_the_last_time_or_deleted_is_as_it_was_here() -> None:
    """Its versions are forgotten."""

    @task(x=IN_DELETE, returns=1)
    def last(x: list[int]) -> Any:
        return len(x)

    x: list[int] = []
    change(x)
    assert compss_wait_on(last(x)) == 1
    assert compss_wait_on(x) == []
    change(x)
    assert compss_delete_object(x) is True
    assert compss_wait_on(x) == []


def test_arguments_of_any_form_reach_the_function() -> None:
    """Positional, by name, by default, collected."""

    @task(returns=1)
    def form(a: int, b: int = 2, *rest: int, c: int = 3, **more: int) -> Any:
        return a, b, rest, c, more

    assert compss_wait_on(form(1)) == (1, 2, (), 3, {})
    assert compss_wait_on(form(1, 5, 6, 7, c=8, d=9)) == (1, 5, (6, 7), 8, {"d": 9})


def test_what_is_collected_has_a_direction_too() -> None:
    """By varargs_type for all of it."""

    @task(varargs_type=INOUT)
    def change_all(*rest: list[int]) -> None:
        for one in rest:
            one.append(1)

    first: list[int] = []
    second: list[int] = []
    change_all(first, second)

    assert compss_wait_on(first) == compss_wait_on(second) == [1]


def test_an_argument_of_the_decorator_that_names_nothing_is_told() -> None:
    """The program runs on, as with PyCOMPSs."""
    with pytest.warns(
        UnexpectedArgumentWarning, match=r"@task\(pirority=…\) has no effect: 'f' has no such param"
    ):

        @task(pirority=True)
        def f(x: int) -> None: ...

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f(1)


def test_a_parameter_is_declared_in_the_words_of_pycompss() -> None:
    """Anything else is refused with an example."""
    with pytest.raises(TypeError, match=r"@task\(x='INOUT'\): a parameter is declared by IN, INOUT"):

        @task(x="INOUT")
        def f(x: int) -> None: ...


@pytest.mark.engines
def test_a_task_may_change_what_it_only_reads_and_nobody_sees_it() -> None:
    """Also a large array, which other task functions map and may not write to."""

    @task(returns=1)
    def spoil(x: Any) -> Any:
        x += 1
        return x[0]

    x = np.zeros(100_000)
    made = ef.task(np.zeros)(100_000)
    with ef.start(engines=1):
        assert compss_wait_on([spoil(x), spoil(x), spoil(made), spoil(made)]) == [1, 1, 1, 1]
    assert x[0] == 0


@pytest.mark.engines
def test_generators_and_functions_are_arguments_and_results() -> None:
    """A generator travels as what it gives."""

    @task(returns=1)
    def squares(numbers: Any, function: Any) -> Any:
        return (function(number) for number in numbers)

    with ef.start(engines=1):
        made = squares((number for number in range(4)), lambda number: number**2)
        assert list(compss_wait_on(made)) == [0, 1, 4, 9]
