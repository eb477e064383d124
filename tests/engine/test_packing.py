"""Values as bytes, and large buffers beside them."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from eflows_nb.engine.packing import INLINE, Packed, load, pack

LARGE = INLINE // 8


def test_a_large_buffer_is_not_copied() -> None:
    """The record refers to the memory of the array itself."""
    array = np.zeros(LARGE)
    packed = pack({"a": array, "b": 1})
    array[0] = 7.0

    assert len(packed.buffers) == 1
    assert packed.value()["a"][0] == 7.0
    assert packed.size > array.nbytes


def test_a_small_buffer_is_part_of_the_pickle() -> None:
    """What travels with a message anyway is copied."""
    array = np.zeros(LARGE - 1)
    packed = pack(array)
    array[0] = 7.0

    assert packed.buffers == ()
    assert packed.value()[0] == 0.0


def test_everything_can_be_put_into_the_pickle() -> None:
    """For those who need one string of bytes."""
    assert pack(np.zeros(LARGE), in_band=True).buffers == ()


def test_a_value_is_read_only_and_a_writable_one_is_not_shared() -> None:
    """Readers cannot change what others read; writers get memory of their own."""
    packed = pack(np.zeros(LARGE))
    mine = packed.writable_value()
    mine[0] = 1.0

    assert not packed.value().flags.writeable
    assert packed.value()[0] == packed.writable_value()[0] == 0.0


@pytest.mark.parametrize("items", [3, LARGE])
@pytest.mark.parametrize("nest", [lambda array: array, lambda array: [{"a": array}]])
def test_a_read_only_array_can_be_made_writable(items: int, nest: Any) -> None:
    """What a task could only read, its caller may write to."""
    array = np.arange(float(items))
    array.flags.writeable = False
    packed = pack(nest(array), writable=True)
    value = packed.writable_value()
    [found] = [value] if isinstance(value, np.ndarray) else [value[0]["a"]]
    found[0] = 9.0

    assert found.tolist() == [9.0, *range(1, items)]
    assert array[0] == 0.0


def test_what_pickle_cannot_do_travels_by_value() -> None:
    """Lambdas, local classes and what contains them."""

    class Local:
        value = 3

    loaded = pack([lambda x: x + 1, Local()]).value()

    assert loaded[0](1) == 2
    assert loaded[1].value == 3


def test_a_packed_value_can_be_pickled() -> None:
    """Its buffers are copied then."""
    copied = pickle.loads(pickle.dumps(pack([np.ones(LARGE), "x"])))

    assert isinstance(copied, Packed)
    assert copied.value()[0].sum() == LARGE


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f8", ">i4", "M8[s]", "U3", [("a", "f8"), ("b", "i4")]])
def test_arrays_of_all_kinds_come_back(order: Any, dtype: Any) -> None:
    """Type, shape and memory order are kept."""
    array = np.zeros((100, 300), dtype=dtype, order=order)
    value = pack(array).value()

    assert (value.dtype, value.shape, value.flags.f_contiguous) == (
        array.dtype,
        array.shape,
        array.flags.f_contiguous,
    )


def test_what_is_not_contiguous_comes_back_too() -> None:
    """A slice of an array is copied."""
    array = np.arange(2.0 * LARGE)[::2]
    assert (pack(array).value() == array).all()


def test_an_object_is_packed_the_same_before_and_after_others() -> None:
    """Also if its class goes by value, and one of the class that it derives from comes in between."""

    class Base:
        pass

    class Derived(Base):
        pass

    before = pack(Derived()).head
    pack([Base()])

    assert pack(Derived()).head == before


def test_a_class_with_a_property_that_is_computed_once_is_packed() -> None:
    """Until Python 3.12 such a property has a lock; a copy has one of its own, and the same name."""
    namespace = {"__name__": "__main__"}
    exec(  # as a notebook defines it
        "import functools\n"
        "class Case:\n"
        "    computed = 0\n"
        "    @functools.cached_property\n"
        "    def answer(self):\n"
        "        self.computed += 1\n"
        "        return 42\n",
        namespace,
    )
    for writable in (False, True):
        array = np.zeros(3)
        array.flags.writeable = False
        case, _ = pack([namespace["Case"](), array], writable=writable).value()

        assert (case.answer, case.answer, case.computed) == (42, 42, 1)


@pytest.mark.parametrize(
    "body",
    [
        "class Case:\n    __slots__ = ('a', '__weakref__')",
        "class Case:\n    __slots__ = 'a'",
        "class Case:\n    __slots__ = {'a': 'documented', '__private': ''}",
        "class Case(int):\n    __slots__ = ()",
        "import dataclasses\n@dataclasses.dataclass(slots=True)\nclass Case:\n    a: int = 0",
        "import collections\nCase = collections.namedtuple('Case', 'a', defaults=[1])",
        "import typing\nclass Case(typing.NamedTuple):\n    a: int = 1",
    ],
)
def test_slots_of_a_class_are_slots_elsewhere(body: str) -> None:
    """An instance of a notebook's class can come back from an engine to where it has no dictionary."""
    namespace = {"__name__": "__main__"}
    exec(f"{body}\ncase = Case()\n", namespace)
    program = (
        "import sys; from eflows_nb.engine.packing import adopt_classes, load, pack; adopt_classes();"
        "case = load(sys.stdin.buffer.read()); assert not hasattr(case, '__dict__');"
        "sys.stdout.buffer.write(pack(case).head)"
    )
    there = subprocess.run(
        [sys.executable, "-c", program],
        input=pack(namespace["case"]).head,
        stdout=subprocess.PIPE,
        check=True,
    )

    assert type(load(there.stdout)) is namespace["Case"]
