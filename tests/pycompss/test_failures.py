"""What happens when a task fails: retries, values for what is missing, groups, earlier versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pycompss.api.api import TaskGroup, compss_barrier, compss_barrier_group, compss_wait_on
from pycompss.api.exceptions import COMPSsException
from pycompss.api.on_failure import on_failure
from pycompss.api.parameter import FILE_OUT, INOUT
from pycompss.api.task import task

import eflows_nb as ef
from eflows_nb.pycompss.refusal import CancelledTaskWarning


def test_a_task_is_run_three_times_by_default(tmp_path: Path) -> None:
    """That is PyCOMPSs' default, not ours."""

    @task(returns=1)
    def third_time(path: str) -> Any:
        runs = len(list(Path(path).iterdir()))
        (Path(path) / str(runs)).touch()
        if runs < 2:
            raise RuntimeError("again")
        return runs

    assert compss_wait_on(third_time(str(tmp_path))) == 2


def test_a_failure_stops_a_program_that_does_not_expect_it() -> None:
    """At its next barrier, with what the task raised."""

    @task(returns=1, on_failure="FAIL")
    def fail() -> Any:
        raise RuntimeError("no luck")

    fail()
    with pytest.raises(RuntimeError, match="no luck"):
        compss_barrier()


def test_an_ignored_failure_leaves_what_the_program_asks_for(tmp_path: Path) -> None:
    """A result, and files."""
    (tmp_path / "empty").write_text("nothing")

    @on_failure(management="IGNORE", returns=7, path=str(tmp_path / "empty"))
    @task(path=FILE_OUT, returns=1)
    def fail(path: str) -> Any:
        raise RuntimeError("no luck")

    assert compss_wait_on(fail(tmp_path / "result")) == 7
    assert (tmp_path / "result").read_text() == "nothing"


@pytest.mark.parametrize("where", ["inline", pytest.param("engines", marks=pytest.mark.engines)])
def test_what_was_given_up_is_as_it_was_before(where: str) -> None:
    """A failing task is how an iteration says that it has converged: its successors never were."""

    @task(x=INOUT)
    def step(x: list[int]) -> None:
        x[0] += 1

    @on_failure(management="CANCEL_SUCCESSORS")
    @task(x=INOUT)
    def check(x: list[int]) -> None:
        raise RuntimeError("converged")

    if where == "engines":
        ef.start(engines=1)
    x = [0]
    step(x)
    step(x)
    check(x)
    step(x)
    compss_barrier()
    assert compss_wait_on(x) == [2]
    step(x)
    assert compss_wait_on(x) == [3]
    ef.stop()


def test_a_result_that_was_given_up_is_none_and_says_why() -> None:
    """PyCOMPSs returns a bare None."""

    @task(returns=1, on_failure="CANCEL_SUCCESSORS")
    def check() -> Any:
        raise RuntimeError("converged")

    with pytest.warns(CancelledTaskWarning, match="returns None: the task raised RuntimeError: converged"):
        assert compss_wait_on([check()]) == [None]


def test_an_exception_of_a_task_ends_its_group(tmp_path: Path) -> None:
    """It is raised where the group is waited for, is not tried again, and the others are cancelled."""

    @task(returns=1)
    def work(path: str, n: int) -> Any:
        (Path(path) / f"{n}-{len(list(Path(path).iterdir()))}").touch()
        if n == 1:
            raise COMPSsException("enough")
        return n

    with pytest.raises(COMPSsException, match="enough"), TaskGroup("steps"):
        made = [work(str(tmp_path), n) for n in range(3)]
    assert len(list(tmp_path.glob("1-*"))) == 1
    assert compss_wait_on(made[0]) == 0
    compss_barrier()


def test_a_group_can_be_waited_for_later() -> None:
    """By its name; one that does not exist is told."""

    @task(returns=1)
    def work() -> Any:
        raise COMPSsException("enough")

    with TaskGroup("later", False):
        work()
    with pytest.raises(COMPSsException, match="enough"):
        compss_barrier_group("later")
    with pytest.raises(ef.EflowsError, match=r"no task group 'never'; there is: .*'later'"):
        compss_barrier_group("never")


def test_a_policy_that_does_not_exist_is_refused() -> None:
    """With those that do."""
    with pytest.raises(ef.TaskDefinitionError, match=r"management='GIVE_UP'\) of 'f' is none of RETRY, FAIL"):

        @on_failure(management="GIVE_UP")
        @task()
        def f() -> None: ...
