"""What can be a task function, and what it makes of a call."""

from __future__ import annotations

import functools
import pickle
from typing import Any

import cloudpickle
import pytest

import eflows_nb as ef
from eflows_nb.errors import TaskDefinitionError
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.function import TaskFunction


def _record(function: Any, args: Any, kwargs: Any) -> Any:
    return function.name, args, kwargs


def _make(function: Any, **options: Any) -> TaskFunction[..., Any]:
    return TaskFunction(function, submit=_record, **options)


def test_a_call_is_submitted() -> None:
    """The function itself does not run."""
    assert _make(lambda x, y: 1 / 0)(1, y=2) == ("<lambda>", (1,), {"y": 2})


def test_it_looks_like_its_function() -> None:
    """Name, documentation and signature are those of the function."""

    def area(radius: float, pi: float = 3.0) -> float:
        """Return the area of a disc."""
        return pi * radius**2

    made = _make(area)

    assert (made.__name__, made.__doc__) == ("area", "Return the area of a disc.")
    assert repr(made) == "<task function area(radius: 'float', pi: 'float' = 3.0) -> 'float'>"


@pytest.mark.parametrize("thing", [None, 3, "name", [], int, type("C", (), {"__call__": lambda self: 0})])
def test_only_a_function_can_be_one(thing: Any) -> None:
    """The error shows what was given instead."""
    with pytest.raises(TaskDefinitionError, match="Only a function can be a task function, not "):
        _make(thing)


def test_functions_that_would_never_run_are_refused() -> None:
    """Calling a coroutine or a generator function runs nothing of its body."""

    async def coroutine() -> None: ...

    def generator() -> Any:
        yield 1

    async def both() -> Any:
        yield 1

    for function in (coroutine, generator, both):
        with pytest.raises(TaskDefinitionError, match=f"'{function.__name__}' is a coroutine or generator"):
            _make(function)


@pytest.mark.parametrize("returns", [0, -1, True, 1.0, "two", (1, 2)])
def test_a_number_of_results_is_a_positive_whole_number(returns: Any) -> None:
    """The error names the function and the value."""
    with pytest.raises(TaskDefinitionError, match=r"'f' cannot have returns=.* 1 or more"):

        @ef.task(returns=returns)
        def f() -> None: ...


def test_a_direction_must_name_a_parameter() -> None:
    """The error lists the parameters that there are."""
    with pytest.raises(TaskDefinitionError, match=r"'f' has no parameter 'c' to be INOUT; it has: a, b\."):

        @ef.task(c=ef.INOUT)
        def f(a: Any, b: Any) -> None: ...


def test_a_direction_is_one_of_ours() -> None:
    """A word is not enough, since a misspelt one would be taken for IN."""
    with pytest.raises(TaskDefinitionError, match=r"task\(a='inout'\): a parameter's direction is one of"):
        ef.task(a="inout")


def test_what_collects_arguments_has_a_direction_for_each() -> None:
    """It is found for each argument that is collected, by position or by name."""

    def f(a: Any, *rest: Any, **more: Any) -> None: ...

    made = _make(f, directions={"rest": Direction.INOUT, "more": Direction.OUT})

    assert not made.is_plain
    assert [(place, parameter.direction) for place, _, parameter in made.locate((1, 2, 3), {"b": 4})] == [
        (1, Direction.INOUT),
        (2, Direction.INOUT),
        ("b", Direction.OUT),
    ]


def test_a_method_gets_its_object_first() -> None:
    """Methods, class methods and static methods are called as ever, and subclasses inherit them."""

    class Model:
        @_make
        def run(self, x: int) -> None: ...

        @staticmethod
        @_make
        def check(x: int) -> None: ...

        @classmethod
        @_make
        def make(cls, x: int) -> None: ...

    class Special(Model):
        pass

    special = Special()
    assert special.run(3) == ("run", (special, 3), {})
    assert special.check(3) == ("check", (3,), {})
    assert Special.make(3) == ("make", (Special, 3), {})


def test_a_function_without_a_signature_takes_any_call() -> None:
    """Some builtins do not tell what they take."""
    assert _make(max)(3, 5) == ("max", (3, 5), {})


def test_a_partial_function_can_be_one() -> None:
    """It has no name of its own, and is shown as what it is."""
    made = _make(functools.partial(pow, 2))

    assert "partial" in made.name
    assert made(5)[1] == (5,)


@pytest.mark.parametrize(
    ("args", "kwargs", "found"),
    [
        ((1, 2), {}, [(0, Direction.INOUT), (1, Direction.OUT)]),
        ((1,), {"b": 2}, [(0, Direction.INOUT), ("b", Direction.OUT)]),
        ((1,), {}, [(0, Direction.INOUT)]),
        ((), {"b": 1, "a": 2}, [("a", Direction.INOUT), ("b", Direction.OUT)]),
        ((1, 2, 3), {"d": 4}, [(0, Direction.INOUT), (1, Direction.OUT), ("d", Direction.OUT)]),
        ((1, 2, 3, 4, 5, 6), {}, [(0, Direction.INOUT), (1, Direction.OUT)]),
    ],
)
def test_the_arguments_that_are_written_are_found(args: Any, kwargs: Any, found: Any) -> None:
    """By position or by name, as they were passed; those left to their default are not."""

    def f(a: Any, b: Any = None, c: Any = None, *rest: Any, d: Any = None) -> None: ...

    made = _make(
        f, directions={"a": Direction.INOUT, "b": Direction.OUT, "c": Direction.IN, "d": Direction.OUT}
    )

    assert made.locate_writes(args, kwargs) == found


def test_it_travels_as_the_plain_function() -> None:
    """On an engine a task function is what it was made of."""
    made = _make(lambda x: x + 1)
    assert pickle.loads(cloudpickle.dumps(made))(1) == 2


def test_an_argument_that_is_collected_by_name_may_be_declared_itself() -> None:
    """It goes before what is declared for all; other names may be declared that a call does not give."""

    def f(a: Any, **more: Any) -> None: ...

    made = _make(f, directions={"b": Direction.INOUT, "c": Direction.OUT, "more": Direction.IN_DELETE})
    found = {name: parameter.direction for _, name, parameter in made.locate((1,), {"b": 2, "d": 3})}

    assert found == {"b": Direction.INOUT, "d": Direction.IN_DELETE}
    assert not made.is_plain
