"""The code of functions: numbered once, and let go when no task needs it."""

from __future__ import annotations

import contextlib
import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import eflows_nb as ef
from eflows_nb.runtime import functions
from eflows_nb.runtime.durations import Durations
from eflows_nb.runtime.functions import FunctionTable
from eflows_nb.runtime.sent import SentCode
from eflows_nb.tasks.task import FunctionCode


@pytest.fixture
def table() -> FunctionTable:
    """Return a table that knows nothing."""
    return FunctionTable()


def _made(value: Any) -> Any:
    return ef.task(lambda: value)


def test_a_function_that_is_made_again_is_the_same_code(table: FunctionTable) -> None:
    """Also when nobody has the first one any more: what is known of it stays known."""
    numbers = {table.code(_made(1)).number for _ in range(3)}

    assert len(numbers) == 1
    assert table.code(_made(2)).number not in numbers


def test_functions_of_several_threads_have_different_numbers(
    table: FunctionTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads that are at it together do not get one number for two functions."""
    together = threading.Barrier(2)
    made: list[int] = []

    class Slow(FunctionCode):
        __slots__ = ()

        def __init__(self, *told: Any, **more: Any) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                together.wait(0.2)
            super().__init__(*told, **more)

    monkeypatch.setattr(functions, "FunctionCode", Slow)
    threads = [
        threading.Thread(target=lambda value=value: made.append(table.code(_made(value)).number))
        for value in range(2)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(made) == [0, 1]


def test_large_code_goes_with_the_last_task_that_needs_it(table: FunctionTable) -> None:
    """A global array that is assigned anew leaves no copies of the old ones."""
    codes = [weakref.ref(table.code(_made(np.full(2_000_000, value)))) for value in range(3)]
    gc.collect()

    assert [code() for code in codes] == [None] * 3


def test_a_class_goes_though_its_code_was_made(table: FunctionTable) -> None:
    """A cell that defines a class again leaves no old ones."""

    class Record:
        pass

    code = table.definition(Record)
    assert table.definition(Record) is code
    assert code.original is Record
    gone = weakref.ref(Record)
    del Record, code
    gc.collect()

    assert gone() is None


def test_who_was_sent_code_is_told_when_it_is_gone() -> None:
    """Each engine once, and none that has gone itself; what was learnt of it is forgotten."""
    durations = Durations()
    durations.learn(1, [1.0])
    sent = SentCode(durations.forget)
    kept, dropped = (FunctionCode(number, "f", b"") for number in range(2))
    for engine in range(3):
        sent.note(engine, [kept, dropped])
    sent.engine_down(2)
    assert sent.unneeded(0) == []
    del dropped

    assert [sent.unneeded(engine) for engine in (0, 1, 2, 0)] == [[1], [1], [], []]
    assert not durations.knows(1)


@pytest.mark.engines
def test_engines_forget_code_that_nobody_needs() -> None:
    """Each version of a function with a large global is let go; one that is kept still runs."""
    source = "import numpy as np\ndef f(i): return float(state[i])\n"
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(source, space)
    first = ef.task(space["f"])

    def objects() -> int:
        import gc

        return sum(1 for thing in gc.get_objects() if type(thing).__name__ == "_Function")

    count = ef.task(objects)
    with ef.start(engines=1):
        known = []
        for value in range(5):
            space["state"] = np.full(1_500_000, float(value))
            assert ef.wait_on(first(0)) == value
            known.append(ef.wait_on(count()))

    assert len(set(known[1:])) == 1
