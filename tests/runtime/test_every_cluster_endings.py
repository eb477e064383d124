"""How tasks end is the same wherever they run: errors, cancellation, waiting and what futures tell."""

from __future__ import annotations

import asyncio
import copy
import pickle
import re
import signal
import threading
import traceback
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.errors import ForeignFutureError
from eflows_nb.runtime import session
from eflows_nb.tasks.events import WaitEnded, WaitStarted
from eflows_nb.tasks.state import TaskState

pytestmark = pytest.mark.usefixtures("every_cluster", "settled")


@ef.task
def identity(x: Any) -> Any:
    """Return the argument."""
    return x


@ef.task
def fail(x: Any = 0) -> Any:
    """Raise an error."""
    raise ValueError(f"no {x}")


# Errors ------------------------------------------------------------------------------------------------


def test_the_users_own_exception_reaches_whoever_waits() -> None:
    """Its class, text and traceback, down to the failing line; never a transport error."""

    @ef.task
    def outer(x: int) -> float:
        def inner(y: int) -> float:
            return 1 / y

        return inner(x)

    with pytest.raises(ZeroDivisionError, match="division by zero") as caught:
        ef.wait_on(outer(0))

    frames = traceback.extract_tb(caught.value.__traceback__)
    assert [frame.name for frame in frames[-2:]] == ["outer", "inner"]
    assert frames[-1].line == "return 1 / y"
    assert re.search(r"In task 'outer' #\d+, on engine \d", "".join(caught.value.__notes__))


def test_an_exception_can_be_raised_twice() -> None:
    """Whoever waits again is told again, each time with a fresh traceback."""
    future = fail(1)
    first, second = future.exception(), future.exception()

    assert first is not second
    assert str(first) == str(second) == "no 1"


def test_an_exception_keeps_its_attributes_and_its_class() -> None:
    """Classes of the notebook are the same class here."""

    class OwnError(Exception):
        def __init__(self, code: int, *, hint: str = "") -> None:
            super().__init__(code)
            self.code = code
            self.hint = hint

    @ef.task
    def raises() -> None:
        error = OwnError(7)
        error.hint = "look"
        raise error

    with pytest.raises(OwnError) as caught:
        ef.wait_on(raises())
    assert (caught.value.code, caught.value.hint) == (7, "look")


def test_an_exception_that_cannot_be_pickled_is_told_as_text() -> None:
    """Its class, message and traceback are in the text of the error."""

    class LockedError(Exception):
        def __init__(self) -> None:
            super().__init__("jammed")
            self.lock = threading.Lock()

    @ef.task
    def raises() -> None:
        raise LockedError

    with pytest.raises(ef.TaskFailedError, match=r"(?s)LockedError: jammed.*raise LockedError"):
        ef.wait_on(raises())


def test_an_exception_that_pickles_but_does_not_come_back_is_told_as_text() -> None:
    """It has said itself how it is to be made again, and that does not work."""

    class PickyError(Exception):
        def __reduce__(self) -> Any:
            return int, ("no number",)

    @ef.task
    def raises() -> None:
        raise PickyError("1 and 2")

    with pytest.raises(ef.TaskFailedError, match="PickyError: 1 and 2"):
        ef.wait_on(raises())


def test_an_exception_with_a_constructor_of_its_own_can_be_caught() -> None:
    """Its class, text and attributes are those of before, whatever its constructor takes."""

    class HttpError(Exception):
        def __init__(self, status: int, *, url: str) -> None:
            super().__init__(f"{status} for {url}")
            self.status = status

    @ef.task
    def raises() -> None:
        raise HttpError(404, url="/here")

    with pytest.raises(HttpError, match=r"^404 for /here") as caught:
        ef.wait_on(raises())
    assert caught.value.status == 404


def test_an_exception_that_cannot_be_asked_for_notes_is_raised() -> None:
    """One that looks for all it is asked in an answer has no place to say which task has raised it."""

    class AnswerError(Exception):
        def __getattr__(self, name: str) -> Any:
            return self.args[0][name]

    @ef.task
    def raises() -> None:
        raise AnswerError({"code": 404})

    with pytest.raises(AnswerError) as caught:
        ef.wait_on(raises())
    assert caught.value.code == 404


@pytest.mark.parametrize("kind", [SystemExit, asyncio.CancelledError, GeneratorExit])
def test_what_would_end_the_program_is_told_as_a_failure(kind: type[BaseException]) -> None:
    """`sys.exit` in a task ends the task, not the program that waits for it."""

    @ef.task
    def leaves() -> None:
        raise kind("bye")

    with pytest.raises(ef.TaskFailedError, match=f"{kind.__name__}: bye"):
        ef.wait_on(leaves())


def test_a_result_that_cannot_be_pickled_is_an_error() -> None:
    """The text names the type, and the task counts as failed."""
    future = ef.task(lambda: threading.Lock())()
    with pytest.raises(TypeError, match="task function returned a lock, which cannot be pickled"):
        ef.wait_on(future)
    assert future.state is TaskState.FAILED


def test_an_argument_that_cannot_be_pickled_is_the_callers_error() -> None:
    """It is told at the call, before there is a task."""
    with pytest.raises(TypeError, match=r"'x' of '.*' cannot be sent to a task.*lock"):
        identity(threading.Lock())

    @ef.task(items=ef.INOUT)
    def collect(items: list[Any], *more: Any, **named: Any) -> int:
        return len(items) + len(more) + len(named)

    with pytest.raises(TypeError, match=r"'more\[1\]' of 'collect' cannot be sent to a task: .*lock"):
        collect([], 1, threading.Lock(), key=threading.Lock())
    with pytest.raises(TypeError, match=r"'key' of 'collect' cannot be sent to a task: .*lock"):
        collect([], 1, key=threading.Lock())


def test_a_function_that_cannot_be_pickled_is_the_callers_error() -> None:
    """The text says what to do about the global name that cannot travel."""
    lock = threading.Lock()

    @ef.task
    def uses_lock() -> bool:
        return lock.locked()

    with pytest.raises(ef.TaskDefinitionError, match=r"'uses_lock' cannot be sent.*inside the function"):
        uses_lock()


def test_an_error_names_the_reader_and_the_cause() -> None:
    """Whoever waits for a cancelled task learns which task failed, and how."""
    future = identity(identity(fail(3)))
    with pytest.raises(
        ef.TaskCancelledError, match=r"'identity' #\d+ was cancelled.*'fail' #\d+.*failed"
    ) as caught:
        ef.wait_on(future)
    assert isinstance(caught.value.__cause__, ValueError)
    assert str(caught.value.__cause__) == "no 3"


def test_the_first_failure_in_order_is_raised() -> None:
    """Of several failures in a container the first one counts."""
    with pytest.raises(ValueError, match="no 1"):
        ef.wait_on([identity(0), fail(1), fail(2)])


def test_a_failure_leaves_other_tasks_alone() -> None:
    """Only what depends on the failed task is cancelled."""
    bad, good = fail(), ef.map(identity, range(5))
    assert isinstance(bad.exception(), ValueError)
    assert ef.wait_on(good) == [0, 1, 2, 3, 4]


# Barrier -----------------------------------------------------------------------------------------------


def test_a_barrier_waits_for_everything() -> None:
    """After it all tasks have ended."""
    futures = ef.map(identity, range(20))
    ef.barrier()
    assert {future.state for future in futures} == {TaskState.DONE}


def test_a_barrier_raises_a_failure_that_nobody_has_seen_once() -> None:
    """A failure is told to somebody, and only once."""
    fail(1), fail(2)
    with pytest.raises(ValueError, match=r"no [12]") as caught:
        ef.barrier()
    assert "1 more tasks failed" in "".join(caught.value.__notes__)
    ef.barrier()


def test_a_barrier_does_not_repeat_what_was_told() -> None:
    """A failure that somebody has waited for, itself or through a reader, is known."""
    bad, cause = fail(1), fail(2)
    reader = identity(cause)
    assert isinstance(bad.exception(), ValueError)
    assert isinstance(reader.exception(), ef.TaskCancelledError)
    ef.barrier()


# Futures -----------------------------------------------------------------------------------------------


def test_a_future_tells_its_state() -> None:
    """Done, failed and cancelled are told apart, and a cancelled task is no failure."""
    good, bad = identity(1), fail()
    reader = identity(bad)
    with pytest.raises(ValueError, match="no 0"):
        ef.barrier()

    assert [future.state for future in (good, bad, reader)] == ["done", "failed", "cancelled"]
    assert all(future.done() for future in (good, bad, reader))


def test_done_makes_progress() -> None:
    """Who polls a future sees its task end, without waiting for anything."""
    future = identity(1)
    while not future.done():
        pass
    assert future.result(timeout=0) == 1


def test_exception_returns_what_result_would_raise() -> None:
    """None for a task that is done."""
    assert identity(1).exception() is None
    assert isinstance(fail().exception(), ValueError)


def test_a_future_can_be_awaited() -> None:
    """In an event loop other coroutines go on meanwhile; failures are raised."""

    async def main() -> Any:
        results = await asyncio.gather(identity(1), identity(identity(2)))
        with pytest.raises(ValueError, match="no 5"):
            await fail(5)
        return results

    assert asyncio.run(main()) == [1, 2]


def test_a_future_can_be_awaited_when_it_is_done() -> None:
    """Also several times."""
    future = identity([1])
    ef.wait_on(future)

    async def main() -> Any:
        return await future, await future

    assert asyncio.run(main()) == ([1], [1])


def test_a_future_is_itself_in_a_copy() -> None:
    """Copying a container of futures does not make strangers of them."""
    future = identity(1)
    assert copy.copy(future) is future
    assert ef.wait_on(copy.deepcopy([future])) == [1]


def test_an_unpickled_future_is_foreign() -> None:
    """A future means nothing outside its session; whoever uses it is told so."""
    foreign = pickle.loads(pickle.dumps(identity(1)))

    for use in (foreign.result, foreign.cancel, lambda: ef.wait_on([foreign]), lambda: identity([foreign])):
        with pytest.raises((ForeignFutureError, TypeError), match=r"future #\d+ belongs to another session"):
            use()
    assert re.match(r"<Future #\d+", repr(foreign))


def test_the_text_of_a_future_says_where_it_is() -> None:
    """Name, number and state; after a failure too."""
    good, bad = identity(1), fail()
    bad.exception()

    assert re.fullmatch(r"<Future (identity )?#\d+: \w+( on engine \d+)?>", repr(good))
    assert re.fullmatch(r"<Future fail #\d+: failed>", repr(bad))


def test_hostile_names_are_escaped() -> None:
    """The name of a function is text from the user: nothing in it becomes HTML."""

    def bad() -> None:
        raise ValueError

    bad.__name__ = bad.__qualname__ = "<img src=x onerror=alert(1)>&'\""
    future = ef.task(bad)()
    future.exception()
    bundle = future._repr_mimebundle_()

    assert "<img" in bundle["text/plain"]
    assert "<img" not in bundle["text/html"]
    assert "&lt;img src=x onerror=alert(1)&gt;&amp;" in bundle["text/html"]
    assert 'data-state="failed"' in bundle["text/html"]


# Time-outs, cancellation and interrupts ----------------------------------------------------------------


def test_cancelling_what_has_ended_changes_nothing() -> None:
    """A result that is there stays."""
    future = identity(1)
    ef.wait_on(future)

    assert ef.cancel(future) == 0
    assert not future.cancel()
    assert ef.wait_on(future) == 1


def test_as_completed_is_one_wait() -> None:
    """However many futures there are, those who show progress are told of one wait."""
    told: list[Any] = []
    futures = ef.map(identity, range(30))
    end = session.current().observe(told.extend)
    assert len(list(ef.as_completed(futures))) == 30
    assert list(ef.as_completed([])) == []
    end()

    assert sum(type(event) is WaitStarted for event in told) <= 1
    assert sum(type(event) is WaitEnded for event in told) <= 1


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_timeout_that_is_long_enough_changes_nothing(timeout: float | None) -> None:
    """Results that come in time are returned as ever."""
    assert ef.wait_on(identity(1), timeout) == 1
    assert identity(2).result(timeout) == 2
    assert len(list(ef.as_completed([identity(3)], timeout))) == 1
    ef.barrier(timeout)


def test_threads_share_the_session() -> None:
    """Several threads may submit and wait at once."""
    results: dict[int, Any] = {}

    def work(number: int) -> None:
        results[number] = ef.wait_on(ef.map(identity, [number] * 50))

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == {number: [number] * 50 for number in range(4)}


def test_an_interrupt_of_the_user_is_not_swallowed() -> None:
    """A signal that arrives in the middle of the runtime's own work is raised afterwards."""
    seen = []
    previous = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    try:
        stop = session.current().observe(lambda _events: signal.raise_signal(signal.SIGINT))
        ef.wait_on(identity(1))
        stop()
    finally:
        signal.signal(signal.SIGINT, previous)

    assert seen
