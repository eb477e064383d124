"""A value is described from its pickle, and nothing of it is made or called."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pytest

from eflows_nb.engine.brief import brief
from eflows_nb.engine.packing import pack
from eflows_nb.runtime.preview import TEXT_LIMIT, Preview, Referred, preview_of, read_pickle, unpacked

called: list[str] = []


class Hostile:
    """Would do something if it were unpickled, printed or measured."""

    def __reduce__(self) -> Any:
        return called.append, ("unpickled",)

    def __len__(self) -> int:
        called.append("measured")
        return 1

    def __repr__(self) -> str:
        called.append("printed")
        return "hostile"


@dataclasses.dataclass
class Point:
    """A record of the user's."""

    x: float
    tags: list[str]


def seen(value: Any) -> tuple[str, str, str]:
    """Return what is shown of a value that was packed."""
    shown = preview_of(unpacked(pack(value)))
    return shown.kind, shown.about, shown.text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (3, ("int", "", "3")),
        ("a\nb", ("str", "length 3", r"'a\nb'")),
        ([1, 2.5, None], ("list", "length 3", "[1, 2.5, None]")),
        ({"a": (1,)}, ("dict", "length 1", "{'a': (1,)}")),
        (list(range(100)), ("list", "length 100", "[0, 1, 2, 3, 4, 5, …]")),
        (np.zeros((3, 4), np.int32), ("numpy.ndarray", "3×4 int32", "0, 0, 0, 0, 0, 0, …")),
        (np.arange(10)[::4], ("numpy.ndarray", "3 int64", "0, 4, 8")),
        (np.ones((300, 400)), ("numpy.ndarray", "300×400 float64", "1, 1, 1, 1, 1, 1, …")),
        (np.float32(0.5), ("numpy.float32", "", "0.5")),
        ([np.zeros(3)], ("list", "length 1", "[ndarray(3 float64)]")),
        (PurePosixPath("a/b"), ("pathlib.PurePosixPath", "", "PurePosixPath('a', 'b')")),
        (datetime.timedelta(hours=1), ("timedelta", "", "datetime.timedelta(seconds=3600)")),
        (1 << 9999, ("int", "", "an integer of 10000 bits")),
    ],
)
def test_type_size_and_text_are_told(value: Any, told: tuple[str, str, str]) -> None:
    """Of plain values, arrays and what the standard library has."""
    assert seen(value) == told


def test_records_of_users_are_told_by_their_fields() -> None:
    """Their classes are not needed for it."""
    kind, _, text = seen(Point(0.5, ["a"]))
    assert kind.endswith("Point")
    assert text == "Point(x=0.5, tags=['a'])"


def test_nothing_of_a_value_is_called() -> None:
    """Neither what would make it, nor its methods."""
    packed = pack([Hostile()])
    called.clear()
    preview_of(unpacked(packed))
    brief(Hostile())
    assert called == []


def test_a_text_is_short_whatever_the_value() -> None:
    """A deep value, one that refers to itself, and a long text."""
    deep: list[Any] = []
    deep.append(deep)
    for value in (deep, "x" * 10**5, [["y" * 100] * 50] * 50, {str(i): "z" * 99 for i in range(99)}):
        assert len(seen(value)[2]) <= TEXT_LIMIT


def test_what_is_no_pickle_or_too_large_is_refused() -> None:
    """Who asks is told so, and says that it is not known."""
    with pytest.raises(ValueError, match="not a pickle"):
        read_pickle(b"nonsense")
    with pytest.raises(ValueError, match="bytes is not read"):
        read_pickle(bytes(1 << 20))


def test_data_are_described_by_who_knows_them() -> None:
    """A pickle of arguments refers to them by number."""
    told = preview_of(Referred(7), lambda number: Preview(kind=f"datum {number}"))
    assert told.kind == "datum 7"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.zeros((2, 3)), "numpy.ndarray, 2×3 float64"),
        ([1] * 5, "list, length 5"),
        (Point(1.0, []), ".Point"),
        (None, "NoneType"),
    ],
)
def test_engines_say_what_they_keep(value: Any, told: str) -> None:
    """In words that go with the size of a large value."""
    assert brief(value).endswith(told)
