"""What is remembered of arguments, and for how long."""

from __future__ import annotations

import gc
import itertools
import threading
import weakref
from typing import Any

import numpy as np
import pytest

from eflows_nb.engine.packing import Packed
from eflows_nb.runtime import containers
from eflows_nb.runtime.arguments import Arguments, StaleArgumentWarning, _Known
from eflows_nb.runtime.future import Future
from eflows_nb.runtime.session import current
from eflows_nb.tasks.data import Datum
from eflows_nb.tasks.direction import Direction
from eflows_nb.tasks.task import FunctionCode

INOUT = [(0, Direction.INOUT)]


class Frozen:
    """Makes data, and remembers them."""

    def __init__(self) -> None:
        self.data: list[Datum] = []
        self._numbers = itertools.count(1)

    def __call__(self, packed: Packed) -> Datum:
        """Make a datum."""
        self.data.append(Datum(next(self._numbers), value=packed.head))
        return self.data[-1]


@pytest.fixture
def frozen() -> Frozen:
    """What was frozen."""
    return Frozen()


@pytest.fixture
def arguments(frozen: Frozen) -> Arguments:
    """Make payloads."""
    return Arguments(frozen, _define)


def _define(thing: Any) -> FunctionCode:
    return FunctionCode(0, thing.__name__, b"")


def _write(arguments: Arguments, value: Any) -> Datum:
    """Let a task write to an object; return its new version."""
    arguments.pack((value,), {}, INOUT)
    datum = Datum(1000)
    arguments.write(value, datum)
    return datum


def test_small_arguments_are_part_of_the_payload(arguments: Arguments, frozen: Frozen) -> None:
    """Nothing is frozen for them, and nothing remembered."""
    _, reads, _ = arguments.pack((1, "x", [1, 2], np.zeros(10)), {"key": {"a": 1}})

    assert reads == ()
    assert frozen.data == []
    assert not arguments._known


def test_a_large_array_is_frozen_once(arguments: Arguments, frozen: Frozen) -> None:
    """As long as its content is the same."""
    array = np.zeros(100_000)
    payloads = [arguments.pack((array, number), {})[1] for number in range(5)]
    array[0] = 1.0
    [changed] = arguments.pack((array,), {})[1]

    assert len(frozen.data) == 2
    assert payloads == [(frozen.data[0],)] * 5
    assert changed is frozen.data[1]


def test_a_large_array_in_a_container_is_frozen_once(arguments: Arguments, frozen: Frozen) -> None:
    """Also when a future is beside it, or it is given a second time; what is around it is in the payload."""
    array = np.zeros(1 << 20)
    future = Future(current(), Datum(500))
    payloads = [
        arguments.pack(({"array": array, "small": [number], "future": future}, array), {})
        for number in range(3)
    ]

    assert len(frozen.data) == 1
    assert all(set(reads) == {frozen.data[0], future.datum} for _, reads, _ in payloads)
    assert max(len(payload) for payload, _, _ in payloads) < 1000


def test_many_arrays_in_a_container_are_frozen_together(arguments: Arguments) -> None:
    """A file for each would cost more than it spares, also when one of them is larger."""
    several = [np.zeros(20_000) for _ in range(20)]
    alone = arguments.pack((several,), {})
    with_a_large_one = arguments.pack(([*several, np.zeros(1 << 20)],), {})

    assert [len(reads) for _, reads, _ in (alone, with_a_large_one)] == [1, 1]
    assert max(len(payload) for payload, _, _ in (alone, with_a_large_one)) < 1000


def test_the_same_array_twice_in_one_call_is_frozen_once(arguments: Arguments, frozen: Frozen) -> None:
    """And is one input of the task."""
    array = np.zeros(100_000)
    _, reads, _ = arguments.pack((array, array), {"again": array})

    assert reads == (frozen.data[0],)


def test_an_object_that_is_gone_is_forgotten(arguments: Arguments) -> None:
    """What is known of an array ends with it."""
    array = np.zeros(100_000)
    arguments.pack((array,), {})
    alive = weakref.ref(array)
    del array

    assert alive() is None
    assert not arguments._known


@pytest.mark.parametrize("size", [3, 100_000])
def test_an_object_with_a_newer_version_goes_with_it(arguments: Arguments, size: int) -> None:
    """Who has it no more can neither pass it nor wait for it, also when nobody has waited before."""
    array = np.zeros(size)
    datum = _write(arguments, array)
    assert arguments.written(array) is datum
    alive = weakref.ref(array)
    del array

    assert alive() is None
    assert not arguments._known


def test_lists_that_nobody_has_any_more_are_forgotten(arguments: Arguments) -> None:
    """A list cannot be watched; those that are left over are found in time."""
    mine = [0]
    version = _write(arguments, mine)
    for number in range(10_000):
        _write(arguments, [number])
    gc.collect()

    assert len(arguments._known) < 1000
    assert arguments.written(mine) is version


def test_objects_may_come_while_others_are_forgotten(
    arguments: Arguments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread writes to more of them at the same time."""
    others: list[list[int]] = []

    def write_another(_known: Any) -> bool:
        others.append([0])
        arguments._known.setdefault(id(others[-1]), _known)
        return False

    monkeypatch.setattr(_Known, "alone", property(write_another))
    mine = [[number] for number in range(200)]
    data = [_write(arguments, value) for value in mine]

    assert others
    assert [arguments.written(value) for value in mine] == data


def test_an_equal_object_is_another_object(arguments: Arguments) -> None:
    """Versions belong to identity."""
    first, second = [1], [1]
    datum = _write(arguments, first)

    assert arguments.written(first) is datum
    assert arguments.written(second) is None


def test_a_later_task_reads_the_newest_version(arguments: Arguments) -> None:
    """By position or by name; OUT does not read it."""
    value = [1]
    datum = _write(arguments, value)

    assert arguments.pack((value,), {})[1] == (datum,)
    assert arguments.pack((), {"x": value})[1] == (datum,)
    assert arguments.pack((value,), {}, [(0, Direction.OUT)])[1] == ()


def test_a_later_task_reads_the_newest_version_inside_containers(arguments: Arguments) -> None:
    """At any depth, as in `ef.wait_on`; what was changed here meanwhile counts as it is."""
    value, cyclic = [1], [2]
    cyclic.append(cyclic)
    datum = _write(arguments, value)

    assert arguments.pack(([0, (value,)],), {})[1] == (datum,)
    assert arguments.pack((), {"x": {"a": value}})[1] == (datum,)
    assert arguments.pack(([value],), {}, INOUT)[1] == (datum,)
    assert arguments.pack(([value],), {}, [(0, Direction.OUT)])[1] == ()
    assert arguments.pack((cyclic,), {})[1] == ()
    value.append(2)
    with pytest.warns(StaleArgumentWarning):
        assert arguments.pack(([value],), {})[1] == ()


def test_containers_are_not_looked_through_without_versions(
    arguments: Arguments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who never writes to arguments pays nothing; an array that is only known is no version."""
    array = np.zeros(1 << 15)
    arguments.pack((array,), {})
    monkeypatch.delattr(containers, "collect")

    arguments.pack(([1, 2], array), {})


def test_what_cannot_be_pickled_is_told() -> None:
    """The error says that it was an argument, and what pickle said."""
    with pytest.raises(TypeError, match=r"An argument cannot be sent to a task: .*lock"):
        Arguments(Frozen(), _define).pack((threading.Lock(),), {})
