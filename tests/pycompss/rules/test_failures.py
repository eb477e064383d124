"""What happens when a task fails is what the program says: again, the end, nothing, or no successors."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from pycompss.api.parameter import FILE_OUT, INOUT

import eflows_nb as ef
from eflows_nb.pycompss.refusal import CancelledTaskWarning


def _fail(*_: Any) -> Any:
    raise RuntimeError("no luck")


def _one(*_: Any) -> int:
    return 1


@pytest.mark.breaks_by("RuntimeError")
def test_a_task_is_run_three_times_by_default(words: Any, tmp_path: Path) -> None:
    """That is PyCOMPSs' default, not ours."""

    def third_time(folder: str) -> Any:
        runs = len(list(Path(folder).iterdir()))
        (Path(folder) / str(runs)).touch()
        if runs < 2:
            raise RuntimeError("again")
        return runs

    assert words.wait_on(words.task(returns=1)(third_time)(str(tmp_path))) == 2


def test_a_failure_stops_a_program_at_its_next_barrier(words: Any) -> None:
    """Also when nobody waits for the result, with what the task raised."""
    words.task(returns=1, on_failure="FAIL")(_fail)()

    with pytest.raises(RuntimeError, match="no luck"):
        words.barrier()


@pytest.mark.breaks_by("RuntimeError")
def test_a_failure_cancels_what_depends_on_it_and_nothing_else(words: Any) -> None:
    """Also what depends on it by an object that the task was to write."""
    x: list[int] = []
    words.task(x=INOUT, on_failure="FAIL")(_fail_with)(x)
    after = words.task(returns=1)(_one)(x)
    beside = words.task(returns=1)(_one)()

    assert words.wait_on(beside) == 1
    with pytest.raises(ef.TaskCancelledError, match=r"'_fail_with' #\d+ would have made, which failed"):
        words.wait_on(after)


def _fail_with(x: Any) -> None:
    raise RuntimeError("no luck")


@pytest.mark.holds_on_a_plain_pool("its tasks run in the process of the program")
def test_who_waits_gets_the_exception_of_the_task(words: Any) -> None:
    """With its class, its text and the line of the task."""
    with pytest.raises(RuntimeError, match="no luck") as told:
        words.wait_on(words.task(returns=1, on_failure="FAIL")(_fail)())
    assert any(entry.name == "_fail" for entry in told.traceback) or "_fail" in str(told.getrepr())


@pytest.mark.breaks_by("RuntimeError")
def test_an_ignored_failure_leaves_what_the_program_asks_for(words: Any, tmp_path: Path) -> None:
    """A result, and files."""

    def write(path: str) -> Any:
        Path(path).write_text("half")
        raise RuntimeError("no luck")

    (tmp_path / "empty").write_text("nothing")
    write_it = words.on_failure(management="IGNORE", returns=7, path=str(tmp_path / "empty"))(
        words.task(path=FILE_OUT, returns=1)(write)
    )

    assert words.wait_on(write_it(tmp_path / "result")) == 7
    assert (tmp_path / "result").read_text() == "nothing"


@pytest.mark.breaks_by("SystemExit")
def test_a_task_that_ends_the_program_is_ignored_with_what_was_asked_for(words: Any) -> None:
    """As any other failure."""

    def leave() -> Any:
        raise SystemExit(3)

    assert (
        words.wait_on(words.on_failure(management="IGNORE", returns=7)(words.task(returns=1)(leave))()) == 7
    )


@pytest.mark.breaks_by("RuntimeError", "TypeError")
def test_a_call_says_what_its_failure_means(words: Any) -> None:
    """Beside the arguments, as do those of @task; the next call is as it was declared."""
    declared = words.task(returns=1, on_failure="IGNORE", defaults={"returns": 1})(_fail)
    plain = words.task(returns=1)(_fail)

    assert words.wait_on(declared()) == 1
    assert words.wait_on(plain(on_failure="IGNORE", defaults={"returns": 2})) == 2
    assert words.wait_on(declared(defaults={"returns": 3})) == 3
    assert words.wait_on(declared()) == 1
    with pytest.raises(RuntimeError, match="no luck"):
        words.wait_on(plain())


@pytest.mark.breaks_by("RuntimeError")
def test_a_failure_may_be_how_a_loop_ends(words: Any) -> None:
    """A task that fails is a normal event: `returns` says so, and the program goes on."""

    def improve(x: float) -> float:
        if x < 0.1:
            raise RuntimeError("converged")
        return x / 2

    step = words.on_failure(management="IGNORE", returns=-1.0)(words.task(returns=1)(improve))
    x, steps = 1.0, 0
    while (x := words.wait_on(step(x))) != -1.0:
        steps += 1

    assert steps == 4


def test_what_was_given_up_is_as_it_was_before(words: Any) -> None:
    """A failing task is how an iteration says that it has converged: its successors never were."""

    def step(x: list[int]) -> None:
        x[0] += 1

    next_step = words.task(x=INOUT)(step)
    check = words.on_failure(management="CANCEL_SUCCESSORS")(words.task(x=INOUT)(_fail_with))
    x = [0]
    next_step(x)
    next_step(x)
    check(x)
    next_step(x)
    words.barrier()

    assert words.wait_on(x) == [2]
    next_step(x)
    assert words.wait_on(x) == [3]


@pytest.mark.breaks_by("RuntimeError")
def test_a_result_that_was_given_up_is_none_and_says_why(words: Any) -> None:
    """PyCOMPSs returns a bare None."""
    check = words.task(returns=1, on_failure="CANCEL_SUCCESSORS")(_fail)
    follow = words.task(returns=1)(_one)

    with pytest.warns(CancelledTaskWarning, match="returns None: the task raised RuntimeError: no luck"):
        assert words.wait_on([check()]) == [None]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert words.wait_on(follow(check())) is None
    assert "it reads what task '_fail' #" in str(told[-1].message)


def test_a_policy_that_does_not_exist_is_refused(words: Any) -> None:
    """With those that do."""
    with pytest.raises(ef.TaskDefinitionError, match=r"management='GIVE_UP'\) of '_one' is none of RETRY, F"):
        words.on_failure(management="GIVE_UP")(words.task()(_one))
