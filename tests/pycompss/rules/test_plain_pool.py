"""The rules are strict: a program that shows none, or says something untrue of itself, is a failing test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = """
import pytest

def one():
    return 1

def test_shows_nothing(words):
    assert words.wait_on(words.task(returns=1)(one)()) == 1

@pytest.mark.holds_on_a_plain_pool("so it is said")
def test_says_what_is_not_so(words):
    x = []
    words.task()(x.append)(1)
    assert x == []

def test_breaks_by_something_else(words):
    words.no_such_word

@pytest.mark.breaks_by("AttributeError")
def test_breaks_as_it_says(words):
    words.no_such_word

def test_breaks(words):
    test_says_what_is_not_so(words)
"""


def test_a_program_has_to_break_there_as_it_says(tmp_path: Path) -> None:
    """Those that do pass, all others fail with the reason."""
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path / "conftest.py")
    (tmp_path / "test_programs.py").write_text(PROGRAMS)
    (tmp_path / "conftest.py").write_text(
        "import eflows_nb.pycompss; eflows_nb.pycompss.activate()\n"
        + (tmp_path / "conftest.py").read_text().replace("from __future__ import annotations\n", "")
    )
    chosen = ["-k", "not inline and not engines"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen, str(tmp_path)]

    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)

    assert "3 failed, 2 passed" in done.stdout
    assert "It holds on a plain pool too, and so shows no rule." in done.stdout
    assert "It is said to hold on a plain pool (so it is said), and does not: {<Order.EARLY" in done.stdout
    assert "AttributeError: 'PlainPool' object has no attribute 'no_such_word'" in done.stdout


@pytest.mark.holds_on_a_plain_pool("it is what the pool does know")
def test_a_future_is_an_argument(words: Any) -> None:
    """Of any task, also of one that comes before it in no order."""

    def add(x: int, y: int = 0) -> int:
        return x + y

    task = words.task(returns=1)(add)
    one = task(1)

    assert not isinstance(one, int)
    assert words.wait_on([task(one, y=one), task(task(one), y=task(one, one)), task(2)]) == [2, 3, 2]
