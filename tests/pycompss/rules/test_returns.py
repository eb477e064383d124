"""How many futures a call gives: what ``returns=`` says in any of its forms, or else the code."""

from __future__ import annotations

from typing import Any

import pytest

import eflows_nb as ef

COUNT = 3


@pytest.mark.holds_on_a_plain_pool("the one form of returns= that it knows")
def test_a_number_gives_as_many_futures(words: Any) -> None:
    """In a list, as in PyCOMPSs."""

    def divide(a: int, b: int) -> Any:
        return a // b, a % b

    quotient, remainder = words.task(returns=2)(divide)(17, 5)

    assert words.wait_on([remainder, quotient]) == [2, 3]


@pytest.mark.holds_on_a_plain_pool("one future is what it gives for anything that it does not understand")
@pytest.mark.parametrize("given", [int, "1", [int], (int,), 1])
def test_a_type_or_a_list_of_one_gives_one_future(words: Any, given: Any) -> None:
    """Whatever the type is."""

    def one() -> Any:
        return 5

    assert words.wait_on(words.task(returns=given)(one)()) in (5, [5])


@pytest.mark.breaks_by("TypeError")
@pytest.mark.parametrize("given", ["2", (int, str), [int, str]])
def test_a_text_or_types_say_how_many(words: Any, given: Any) -> None:
    """As the number does."""

    def two() -> Any:
        return 5, "a"

    first, second = words.task(returns=given)(two)()

    assert words.wait_on([second, first]) == ["a", 5]


@pytest.mark.parametrize("given", ["COUNT", "value_of(n)", "value_of(len(names))", "n"])
def test_the_number_may_depend_on_the_call(words: Any, given: str) -> None:
    """It is the value of a parameter, of an expression over parameters, or of a global variable."""
    numbers = words.task(returns=given)(_numbers)(3, "abc")

    assert isinstance(numbers, list)
    assert words.wait_on(numbers) == [0, 1, 2]


def _numbers(n: int, names: str) -> Any:
    return list(range(n))


def test_without_it_the_code_says_how_many(words: Any) -> None:
    """A tuple counts its items; what functions inside return does not count."""

    def nothing(x: list[int]) -> Any:
        def inner() -> int:
            return 1

        x.append(inner())

    def one() -> Any:
        return 1

    def two() -> Any:
        return 1, 2

    assert words.task()(nothing)([]) is None
    assert words.wait_on(words.task()(one)()) == 1
    first, second = words.task()(two)()
    assert words.wait_on([first, second]) == [1, 2]


@pytest.mark.breaks_by("TypeError")
def test_a_call_may_say_how_many(words: Any) -> None:
    """For itself, whatever others say or do not say."""
    numbers = words.task(returns=1)(_numbers)

    assert words.wait_on(numbers(2, "")) == [0, 1]
    assert words.wait_on(numbers(3, "", returns=3)[1]) == 1
    assert words.wait_on(numbers(2, "")) == [0, 1]


def test_a_form_that_leads_nowhere_is_explained(words: Any) -> None:
    """With the function and what was given."""
    with pytest.raises(
        ef.TaskDefinitionError, match=r"returns='value_of\(m\)' of '_numbers' does not lead to"
    ):
        words.task(returns="value_of(m)")(_numbers)(3, "")


@pytest.mark.breaks_by("AttributeError")
def test_a_class_with_tasks_gives_an_object_whose_methods_can_be_called(words: Any) -> None:
    """It stands for the result until that is waited for."""

    class Counter:
        def __init__(self) -> None:
            self.count = 0

        @words.task()
        def up(self) -> None:
            self.count += 1

    def make() -> Any:
        made = Counter()
        made.count = 10
        return made

    counter = words.task(returns=Counter)(make)()
    counter.up()

    assert words.wait_on(counter).count == 11


def test_a_result_may_become_an_argument(words: Any) -> None:
    """The same object stands for it, from one task to the next."""

    def double(x: list[int]) -> Any:
        return x * 2

    twice = words.task(returns="{{x}}")(double)
    x = [1]

    assert twice(x) is x
    assert twice(twice(x)) is x
    assert words.wait_on(x) == [1] * 8
    assert x == [1]
