"""What a function uses besides its arguments is watched for changes."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import eflows_nb as ef
from eflows_nb.runtime.surroundings import Surroundings

SETUP = """
import math
import numpy as np
LIMIT = 3
PAIR = (1, 2)
TABLE = {"a": [1]}
ARRAY = np.zeros(3)
unused = []

def helper(x, default=[0]):
    return x + LIMIT

class Base:
    factor = 2
    def run(self): return helper(1)

class Model(Base):
    @property
    def value(self): return TABLE
    @staticmethod
    def make(): return ARRAY

MODEL = Model()

def work(x):
    return [helper(y) * math.pi for y in PAIR], Model.make(), MODEL.value
"""


@pytest.fixture
def namespace() -> dict[str, Any]:
    """Give the names of a notebook."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(SETUP, names)
    return names


@pytest.mark.parametrize(
    "change",
    [
        "LIMIT = 4",
        "PAIR = (1, 2, 3)",
        "TABLE['a'].append(2)",
        "ARRAY[0] = 1.0",
        "def helper(x, default=[0]): return x",
        "helper.__defaults__[0].append(1)",
        "Base.factor = 3",
        "Base.run = lambda self: 0",
        "del LIMIT",
        "Model.make = staticmethod(lambda: None)",
        "MODEL.attribute = 1",
        "import cmath as math",
    ],
)
def test_a_change_of_what_it_uses_is_seen(namespace: dict[str, Any], change: str) -> None:
    """Directly, through helpers and classes, and within values."""
    surroundings = Surroundings(namespace["work"])
    assert surroundings.are_as_before()
    exec(change, namespace)

    assert not surroundings.are_as_before()


@pytest.mark.parametrize("change", ["unused.append(1)", "other = 1", "LIMIT = 3", "TABLE['a'][0] = 1"])
def test_other_changes_do_not_matter(namespace: dict[str, Any], change: str) -> None:
    """Names that it does not use, and values that are the same again."""
    surroundings = Surroundings(namespace["work"])
    exec(change, namespace)

    assert surroundings.are_as_before()


def test_closures_and_partly_filled_cells_are_watched() -> None:
    """A cell may be filled after the function was made."""
    surroundings_of: list[Surroundings] = []

    def outer() -> None:
        def inner() -> Any:
            return late, array

        array = np.zeros(3)
        surroundings_of.append(Surroundings(inner))
        assert surroundings_of[0].are_as_before()
        late = 1

    outer()
    assert not surroundings_of[0].are_as_before()


def test_task_functions_are_looked_into(namespace: dict[str, Any]) -> None:
    """A task function that calls another one depends on what that one uses."""
    namespace["helper"] = ef.task(namespace["helper"])
    surroundings = Surroundings(namespace["work"])
    namespace["LIMIT"] = 5

    assert not surroundings.are_as_before()


def test_installed_functions_are_not_looked_into() -> None:
    """They travel by name."""
    surroundings = Surroundings(np.linalg.norm)
    assert surroundings.are_as_before()
    assert surroundings._names == surroundings._places == []


def test_what_cannot_be_pickled_is_watched_by_identity() -> None:
    """A lock has no content that could be compared."""
    lock = threading.Lock()

    def hold() -> object:
        return lock

    surroundings = Surroundings(hold)
    with lock:
        assert surroundings.are_as_before()
    lock = threading.Lock()

    assert not surroundings.are_as_before()


SELVES = """
import functools

def again(n):
    return n and again(n - 1)

class Tree:
    def __init__(self):
        super().__init__()
    def grow(self):
        return Tree()

def enclosed():
    def inner(n):
        return n and inner(n - 1)
    return inner
inner = enclosed()
"""


@pytest.mark.parametrize("name", ["again", "Tree", "inner"])
def test_what_refers_to_itself_is_let_go(name: str) -> None:
    """By its global name, by the methods of a class, or by a closure: who watches it does not keep it."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(SELVES, names)
    thing = weakref.ref(names[name])
    surroundings = Surroundings(names[name])
    assert surroundings.are_as_before()
    names.clear()
    gc.collect()

    assert thing() is None
    assert not surroundings.are_as_before()
