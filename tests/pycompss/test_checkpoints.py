"""A checkpoint folder knows the functions of a program by their code, not by their names."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.pycompss.shipped import Shipped
from eflows_nb.runtime.code_digest import digest_of_function


def _function(source: str) -> Any:
    """Return the function `work` of a module, as it is after an edit of its file."""
    names: dict[str, Any] = {"__name__": "some_module"}
    exec(source, names)
    return names["work"]


def _called(prefix: str, function: Any) -> Any:
    return partial(function, prefix)


def test_another_code_under_the_same_name_is_another_function() -> None:
    """Nobody gets the results of the code before."""
    before = Shipped(_function("def work(x): return x + 1"))
    after = Shipped(_function("def work(x): return x + 2"))
    same = Shipped(_function("def work(x): return x + 1"))

    assert digest_of_function(before) != digest_of_function(after)
    assert digest_of_function(before) == digest_of_function(same)


def test_a_helper_of_the_module_counts_too() -> None:
    """The function itself may have stayed the same."""
    source = "def work(x): return helper(x)\ndef helper(x): return {}"

    assert digest_of_function(Shipped(_function(source.format("1")))) != digest_of_function(
        Shipped(_function(source.format("2")))
    )


def test_what_is_wrapped_around_it_counts_too() -> None:
    """A program that is started with other words computes something else."""
    plain = _function("def work(x): return x")
    one, other = (Shipped(plain, [partial(_called, word)]) for word in ("one", "other"))

    assert digest_of_function(one) != digest_of_function(other)
    assert digest_of_function(one) != digest_of_function(Shipped(plain))


PROGRAM = """
from pycompss.api.api import compss_wait_on
from pycompss.api.parameter import INOUT
from pycompss.api.task import task

class Counter:
    def __init__(self, number):
        self.number = number
    def next(self):
        return self.number + 1

@task(returns=1)
def make(number):
    print("make")
    return Counter(number)

@task(counter=INOUT)
def increase(counter):
    print("increase")
    counter.number = counter.next()

made, mine = make(1), Counter(5)
increase(made)
increase(mine)
made, mine = compss_wait_on(made, mine)
print(isinstance(made, Counter), made.next(), isinstance(mine, Counter), mine.next())
"""


@pytest.mark.engines
def test_instances_of_the_program_are_found_again(
    run_program: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """They are of the class of the program that runs now; with another code of it they are others."""
    options = ["--checkpoint", "results"]
    first = run_program(PROGRAM, engines=1, options=options)
    again = run_program(PROGRAM, engines=1, options=options)
    other = run_program(PROGRAM.replace("number + 1", "number + 2"), engines=1, options=options)

    ran = ["increase", "increase", "make"]
    assert sorted(first.stdout.splitlines()) == ["True 3 True 7", *ran], first.stderr
    assert again.stdout == "True 3 True 7\n", again.stderr
    assert sorted(other.stdout.splitlines()) == ["True 5 True 9", *ran], other.stderr


IGNORING = """
from pathlib import Path
from pycompss.api.api import compss_wait_on
from pycompss.api.task import task

@task(returns=1, on_failure="IGNORE")
def read():
    return Path("number").read_text()

@task(returns=1)
def describe(text):
    return f"It is {text}."

print(compss_wait_on(describe(read())))
"""


@pytest.mark.engines
def test_what_follows_an_ignored_failure_is_not_kept_for_the_result(
    run_program: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Nobody knows beforehand which of the two it will be."""
    failed = run_program(IGNORING, engines=1, options=["--checkpoint", "results"])
    (tmp_path / "number").write_text("7")
    done = run_program(IGNORING, engines=1, options=["--checkpoint", "results"])

    assert (failed.stdout, done.stdout) == ("It is None.\n", "It is 7.\n"), done.stderr
