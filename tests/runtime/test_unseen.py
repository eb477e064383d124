"""A failure that nobody was told of is told by the barrier, however many others were handled."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.errors import TaskFailedError
from eflows_nb.runtime.unseen import UNSEEN_KEPT
from eflows_nb.tasks.state import TaskState

pytestmark = pytest.mark.usefixtures("settled")


@ef.task
def fail(x: Any = 0) -> Any:
    """Raise an error."""
    raise ValueError(f"no {x}")


@ef.task
def identity(x: Any) -> Any:
    """Return the argument."""
    return x


def _handle(futures: list[ef.Future]) -> None:
    for future in futures:
        assert isinstance(future.exception(), ValueError)


def test_many_handled_failures_do_not_hide_one_that_was_not() -> None:
    """Those that were handled do not count."""
    fail("at first")
    _handle(ef.map(fail, range(UNSEEN_KEPT + 50)))

    with pytest.raises(ValueError, match="no at first") as caught:
        ef.barrier()
    assert len(caught.value.__notes__) == 1, "the place of the task, and no other failure"
    ef.barrier()


def test_all_failures_that_nobody_saw_are_counted_and_the_first_are_named() -> None:
    """The note of the exception says how many there are, and what some of them were."""
    ef.map(fail, range(UNSEEN_KEPT + 50))

    with pytest.raises(ValueError, match="no 0") as caught:
        ef.barrier()
    note = caught.value.__notes__[-1]
    assert note.startswith(f"{UNSEEN_KEPT + 49} more tasks failed that nobody has waited for: 'fail' #")
    assert "(ValueError: no 1), 'fail' #" in note
    assert note.endswith("(ValueError: no 3), others.")


def test_failures_of_which_only_the_number_is_known_are_told_too() -> None:
    """Those that are kept were handled, and the others forgotten with their futures."""
    futures = ef.map(fail, range(UNSEEN_KEPT + 5))
    _handle(futures[:UNSEEN_KEPT])
    del futures
    gc.collect()

    with pytest.raises(TaskFailedError, match=r"^5 tasks failed that nobody has waited for"):
        ef.barrier()


def test_a_failure_that_is_handled_after_the_barrier_told_of_it_counts_once() -> None:
    """The next barrier begins anew."""
    futures = ef.map(fail, range(UNSEEN_KEPT + 5))
    with pytest.raises(ValueError, match="no 0"):
        ef.barrier()
    _handle(futures)
    fail("again")

    with pytest.raises(ValueError, match="no again"):
        ef.barrier()


def test_a_group_is_told_of_a_failure_outside_it() -> None:
    """Its task cannot run: that is no quiet end, and the cause is with it."""
    broken = fail("outside")
    with pytest.raises(ef.TaskCancelledError, match=r"'identity' .* 'fail' .* failed") as caught, ef.group():
        reader = identity(broken)

    assert isinstance(caught.value.__cause__, ValueError)
    assert reader.state is TaskState.CANCELLED


def test_a_group_tells_of_its_own_failure_and_not_of_its_readers() -> None:
    """Whichever of them ended first."""
    with pytest.raises(ValueError, match="no inside"), ef.group():
        identity(identity(fail("inside")))


def test_a_group_does_not_complain_of_what_was_cancelled_on_purpose() -> None:
    """The program knows."""
    with ef.group() as group:
        future = identity(1)
        future.cancel()
    assert len(group) == 1


def test_what_was_given_up_on_purpose_is_as_before_for_who_waits() -> None:
    """After the barrier the object itself, or an older version, is what there is."""

    @ef.task(items=ef.INOUT, on_failure="cancel_successors")
    def spoil(items: list[int]) -> None:
        raise ValueError("on purpose")

    @ef.task(items=ef.INOUT)
    def append(items: list[int]) -> None:
        items.append(1)

    fresh, older = [0], [0]
    append(older)
    spoil(fresh)
    spoil(older)
    append(older)
    ef.barrier()

    assert ef.wait_on({"fresh": fresh, "older": [older]}) == {"fresh": [0], "older": [[0, 1]]}


def test_a_file_that_was_given_up_on_purpose_is_what_it_is(tmp_path: Path) -> None:
    """Tasks that read it after the barrier find what is left there; those before are cancelled."""

    @ef.task(path=ef.FILE_INOUT, on_failure="cancel_successors")
    def spoil(path: str) -> None:
        Path(path).write_text("half")
        raise ValueError("on purpose")

    @ef.task(path=ef.FILE_IN)
    def read(path: str) -> str:
        return Path(path).read_text()

    path = tmp_path / "file"
    path.write_text("whole")
    spoil(path)
    early = read(path)
    ef.barrier()

    assert ef.wait_on(read(path)) == "half"
    with pytest.raises(ef.TaskCancelledError):
        ef.wait_on(early)
