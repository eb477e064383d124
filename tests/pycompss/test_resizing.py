"""Engines that a program asks for or gives back, and tasks that it gives up."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from pycompss.api.api import compss_free_resources

import eflows_nb as ef

Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.engines

_WAITER = """
import time
from pycompss.api.api import *
from pycompss.api.task import task

@task()
def wait():
    time.sleep(600)
"""


@pytest.mark.parametrize(
    ("word", "engines", "then"), [("compss_request_resources", 1, 2), ("compss_free_resources", 2, 1)]
)
def test_a_group_is_told_of_engines_by_being_cancelled(
    run_program: Run, word: str, engines: int, then: int
) -> None:
    """As soon as there are more of them, or fewer."""
    source = f"""{_WAITER}
with TaskGroup("waiting"):
    wait()
    {word}(1, "waiting")
print(compss_get_number_of_resources(), "engines")
"""
    done = run_program(source, engines=engines)

    assert done.returncode == 0, done.stderr
    assert f"{then} engines" in done.stdout


def test_one_engine_must_stay() -> None:
    """And the error says how to end it."""
    with pytest.raises(ef.ClusterError, match=r"there are 0 engines, and one must stay\. Free fewer, or end"):
        compss_free_resources(1)


def test_a_stop_with_a_code_cancels_what_has_not_ended(run_program: Run) -> None:
    """And the program goes on."""
    done = run_program(f"{_WAITER}\nwait()\ncompss_stop(1)\nprint('stopped')\n", engines=1)

    assert done.returncode == 0, done.stderr
    assert "stopped" in done.stdout


def test_a_file_that_a_cancelled_group_would_have_written_is_as_before(run_program: Run) -> None:
    """Tasks that come later read and write it."""
    source = """
from pathlib import Path
from pycompss.api.api import *
from pycompss.api.exceptions import COMPSsException
from pycompss.api.parameter import FILE_INOUT
from pycompss.api.task import task

@task(path=FILE_INOUT)
def append(path, text):
    with open(path, "a") as file:
        file.write(text)

@task(path=FILE_INOUT)
def fail(path):
    raise COMPSsException("on purpose")

append("notes", "1")
try:
    with TaskGroup("failing"):
        fail("notes")
        append("notes", "2")
except COMPSsException:
    append("notes", "3")
compss_wait_on_file("notes")
print("notes:", Path("notes").read_text())
"""
    done = run_program(source, engines=1)

    assert done.returncode == 0, done.stderr
    assert "notes: 13\n" in done.stdout
