"""What stands for a datum is found in plain containers, and replaced."""

from __future__ import annotations

import dataclasses
from collections import Counter, OrderedDict, defaultdict
from typing import Any, NamedTuple

from eflows_nb.runtime import containers
from eflows_nb.tasks.data import Datum


class Stand:
    """Stands for a datum."""

    def __init__(self, number: int) -> None:
        self.datum = Datum(number)


class Named(NamedTuple):
    """A named tuple."""

    left: Any
    right: Any = None


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    """A dataclass that cannot be changed."""

    x: Any
    y: Any = dataclasses.field(default=0, repr=False)


@dataclasses.dataclass
class Late:
    """A dataclass with a field that is not given, and may be absent."""

    x: Any
    y: Any = dataclasses.field(init=False)


def _found(value: Any) -> list[int]:
    found: list[Datum] = []
    containers.collect(value, lambda item: getattr(item, "datum", None), found)
    return [datum.number for datum in found]


def _replaced(value: Any) -> Any:
    return containers.replace(
        value, lambda item: getattr(item, "datum", None), lambda _item, datum: f"#{datum.number}"
    )


def test_data_are_found_in_order() -> None:
    """However deep they are, and as often as they occur."""
    one = Stand(1)
    value = [one, (Stand(2), {"a": Stand(3), "b": [one]}), Named(Stand(4)), Frozen(Stand(5), {1: Stand(6)})]

    assert _found(value) == [1, 2, 3, 1, 4, 5, 6]


def test_everything_else_is_left_alone() -> None:
    """Sets, classes, strings and objects of other kinds are not looked into."""
    for value in (1, "text", {1, 2}, Frozen, object(), None, iter([Stand(1)])):
        assert _found(value) == []
        assert _replaced(value) is value


def test_what_stands_for_a_datum_is_replaced() -> None:
    """In a container of the same kind; the old one stays as it is."""
    value = [Stand(1), (2, Stand(3)), {"a": Stand(4)}, Named(Stand(5), 6), Frozen(Stand(7), 8)]

    assert _replaced(value) == ["#1", (2, "#3"), {"a": "#4"}, Named("#5", 6), Frozen("#7", 8)]
    assert isinstance(value[0], Stand)
    assert type(_replaced(value)[3]) is Named


def test_a_record_without_data_is_the_same_object() -> None:
    """Nobody wants a copy of a large configuration."""
    record = Frozen({"a": [1]})
    assert _replaced([Stand(1), record])[1] is record
    assert _replaced(Named(record)).left is record


def test_containers_of_other_classes_keep_their_class() -> None:
    """Order, defaults and attributes are kept."""

    class Own(list):  # type: ignore[type-arg]
        """A list with an attribute."""

    own = Own([Stand(1), 2])
    own.label = "label"  # type: ignore[attr-defined]
    counted = defaultdict(int, {"a": Stand(3)})
    ordered = OrderedDict([("z", Stand(4)), ("a", 5)])

    assert (_replaced(own), type(_replaced(own)), _replaced(own).label) == (["#1", 2], Own, "label")
    assert _replaced(counted)["missing"] == 0
    assert list(_replaced(ordered).items()) == [("z", "#4"), ("a", 5)]


def test_containers_that_are_made_or_filled_in_their_own_way_get_the_items() -> None:
    """A counter does not count what takes the place of its items."""

    class Pair(tuple):  # type: ignore[type-arg]
        """Made of two things, not of one iterable."""

        __slots__ = ()

        def __new__(cls, left: Any, right: Any) -> Pair:
            return super().__new__(cls, (left, right))

    assert _replaced(Counter({"a": Stand(1), "b": 2})) == {"a": "#1", "b": 2}
    assert _replaced(Pair(Stand(1), 2)) == ("#1", 2)


def test_a_record_with_an_absent_field_is_no_error() -> None:
    """What is not set is not looked at, and stays unset."""
    replaced = _replaced(Late(Stand(1)))

    assert replaced.x == "#1"
    assert not hasattr(replaced, "y")


def test_a_container_that_contains_itself_ends() -> None:
    """It is looked at once, and a copy of it contains the old one."""
    value: list[Any] = [Stand(1)]
    value.append(value)

    assert _found(value) == [1]
    assert _replaced(value) == ["#1", value]


def test_a_container_in_two_places_is_one_afterwards() -> None:
    """And a pyramid of such containers is looked at once, not as often as there are ways through it."""
    pyramid: Any = [Stand(1)]
    for _ in range(60):
        pyramid = [pyramid, pyramid]

    assert _found(pyramid) == [1]
    left, right = _replaced(pyramid)
    assert left is right
