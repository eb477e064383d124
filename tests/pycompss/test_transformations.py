"""``@data_transformation``: what a task gets is made of its arguments by other tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pycompss.api.api import compss_wait_on
from pycompss.api.data_transformation import (
    FILE_TO_COLLECTION,
    FILE_TO_OBJECT,
    OBJECT_TO_FILE,
    DTObject,
    dt,
)
from pycompss.api.parameter import COLLECTION_IN, FILE_IN
from pycompss.api.task import task

import eflows_nb as ef


def double(x: int, by: int = 2) -> int:
    """Return a multiple."""
    return by * x


def read(path: str) -> str:
    """Return what is in a file."""
    return Path(path).read_text()


def read_words(path: str) -> list[str]:
    """Return its words."""
    return Path(path).read_text().split()


def write(text: str, path: str) -> None:
    """Write a file."""
    Path(path).write_text(text)


def test_the_outer_transformation_comes_first() -> None:
    """And each may have arguments of its own, or submit tasks itself."""

    @dt("x", double, by=3)
    @dt("x", lambda x: ef.task(abs)(x), is_workflow=True)
    @task(returns=1)
    def show(x: int) -> Any:
        return x

    assert compss_wait_on(show(-2)) == 6


def test_files_become_objects_and_collections(tmp_path: Path) -> None:
    """By tasks that wait for whoever writes the file."""
    (tmp_path / "f").write_text("a b c d")

    @dt(target="text", function=read, type=FILE_TO_OBJECT)
    @task(returns=1)
    def length(text: str) -> Any:
        return len(text)

    @dt(target="words", function=read_words, type=FILE_TO_COLLECTION, size=3)
    @task(words=COLLECTION_IN, returns=1)
    def join(words: list[str]) -> Any:
        return "-".join(words)

    assert compss_wait_on(length(str(tmp_path / "f"))) == 7
    assert compss_wait_on(join(str(tmp_path / "f"))) == "a-b-c"


def test_objects_become_files(tmp_path: Path) -> None:
    """At the place that is given."""

    @dt(target="path", function=write, type=OBJECT_TO_FILE, destination=str(tmp_path / "f"))
    @task(path=FILE_IN, returns=1)
    def show(path: str) -> Any:
        return Path(path).name + ":" + Path(path).read_text()

    assert compss_wait_on(show("hello")) == "f:hello"


def test_transformations_may_be_given_at_the_call() -> None:
    """One, or a list of them."""

    @dt()
    @task(returns=1)
    def show(x: int) -> Any:
        return x

    assert compss_wait_on(show(2, dt=DTObject("x", double))) == 4
    assert compss_wait_on(show(2, dt=[DTObject("x", double), DTObject("x", double, {"by": 5})])) == 20
    assert compss_wait_on(show(2)) == 2


def test_a_transformation_of_nothing_is_explained() -> None:
    """With what the call has."""

    @dt("y", double)
    @task(returns=1)
    def show(x: int) -> Any:
        return x

    with pytest.raises(ef.TaskDefinitionError, match="names the parameter 'y', and the call has no such"):
        show(1)
