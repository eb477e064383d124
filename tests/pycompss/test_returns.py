"""All forms of ``returns=``."""

from __future__ import annotations

from typing import Any

import pytest
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

import eflows_nb as ef

COUNT = 3


def test_a_number_gives_as_many_futures() -> None:
    """In a list, as in PyCOMPSs."""

    @task(returns=2)
    def divide(a: int, b: int) -> Any:
        return a // b, a % b

    assert compss_wait_on(divide(17, 5)) == [3, 2]


@pytest.mark.parametrize("given", [int, "1", [int], (int,), 1])
def test_a_type_or_a_list_of_one_gives_one_future(given: Any) -> None:
    """Whatever the type is."""

    @task(returns=given)
    def one() -> Any:
        return 5

    assert compss_wait_on(one()) in (5, [5])


@pytest.mark.parametrize("given", ["COUNT", "value_of(n)", "value_of(len(names))"])
def test_the_number_may_depend_on_the_call(given: str) -> None:
    """It is the value of a parameter, of an expression over parameters, or of a global variable."""

    @task(returns=given)
    def numbers(n: int, names: str) -> Any:
        return list(range(n))

    assert compss_wait_on(numbers(3, "abc")) == [0, 1, 2]


def test_without_it_the_code_says_how_many() -> None:
    """A tuple counts its items; what functions inside return does not count."""

    @task()
    def nothing(x: list[int]) -> Any:
        def inner() -> int:
            return 1

        x.append(inner())

    @task()
    def one() -> Any:
        return 1

    @task()
    def two() -> Any:
        return 1, 2

    assert nothing([]) is None
    assert compss_wait_on(one()) == 1
    assert compss_wait_on(two()) == [1, 2]


def test_a_form_that_leads_nowhere_is_explained() -> None:
    """With the function and what was given."""

    @task(returns="value_of(m)")
    def numbers(n: int) -> Any:
        return n

    with pytest.raises(
        ef.TaskDefinitionError, match=r"returns='value_of\(m\)' of 'numbers' does not lead to"
    ):
        numbers(3)


def test_a_class_with_tasks_gives_an_object_whose_methods_can_be_called() -> None:
    """It stands for the result until that is waited for."""

    class Counter:
        def __init__(self) -> None:
            self.count = 0

        @task()
        def up(self) -> None:
            self.count += 1

    @task(returns=Counter)
    def make() -> Any:
        made = Counter()
        made.count = 10
        return made

    counter = make()
    counter.up()

    assert compss_wait_on(counter).count == 11


def test_a_result_may_become_an_argument() -> None:
    """The same object stands for it, from one task to the next."""

    @task(returns="{{x}}")
    def double(x: list[int]) -> Any:
        return x * 2

    x = [1]
    assert double(x) is x
    assert double(double(x)) is x
    assert compss_wait_on(x) == [1] * 8
