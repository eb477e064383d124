"""A task is called as any function; what it collects has a direction for each argument."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pycompss.api.parameter import FILE_INOUT, INOUT


@pytest.mark.holds_on_a_plain_pool("Python itself binds arguments to parameters")
def test_arguments_of_any_form_reach_the_function(words: Any) -> None:
    """Positional, by name, by default, collected."""

    def form(a: int, b: int = 2, *rest: int, c: int = 3, **more: int) -> Any:
        return a, b, rest, c, more

    task = words.task(returns=1)(form)

    assert words.wait_on(task(1)) == (1, 2, (), 3, {})
    assert words.wait_on(task(1, 5, 6, 7, c=8, d=9)) == (1, 5, (6, 7), 8, {"d": 9})


def test_a_call_that_the_function_does_not_take_is_refused_at_once(words: Any) -> None:
    """Where it is made, not where somebody waits."""

    def change(x: list[int]) -> None: ...

    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        words.task(x=INOUT)(change)()


def test_each_of_many_arguments_has_the_direction_of_all(words: Any) -> None:
    """By varargs_type."""

    def change(*rest: list[int]) -> None:
        for number, one in enumerate(rest):
            one.append(number)

    first: list[int] = []
    second: list[int] = []
    words.task(varargs_type=INOUT)(change)(first, second)

    assert words.wait_on(first, second) == [[0], [1]]
    assert first == second == []


def test_each_of_many_arguments_by_name_has_its_direction(words: Any) -> None:
    """That of the parameter which collects them."""

    def change(**more: list[int]) -> None:
        for one in more.values():
            one.append(1)

    x: list[int] = []
    words.task(more=INOUT)(change)(a=x, b=[])

    assert words.wait_on(x) == [1]
    assert x == []


def test_an_argument_that_is_collected_may_have_a_direction_of_its_own(words: Any, tmp_path: Path) -> None:
    """By its name; the others are read, and stay what they are."""

    def change(**more: Any) -> Any:
        Path(more["log"]).write_text(Path(more["log"]).read_text() + more["text"])
        more["items"].append(1)
        more["seen"].append(2)
        return more["text"]

    log = tmp_path / "log"
    log.write_text("begin ")
    items: list[int] = []
    seen: list[int] = []
    task = words.task(log=FILE_INOUT, items=INOUT, returns=1)(change)
    made = [task(log=str(log), items=items, seen=seen, text=text) for text in "ab"]

    assert words.wait_on(made) == ["a", "b"]
    assert words.open(str(log)).read() == "begin ab"
    assert (words.wait_on(items), words.wait_on(seen)) == ([1, 1], [])


@pytest.mark.breaks_by("TypeError")
def test_generators_and_functions_are_arguments_and_results(words: Any) -> None:
    """A generator travels as what it gives, to as many tasks as want it."""

    def squares(numbers: Any, function: Any) -> Any:
        return (function(number) for number in numbers)

    def total(numbers: Any) -> Any:
        return sum(numbers)

    numbers = (number for number in range(4))
    made = words.task(returns=1)(squares)(numbers, lambda number: number**2)
    again = words.task(returns=1)(total)(numbers)

    assert list(words.wait_on(made)) == [0, 1, 4, 9]
    assert words.wait_on(again) == 6
