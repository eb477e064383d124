"""Distributed data sets: partitions that tasks compute."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycompss.api.task import task
from pycompss.dds import DDS

import eflows_nb as ef
from eflows_nb.pycompss.dds.keys import default_hash

WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog", "and", "the", "cat"]


@pytest.fixture(scope="module", params=["inline", pytest.param("engines", marks=pytest.mark.engines)])
def where(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run tests inline, and on engines whose hashes of texts differ."""
    ef.stop()
    if request.param == "engines":
        ef.start(engines=2)
    yield
    ef.stop()


everywhere = pytest.mark.usefixtures("where")


# What is loaded --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3, 7, 20])
def test_items_keep_their_order_in_any_number_of_partitions(number: int) -> None:
    """There are as many partitions as was said, also if some are empty."""
    data = DDS().load(range(10), number)

    assert data.num_of_partitions() == number
    assert data.collect() == list(range(10))
    sizes = [len(part) for part in data.collect(keep_partitions=True)]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(
    ("given", "items"),
    [
        ({"b": 1, "a": 2}, [("a", 2), ("b", 1)]),
        ({3}, [3]),
        ((x for x in "ab"), ["a", "b"]),
        ("ab", ["a", "b"]),
        (np.arange(3), [0, 1, 2]),
        ([], []),
    ],
    ids=["dict", "set", "generator", "text", "array", "nothing"],
)
def test_anything_that_can_be_gone_through_is_loaded(given: Any, items: list[Any]) -> None:
    """The pairs of a dict come in the order of its keys."""
    assert DDS().load(given, 2).collect() == items


@everywhere
def test_results_of_tasks_are_partitions(where: None) -> None:
    """Or lists of them, where each partition comes from several tasks."""

    def numbers(start: int) -> list[int]:
        return list(range(start, start + 3))

    make = task(returns=1)(numbers)
    double = DDS().load([make(0), make(10)], -1).map(lambda x: 2 * x)
    rows = DDS().load([[make(0), make(3)], [make(6)]], -1, paac=True)

    assert double.collect() == [0, 2, 4, 20, 22, 24]
    assert rows.map_partitions(lambda parts: [sum(part) for part in parts]).collect(True) == [[3, 12], [21]]
    assert DDS().load(double.collect(future_objects=True), -1).count() == 6


def test_a_number_of_partitions_that_is_none_is_refused() -> None:
    """With what can be given."""
    with pytest.raises(ef.EflowsError, match=r"loaded with num_of_parts=0\. Give 1 or more"):
        DDS().load([1], 0)


def test_a_file_is_loaded_in_pieces(tmp_path: Path) -> None:
    """By the program in characters, by tasks in bytes, and no character is cut."""
    text = "aé€😀" * 5
    path = tmp_path / "f"
    path.write_text(text)

    for size in range(1, 12):
        assert "".join(DDS().load_file(str(path), size).collect()) == text
        assert "".join(DDS().load_file(str(path), size, worker_read=True).collect()) == text
    assert DDS().load_file(str(path), 8).collect() == [text[:8], text[8:16], text[16:]]


def test_a_text_is_loaded_line_by_line(tmp_path: Path) -> None:
    """In partitions of so many characters or lines, with or without their ends."""
    path = tmp_path / "f"
    path.write_text("First line \nSecond\n\nlast")

    assert DDS().load_text_file(str(path)).collect() == ["First line ", "Second", "", "last"]
    by_lines = DDS().load_text_file(str(path), 2, in_bytes=False, strip=False)
    assert by_lines.collect(True) == [["First line \n", "Second\n"], ["\n", "last"]]
    assert DDS().load_text_file(str(path), 7).num_of_partitions() == 2


@everywhere
def test_files_are_read_by_tasks(where: None, tmp_path: Path) -> None:
    """Pairs of path and text, a partition each or in as many as was said; folders are left out."""
    (tmp_path / "folder").mkdir()
    for name in "cab":
        (tmp_path / name).write_text(name * 2)
    data = DDS().load_files_from_dir(str(tmp_path))

    assert data.collect(True) == [[(str(tmp_path / name), name * 2)] for name in "abc"]
    assert DDS().load_files_from_dir(str(tmp_path), 2).num_of_partitions() == 2


@everywhere
def test_what_was_saved_is_loaded_again(where: None, tmp_path: Path) -> None:
    """Each partition is a file; of text, a line an item."""
    data = DDS().load(range(5), 2).map(lambda x: (x, str(x)))
    data.save_as_pickle(str(tmp_path / "pickles"))
    data.values().save_as_text_file(str(tmp_path / "texts"))

    assert DDS().load_pickle_files(str(tmp_path / "pickles")).collect(True) == data.collect(True)
    assert (tmp_path / "texts" / "00000").read_text() == "0\n1\n2\n"
    assert sorted(path.name for path in (tmp_path / "texts").iterdir()) == ["00000", "00001"]


# What is done with items -----------------------------------------------------------------------------------


@everywhere
def test_items_are_mapped_and_filtered(where: None) -> None:
    """By functions of the program, with further arguments; all of it is one task a partition."""
    data = DDS().load(range(6), 3)
    done = data.map(lambda x, y, z=0: x * y + z, 10, z=1).filter(lambda x: x > 11)

    assert done.flat_map(lambda x, n: [x] * n, 2).collect(True) == [[], [21, 21, 31, 31], [41, 41, 51, 51]]
    assert data.key_by(lambda x: x % 2).collect_as_dict() == {0: 4, 1: 5}
    assert data.collect() == list(range(6)), "a data set is not changed by what is made of it"


@everywhere
@pytest.mark.parametrize("arity", [-1, 2, 3])
def test_items_are_reduced_in_their_order(where: None, arity: int) -> None:
    """As by functools.reduce; empty partitions do not matter."""
    data = DDS().load(WORDS, 5).filter(lambda word: word != "the")

    expected = "quickbrownfoxjumpsoverlazydogandcat"
    assert data.reduce(lambda a, b: a + b, arity=arity) == expected
    assert data.reduce(lambda a, b: a + b, "=", arity) == "=" + expected
    assert DDS().load([], 2).reduce(max, 3) == 3


def test_nothing_cannot_be_reduced() -> None:
    """Without an initial value; a tree of one branch has no end."""
    with pytest.raises(ef.EflowsError, match=r"empty data set cannot be reduced\. Give initial="):
        DDS().load([1], 1).filter(lambda _: False).reduce(max)
    with pytest.raises(ef.EflowsError, match="reduced with arity=1"):
        DDS().load([1, 2], 2).reduce(max, arity=1)


@everywhere
def test_items_are_counted(where: None) -> None:
    """All, each, and their sum."""
    data = DDS().load(WORDS, 3)
    counts = data.count_by_value()

    assert counts == {word: WORDS.count(word) for word in WORDS}
    assert dict(data.count_by_value(arity=3, as_dict=False).collect()) == counts
    assert ef.wait_on(data.count_by_value(as_fo=True)) == counts
    assert (data.count(), data.map(len).sum()) == (len(WORDS), len("".join(WORDS)))
    assert DDS().load([]).count_by_value() == {}


def test_the_first_items_need_few_partitions(tmp_path: Path) -> None:
    """Not all are computed, and all are when more is asked for than there is."""

    def note(x: int, folder: str) -> int:
        (Path(folder) / str(x)).touch()
        return x

    data = DDS().load(range(20), 20).map(note, str(tmp_path))

    assert data.take(2) == [0, 1]
    assert len(list(tmp_path.iterdir())) == 3
    assert data.take(50) == list(range(20))
    assert data.take(0) == []


@everywhere
def test_a_function_is_called_for_each_item(where: None, tmp_path: Path) -> None:
    """All calls have been made when foreach returns."""
    DDS().load("abc", 2).foreach(lambda name: (tmp_path / name).touch())

    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_a_union_computes_nothing_itself() -> None:
    """It has the partitions of all, each with what is done to it."""
    one, other = DDS().load("ab", 1).map(str.upper), DDS().load("cd", 2)

    assert one.union(other, one).collect(True) == [["A", "B"], ["c"], ["d"], ["A", "B"]]


# What is done with pairs -----------------------------------------------------------------------------------


@everywhere
def test_equal_keys_come_together(where: None) -> None:
    """From wherever they were, texts too, whose hash is another one on each engine."""
    pairs = DDS().load(WORDS, 4).map(lambda word: (word, 1))
    places = [{key for key, _ in part} for part in pairs.partition_by(num_of_partitions=3).collect(True)]

    assert sum(len(place) for place in places) == len(set(WORDS))
    assert dict(pairs.reduce_by_key(lambda a, b: a + b).collect()) == {w: WORDS.count(w) for w in WORDS}
    assert pairs.count_by_key(as_dict=True)["the"] == 3
    assert sorted(DDS().load(WORDS, 4).distinct().collect()) == sorted(set(WORDS))
    assert pairs.partition_by(len, 1).count() == len(WORDS)


@everywhere
def test_values_are_combined_in_three_ways(where: None) -> None:
    """The first one, with another one, and two of different partitions; they may change what they get."""
    pairs = DDS().load([("a", 1), ("b", 2), ("a", 3), ("a", 4)], 2)

    assert sorted(pairs.group_by_key().collect()) == [("a", [1, 3, 4]), ("b", [2])]
    means = pairs.combine_by_key(
        lambda value: (value, 1),
        lambda found, value: (found[0] + value, found[1] + 1),
        lambda one, other: (one[0] + other[0], one[1] + other[1]),
        total_parts=1,
    ).map_values(lambda found: Fraction(*found))
    assert means.collect_as_dict() == {"a": Fraction(8, 3), "b": 2}
    assert pairs.group_by_key().flatten_by_key(lambda x: x).count() == 4
    assert (pairs.keys().collect(), pairs.values().sum()) == (["a", "b", "a", "a"], 10)


@everywhere
def test_data_sets_are_joined_by_their_keys(where: None) -> None:
    """With a pair for each two values, and nothing for a key that only one has."""
    x = DDS().load([("a", 1), ("b", 2), ("a", 3)], 2)
    y = DDS().load([("a", "x"), ("c", "y"), ("a", "z")], 3)

    assert sorted(x.join(y).collect()) == [
        *[("a", (1, "x")), ("a", (1, "z"))],
        *[("a", (3, "x")), ("a", (3, "z"))],
    ]
    assert x.join(y, 5).num_of_partitions() == 5


@everywhere
@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("parts", [None, 1, 3])
def test_pairs_are_sorted_over_all_partitions(where: None, ascending: bool, parts: int | None) -> None:
    """By their keys or by what a function makes of them; no partition has nearly all."""
    keys = random.Random(1).sample(range(1000), 400)
    data = DDS().load(keys, 4).map(lambda key: (key, -key))

    for key in (None, lambda key: -key):
        done = data.sort_by_key(ascending, parts, key)
        expected = sorted(keys, key=key, reverse=not ascending)
        assert done.keys().collect() == expected
        assert max(len(part) for part in done.collect(True)) <= (400 if parts == 1 else 250)


def test_nothing_is_sorted_and_joined() -> None:
    """Empty data sets and partitions have results as others do."""
    nothing = DDS().load([1], 3).filter(lambda _: False).key_by(str)

    assert nothing.sort_by_key().collect() == []
    assert nothing.join(nothing).collect() == []
    assert nothing.group_by_key().num_of_partitions() == 3
    assert DDS().sort_by_key().collect() == DDS().distinct().collect() == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers())), st.integers(1, 4), st.integers(1, 4))
def test_grouping_is_what_a_loop_does(pairs: list[tuple[int, int]], before: int, after: int) -> None:
    """For any pairs and numbers of partitions, in order."""
    expected: dict[int, list[int]] = {}
    for key, value in pairs:
        expected.setdefault(key, []).append(value)

    assert DDS().load(pairs, before).group_by_key(after).collect_as_dict() == expected


# Where keys belong -----------------------------------------------------------------------------------------


class Colour(Enum):
    """Some keys."""

    RED = 1


@dataclass(frozen=True)
class Place:
    """A key of two parts."""

    name: str
    at: tuple[int, int]


KEYS = "[None, 'aé', b'a', 3, 2.5, (1, ('a', None)), frozenset({'a', 'b', 1}), Fraction(1, 3)]"


def test_a_key_has_the_same_number_in_every_process() -> None:
    """Whatever Python makes of it by itself."""
    code = (
        "from fractions import Fraction; from eflows_nb.pycompss.dds.keys import default_hash;"
        f"print([default_hash(key) for key in {KEYS}])"
    )
    told = []
    for seed in "12":
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
        command = [sys.executable, "-c", code]
        told.append(
            subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        )

    assert told[0] == told[1] == f"{[default_hash(key) for key in eval(KEYS)]}\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (np.int64(7), 7), ((1, 2.0), (1.0, 2)), (Place("a", (0, 1)), Place("a", (0, 1)))],
)
def test_equal_keys_have_the_same_number(one: Any, other: Any) -> None:
    """Also where they are of different classes."""
    assert default_hash(one) == default_hash(other)
    assert default_hash(Colour.RED) == default_hash(Colour["RED"])


def test_a_key_without_such_a_number_is_refused() -> None:
    """With the way out."""
    with pytest.raises(ef.EflowsError, match=r"A object as a key has no number .* or give partitioner_func="):
        default_hash(object())
