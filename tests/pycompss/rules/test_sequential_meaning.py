"""The rule of all rules: a program means what it would mean if each task ran where it is called."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycompss.api.parameter import (
    COLLECTION_FILE_OUT,
    COLLECTION_IN,
    COLLECTION_INOUT,
    COLLECTION_OUT,
    FILE_CONCURRENT,
    FILE_IN,
    FILE_INOUT,
    FILE_OUT,
    INOUT,
    OUT,
    Depth,
    Type,
)

NAMES = "abcd"
ONE = st.sampled_from(NAMES)
ANY_TWO = st.tuples(ONE, ONE)
TWO = st.permutations(NAMES).map(lambda names: names[:2])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), ONE, st.integers(0, 9)),
        st.tuples(st.just("extend"), ANY_TWO),
        st.tuples(st.just("append_both"), ANY_TWO, st.integers(0, 9)),
        st.tuples(st.just("fill"), ONE, st.integers(0, 9)),
        st.tuples(st.just("append_to_each"), ANY_TWO, st.integers(0, 9)),
        st.tuples(st.just("append_deep"), ANY_TWO, st.integers(0, 9)),
        st.tuples(st.just("fill_slots"), TWO, st.integers(0, 9)),
        st.tuples(st.just("spoil"), ONE, st.integers(0, 9)),
        st.tuples(st.just("spoil_both"), TWO, st.integers(0, 9)),
        st.tuples(st.just("make"), ONE, ONE),
        st.tuples(st.just("read"), ONE),
        st.tuples(st.just("read_inside"), TWO),
        st.tuples(st.just("read_collection"), TWO),
        st.tuples(st.just("wait"), ONE),
        st.tuples(st.just("change"), ONE, st.integers(0, 9)),
    ),
    max_size=14,
)


def _append(x: list[int], number: int) -> None:
    x.append(number)


def _extend(x: list[int], other: list[int]) -> None:
    x.extend(other)
    other.append(-1)  # nobody sees that


def _append_both(x: list[int], y: list[int], number: int) -> None:
    x.append(number)
    y.append(number + 10)


def _fill(x: list[int], number: int) -> None:
    x[:] = [number]


def _append_to_each(items: list[list[int]], number: int) -> None:
    for item in items:
        item.append(number)


def _append_deep(rows: list[list[list[int]]], number: int) -> None:
    for row in rows:
        for item in row:
            item.append(number)


def _fill_slots(items: list[list[int]], number: int) -> None:
    for place in range(len(items)):
        items[place] = [number, place]


def _spoil(x: list[int], number: int) -> None:
    x.append(number)
    raise RuntimeError("It is ignored, and so is what the task has begun to write.")


def _spoil_both(items: list[list[int]], number: int) -> None:
    for place in range(len(items)):
        items[place] = [number]
    raise RuntimeError("It is ignored, and so is what the task has begun to write.")


def _make(x: list[int]) -> list[int]:
    return [*x, 100]


def _read(x: list[int]) -> list[int]:
    return [*x]


def _read_inside(held: dict[str, Any]) -> list[int]:
    return [*held["x"], *held["more"][0]]


def _read_collection(items: list[list[int]]) -> list[int]:
    return [number for item in items for number in item]


class _Plain:
    """Runs each task where it is called, on the objects themselves; what only reads gets copies."""

    def __init__(self) -> None:
        self.call = {
            "append": _append,
            "extend": lambda x, other: _extend(x, x if x is other else [*other]),
            "append_both": _append_both,
            "fill": _fill,
            "append_to_each": _append_to_each,
            "append_deep": _append_deep,
            "make": _make,
            "read": _read,
            "read_inside": _read_inside,
            "read_collection": _read_collection,
        }
        self.wait: Callable[[Any], Any] = lambda value: value


class _Parallel:
    """The same functions as tasks."""

    def __init__(self, words: Any) -> None:
        deep = {Type: COLLECTION_INOUT, Depth: 2}
        each = {Type: COLLECTION_INOUT, Depth: 1}
        self.call = {
            "append": words.task(x=INOUT)(_append),
            "extend": words.task(x=INOUT)(_extend),
            "append_both": words.task(x=INOUT, y=INOUT)(_append_both),
            "fill": words.task(x=OUT)(_fill),
            "append_to_each": words.task(items=each)(_append_to_each),
            "append_deep": words.task(rows=deep)(_append_deep),
            "fill_slots": words.task(items={Type: COLLECTION_OUT, Depth: 1})(_fill_slots),
            "spoil": words.task(x=INOUT, on_failure="IGNORE")(_spoil),
            "spoil_both": words.task(items=each, on_failure="IGNORE")(_spoil_both),
            "make": words.task(returns=1)(_make),
            "read": words.task(returns=1)(_read),
            "read_inside": words.task(returns=1)(_read_inside),
            "read_collection": words.task(items={Type: COLLECTION_IN, Depth: 1}, returns=1)(_read_collection),
        }
        self.wait = words.wait_on


def _run(way: _Plain | _Parallel, steps: list[tuple[Any, ...]]) -> list[Any]:
    """Return all that a program of these steps sees, at its end and on its way."""
    values: dict[str, Any] = {name: [place] for place, name in enumerate(NAMES)}
    seen: list[Any] = []
    for word, at, *more in steps:
        call = way.call.get(word, lambda *_: None)
        if word == "wait":
            values[at] = way.wait(values[at])
            seen.append(copy.copy(values[at]))
        elif word == "change":
            values[at] = way.wait(values[at])
            values[at].append(more[0])
        elif word == "make":
            values[at] = call(values[more[0]])
        elif word == "read":
            seen.append(call(values[at]))
        elif word == "read_inside":
            seen.append(call({"x": values[at[0]], "more": [values[at[1]]]}))
        elif word == "read_collection":
            seen.append(call([values[name] for name in at]))
        elif word in ("extend", "append_both"):
            call(*(values[name] for name in at), *more)
        elif word in ("append_to_each", "spoil_both"):
            call([values[name] for name in at], *more)
        elif word == "append_deep":
            call([[values[at[0]]], [values[at[1]]]], *more)
        elif word == "fill_slots":
            for place, name in enumerate(at):
                values[name] = [] if isinstance(way, _Parallel) else [*more, place]  # or a placeholder
            call([values[name] for name in at], *more)
        else:
            call(values[at], *more)
    return [way.wait(one) for one in (*seen, *(values[name] for name in NAMES))]


@pytest.mark.breaks_by("AttributeError", "TypeError")
@settings(
    max_examples=60,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_a_program_sees_what_it_would_see_without_tasks(words: Any, steps: list[tuple[Any, ...]]) -> None:
    """Whatever it writes, reads, makes and waits for, in any order."""
    assert _run(_Parallel(words), steps) == _run(_Plain(), steps)


# Files -----------------------------------------------------------------------------------------------------

FILE = st.sampled_from("fgh")
TWO_FILES = st.permutations("fgh").map(lambda names: names[:2])
FILE_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), FILE, st.text("xyz", max_size=3)),
        st.tuples(st.just("add"), FILE, st.text("xyz", max_size=3)),
        st.tuples(st.just("add_beside"), FILE, st.just("o")),
        st.tuples(st.just("copy"), TWO_FILES),
        st.tuples(st.just("write_both"), TWO_FILES, st.text("xyz", max_size=3)),
        st.tuples(st.just("read"), FILE),
        st.tuples(st.just("open"), FILE, st.sampled_from("ra")),
        st.tuples(st.just("delete"), FILE),
    ),
    max_size=12,
)


def _text(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""


def _write(path: str, text: str) -> None:
    Path(path).write_text(text)


def _add(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(text)


def _copy(source: str, target: str) -> None:
    Path(target).write_text(_text(source))


def _write_both(paths: list[str], text: str) -> None:
    for path in paths:
        Path(path).write_text(path[-1] + text)


class _PlainFiles:
    """Uses files where it is called."""

    write, add, add_beside, copy, write_both, read = (
        staticmethod(function) for function in (_write, _add, _add, _copy, _write_both, _text)
    )

    def open(self, path: str, mode: str) -> Any:
        return Path(path).open(mode)

    def delete(self, path: str) -> None:
        Path(path).unlink(missing_ok=True)

    def wait(self, value: Any) -> Any:
        return value


class _ParallelFiles:
    """The same functions as tasks."""

    def __init__(self, words: Any) -> None:
        self.write = words.task(path=FILE_OUT)(_write)
        self.add = words.task(path=FILE_INOUT)(_add)
        self.add_beside = words.task(path=FILE_CONCURRENT)(_add)
        self.copy = words.task(source=FILE_IN, target=FILE_OUT)(_copy)
        self.write_both = words.task(paths=COLLECTION_FILE_OUT)(_write_both)
        self.read = words.task(path=FILE_IN, returns=1)(_text)
        self.open, self.delete, self.wait = words.open, words.delete_file, words.wait_on


def _run_on_files(way: Any, folder: Path, steps: list[tuple[Any, ...]]) -> list[str]:
    """Return all that a program of these steps reads, and what is in each file at its end."""
    paths = {name: str(folder / name) for name in "fgh"}
    for path in paths.values():
        Path(path).touch()
    seen: list[Any] = []
    for word, at, *more in steps:
        if word == "read":
            seen.append(way.read(paths[at]))
        elif word == "open":
            way.add(paths[at], "")  # for a file has to be there to be read
            with way.open(paths[at], *more) as file:
                seen.append(file.read() if more == ["r"] else str(file.write("p")))
        elif word == "delete":
            way.delete(paths[at])
            way.write(paths[at], "")
        elif word == "copy":
            way.copy(*(paths[name] for name in at))
        elif word == "write_both":
            way.write_both([paths[name] for name in at], *more)
        else:
            getattr(way, word)(paths[at], *more)
    seen += [way.read(path) for path in paths.values()]
    return [way.wait(one) for one in seen]


@settings(
    max_examples=40,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=FILE_STEPS)
def test_a_program_finds_in_files_what_it_would_find_without_tasks(
    words: Any, tmp_path: Path, steps: list[tuple[Any, ...]]
) -> None:
    """Whatever it writes, reads, copies, opens and deletes, in any order."""
    with TemporaryDirectory(dir=tmp_path) as one, TemporaryDirectory(dir=tmp_path) as other:
        found = _run_on_files(_ParallelFiles(words), Path(one), steps)
        assert found == _run_on_files(_PlainFiles(), Path(other), steps)
