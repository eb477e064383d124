"""The tasks of a group are waited for and given up as one, and an exception of one of them ends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pycompss.api.exceptions import COMPSsException
from pycompss.api.parameter import INOUT

import eflows_nb as ef

pytestmark = pytest.mark.filterwarnings("ignore::eflows_nb.pycompss.refusal.CancelledTaskWarning")


def _enough() -> Any:
    raise COMPSsException("enough")


def _append(x: list[int], n: int) -> None:
    x.append(n)


def test_an_exception_of_a_task_ends_its_group(words: Any, tmp_path: Path) -> None:
    """It is raised where the group is waited for, is not tried again, and the others are cancelled."""

    def work(path: str, n: int) -> Any:
        (Path(path) / f"{n}-{len(list(Path(path).iterdir()))}").touch()
        if n == 1:
            raise COMPSsException("enough")
        return n

    task = words.task(returns=1)(work)
    with pytest.raises(COMPSsException, match="enough"), words.group("steps"):
        made = [task(str(tmp_path), n) for n in range(3)]
    assert len(list(tmp_path.glob("1-*"))) == 1
    assert words.wait_on(made[0]) in (0, None)
    words.barrier()


def test_what_its_cancelled_tasks_would_have_written_is_as_it_was(words: Any) -> None:
    """Those that come after the one that raised it."""

    def stop(x: list[int]) -> None:
        raise COMPSsException("enough")

    x = [0]
    append, stop_here = words.task(x=INOUT)(_append), words.task(x=INOUT)(stop)
    with words.group("writers", False):
        append(x, 1)
        stop_here(x)
        append(x, 2)

    with pytest.raises(COMPSsException, match="enough"):
        words.barrier_group("writers")
    assert words.wait_on(x) == [0, 1]


def test_a_group_can_be_waited_for_later(words: Any) -> None:
    """By its name; one that does not exist is told."""
    with words.group("later", False):
        words.task(returns=1)(_enough)()

    with pytest.raises(COMPSsException, match="enough"):
        words.barrier_group("later")
    with pytest.raises(ef.EflowsError, match=r"no task group 'never'; there is: .*'later'"):
        words.barrier_group("never")


def test_the_end_of_its_block_waits_for_a_group(words: Any, tmp_path: Path) -> None:
    """All its tasks have ended then, and what they have written is there."""

    def write(path: str) -> None:
        Path(path).touch()

    x: list[int] = []
    append, touch = words.task(x=INOUT)(_append), words.task()(write)
    with words.group("waits"):
        append(x, 1)
        append(x, 2)
        touch(str(tmp_path / "f"))

    assert (tmp_path / "f").exists()
    assert words.wait_on(x) == [1, 2]
