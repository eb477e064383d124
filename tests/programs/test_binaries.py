"""Task functions that are programs, or have programs around them."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.engine.processes import ProgramFailedError

pytestmark = pytest.mark.usefixtures("cluster")


@ef.binary("sort", args="-n {{source}}")
@ef.task(source=ef.FILE_IN, target=ef.FILE_OUT_STDOUT)
def sort(source: Path, target: Path) -> None:
    """Sort the lines of a file by number."""


@ef.binary("sh", args="-c 'exit {{code}}'")
@ef.task
def end(code: int) -> None:
    """End with an exit code."""


def test_a_program_reads_and_writes_files(tmp_path: Path) -> None:
    """What comes after it waits for the file, as for that of any task."""
    (tmp_path / "numbers").write_text("10\n9\n8\n")

    sort(tmp_path / "numbers", tmp_path / "sorted")
    sort(tmp_path / "sorted", tmp_path / "again")

    with ef.open(tmp_path / "again") as file:
        assert file.read() == "8\n9\n10\n"


def test_without_args_a_program_gets_all_values_in_order(tmp_path: Path) -> None:
    """A file that is a channel is none of them, and a prefix stands before the value."""
    (tmp_path / "in").write_text("a b\nb c\nb d\n")

    @ef.binary("grep")
    @ef.task(source=ef.FILE_IN_STDIN, count=ef.prefix("--max-count="), found=ef.FILE_OUT_STDOUT)
    def grep(count: int, word: str, source: Path, found: Path) -> None: ...

    grep(1, "b", tmp_path / "in", tmp_path / "found")

    assert ef.wait_on_file(tmp_path / "found").read_text() == "a b\n"


def test_a_prefix_may_stand_before_a_file(tmp_path: Path) -> None:
    """And the task still waits for the one that writes it."""
    (tmp_path / "a").write_text("2\n1\n")

    @ef.binary("sort")
    @ef.task(source=ef.FILE_IN, target=ef.prefix("--output=", ef.FILE_OUT))
    def sort_into(source: Path, target: Path) -> None: ...

    sort_into(tmp_path / "a", tmp_path / "b")
    sort_into(tmp_path / "b", tmp_path / "c")

    assert ef.wait_on_file(tmp_path / "c").read_text() == "1\n2\n"


def test_output_is_added_to_a_file_that_is_not_only_written(tmp_path: Path) -> None:
    """Errors go to a file of their own."""
    (tmp_path / "log").write_text("first\n")

    @ef.binary("sh", args="-c 'echo second; echo wrong >&2'", working_dir=str(tmp_path) + "/{{folder}}")
    @ef.task(log=ef.FILE_INOUT_STDOUT, errors=ef.FILE_OUT_STDERR)
    def speak(folder: str, log: Path, errors: Path) -> None: ...

    speak("made", tmp_path / "log", tmp_path / "errors")

    assert ef.wait_on_file(tmp_path / "log").read_text() == "first\nsecond\n"
    assert (tmp_path / "errors").read_text() == "wrong\n"
    assert (tmp_path / "made").is_dir()


def test_a_variable_of_the_notebook_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its value at the call, also by engines that were started before."""

    @ef.binary("echo", args="${EFLOWS_TEST_WORD}")
    @ef.task(out=ef.FILE_OUT_STDOUT)
    def say(out: Path) -> None: ...

    monkeypatch.setenv("EFLOWS_TEST_WORD", "one")
    say(tmp_path / "one")
    monkeypatch.setenv("EFLOWS_TEST_WORD", "two")
    say(tmp_path / "two")

    assert ef.wait_on_file(tmp_path / "one").read_text() == "one\n"
    assert ef.wait_on_file(tmp_path / "two").read_text() == "two\n"


def test_the_result_of_a_program_is_its_exit_code() -> None:
    """One other than 0 is a failure, told with the command line, unless that is not checked."""

    @ef.binary("sh", args="-c 'exit 3'", check=False)
    @ef.task
    def code() -> None: ...

    assert ef.wait_on(end(0)) == 0
    assert ef.wait_on(code()) == 3
    with pytest.raises(ProgramFailedError, match="'sh -c 'exit 4'' ended with exit code 4"):
        ef.wait_on(end(4))


def test_a_traceback_shows_the_lines_of_the_user() -> None:
    """Not how a program is run, and what is wrapped around a function."""

    @ef.prolog("true")
    @ef.task
    def invert(x: int) -> float:
        return 1 / x

    with pytest.raises(ZeroDivisionError) as of_function:
        ef.wait_on(invert(0))
    with pytest.raises(ProgramFailedError) as of_program:
        ef.wait_on(end(4))

    shown = [Path(line.filename) for line in traceback.extract_tb(of_function.value.__traceback__)]
    assert shown[-1] == Path(__file__)
    shown += [Path(line.filename) for line in traceback.extract_tb(of_program.value.__traceback__)]
    assert [path for path in shown if "pycompss" in path.parts] == []


def test_what_the_task_decorator_says_holds_for_programs(tmp_path: Path) -> None:
    """A program is run again on failure, or its failure is ignored."""
    script = f"-c 'echo . >> {tmp_path}/tries; test $(wc -l < {tmp_path}/tries) = 3'"

    @ef.binary("sh", args=script)
    @ef.task(retries=2)
    def stubborn() -> None: ...

    @ef.binary("false")
    @ef.task(on_failure="ignore")
    def ignored() -> None: ...

    assert ef.wait_on(stubborn()) == 0
    assert ef.wait_on(ignored()) is None
    assert stubborn.policy.retries == 2


def test_methods_and_static_methods_may_be_programs(tmp_path: Path) -> None:
    """The program gets the arguments after the object, and may name what that has."""

    class Speaker:
        word = "hello"

        @ef.binary("echo", args="{{self.word}} {{name}}")
        @ef.task(out=ef.FILE_OUT_STDOUT)
        def greet(self, name: str, out: Path) -> None: ...

        @staticmethod
        @ef.binary("echo")
        @ef.task(out=ef.FILE_OUT_STDOUT)
        def say(name: str, out: Path) -> None: ...

    Speaker().greet("you", tmp_path / "a")
    Speaker.say("me", tmp_path / "b")

    assert ef.wait_on_file(tmp_path / "a").read_text() == "hello you\n"
    assert ef.wait_on_file(tmp_path / "b").read_text() == "me\n"


def test_a_task_may_call_a_program_function(tmp_path: Path) -> None:
    """It then runs on the spot, and its exit code is returned."""

    @ef.task(target=ef.FILE_OUT)
    def outer(source: Path, target: Path) -> Any:
        return sort(source, target), end(0)

    (tmp_path / "a").write_text("2\n1\n")

    assert ef.wait_on(outer(tmp_path / "a", tmp_path / "b")) == (0, 0)
    assert (tmp_path / "b").read_text() == "1\n2\n"


def test_programs_run_before_and_after_a_task(tmp_path: Path) -> None:
    """One that fails before the task lets it fail; one after it only where that is asked for."""

    @ef.epilog("sh", args="-c 'echo after >> {{path}}; exit 1'")
    @ef.prolog("sh", args="-c 'echo before > {{path}}'")
    @ef.task(path=ef.FILE_INOUT)
    def append(path: str) -> str:
        with Path(path).open("a") as file:
            file.write("task\n")
        return "done"

    @ef.prolog("false")
    @ef.task
    def never() -> None: ...

    assert ef.wait_on(append(tmp_path / "f")) == "done"
    assert (tmp_path / "f").read_text() == "before\ntask\nafter\n"
    with pytest.raises(ProgramFailedError, match="'false' ended with exit code 1"):
        ef.wait_on(never())
