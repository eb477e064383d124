"""The lines of a journal: what is written is read."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eflows_nb.runtime.history.decoding import LineDecoder
from eflows_nb.runtime.history.encoding import TRACEBACKS, LineEncoder
from eflows_nb.tasks.events import (
    ClusterChanged,
    DataShared,
    EnergyRead,
    EngineJoined,
    EngineLeft,
    Event,
    SessionEnded,
    TaskFailed,
    TaskOutput,
    TasksChanged,
    TasksSubmitted,
    TryEnded,
    WaitEnded,
    WaitStarted,
)
from eflows_nb.tasks.state import TaskState

times = st.integers(0, 10**12).map(lambda n: n * 1e-6)
numbers = st.integers(1, 10**7)
engines = st.integers(-1, 1000)
text = st.text(max_size=20)
sizes = st.integers(0, 10**12)


@st.composite
def submissions(draw: st.DrawFn) -> TasksSubmitted:
    """Draw new tasks: in a row or not, of one function or several, with parents or without."""
    tasks = draw(
        st.one_of(st.builds(range, numbers, numbers).filter(lambda r: 0 < len(r) < 30), _lists(numbers))
    )
    each = {"min_size": len(tasks), "max_size": len(tasks)}
    return TasksSubmitted(
        time=draw(times),
        tasks=tuple(tasks),
        names=tuple(draw(st.lists(st.sampled_from(["f", 'g"\n', "λ"]), **each))),
        parents=tuple(draw(st.lists(st.lists(numbers, max_size=3).map(tuple), **each))),
        origins=tuple(draw(st.lists(st.sampled_from([-1, 3, 4]), **each))),
    )


@st.composite
def changes(draw: st.DrawFn) -> TasksChanged:
    """Draw tasks that ended together, one after the other or with pauses, or reached another state."""
    tasks = tuple(draw(_lists(numbers)))
    state = draw(st.sampled_from(TaskState))
    if state not in (TaskState.DONE, TaskState.FAILED):
        kept = tuple(draw(st.lists(engines, max_size=3))) if state is TaskState.RUNNING else ()
        return TasksChanged(time=draw(times), state=state, tasks=tasks, engine=draw(engines), kept=kept)
    each = {"min_size": len(tasks), "max_size": len(tasks)}
    seconds = [n * 1e-9 for n in draw(st.lists(st.integers(1, 10**10), **each))]
    pauses = draw(st.one_of(st.just([0.0] * len(tasks)), st.lists(times.map(lambda t: t + 1), **each)))
    begin = draw(times)
    starts = [begin]
    for pause, lasted in zip(pauses[1:], seconds, strict=False):
        starts.append(starts[-1] + lasted + pause)
    return TasksChanged(
        time=draw(times),
        state=state,
        tasks=tasks,
        engine=draw(engines),
        starts=tuple(starts) if begin else (0.0,) * len(tasks),
        seconds=tuple(seconds),
        sizes=tuple(draw(st.lists(sizes, **each))),
        memory=draw(sizes),
    )


def _lists(items: st.SearchStrategy[int]) -> st.SearchStrategy[list[int]]:
    return st.lists(items, min_size=1, max_size=20, unique=True)


events = st.one_of(
    submissions(),
    changes(),
    st.builds(TaskFailed, time=times, task=numbers, error=text, traceback=text),
    st.builds(TryEnded, time=times, task=numbers, engine=engines, start=times, seconds=times, reason=text),
    st.builds(EngineJoined, time=times, engine=engines, host=text, pid=numbers),
    st.builds(EngineLeft, time=times, engine=engines, expected=st.booleans()),
    st.builds(ClusterChanged, time=times, cluster=text, state=text, reason=text),
    st.builds(DataShared, time=times, engine=engines, datum=numbers, size=sizes),
    st.builds(EnergyRead, time=times, engine=engines, joules=st.integers(0, 10**9).map(float)),
    st.builds(WaitStarted, time=times, wait=numbers, tasks=st.frozensets(numbers, max_size=5)),
    st.builds(WaitEnded, time=times, wait=numbers),
    st.builds(SessionEnded, time=times),
)


@given(st.lists(events, max_size=5))
def test_every_event_is_read_as_it_was_written(told: list[Event]) -> None:
    """Nothing but the last digits of a start is lost between an event, its line and the event again."""
    encoder, decoder = LineEncoder(0.0), LineDecoder(0.0)
    lines = "".join(encoder.encode(event) for event in told).splitlines()

    found = [event for line in lines for event in decoder.decode(line)]

    assert [_fields(event) for event in found] == [_nearly(event) for event in told]


def _fields(event: Event) -> dict[str, Any]:
    return {"type": type(event), **{name: getattr(event, name) for name in type(event).__slots__}}


def _nearly(event: Event) -> dict[str, Any]:
    inexact = ("time", "start", "starts", "seconds")
    return {
        name: pytest.approx(value, abs=2e-6) if name in inexact else value
        for name, value in _fields(event).items()
    }


def test_many_tasks_take_few_bytes() -> None:
    """A thousand tasks of one function, one after the other on an engine, take less than 10 bytes each."""
    encoder = LineEncoder(0.0)
    tasks = tuple(range(10**6, 10**6 + 1000))
    starts = tuple(itertools.accumulate([2e-6] * 999, initial=1.0))
    told = [
        TasksSubmitted(
            time=1.0, tasks=tasks, names=("f",) * 1000, parents=((),) * 1000, origins=(-1,) * 1000
        ),
        TasksChanged(time=1.0, state=TaskState.RUNNING, tasks=tasks, engine=0),
        TasksChanged(
            time=1.0,
            state=TaskState.DONE,
            tasks=tasks,
            engine=0,
            starts=starts,
            seconds=(2e-6,) * 999 + (3e-6,),
            sizes=(0,) * 1000,
        ),
    ]

    assert sum(len(encoder.encode(event)) for event in told) < 10_000


def test_output_of_tasks_is_not_in_the_journal() -> None:
    """What a task prints has its place in the notebook; a journal stays small."""
    told = TaskOutput(time=1.0, task=1, origin=1, stream="stdout", text="x" * 10**6)

    assert LineEncoder(0.0).encode(told) == ""


def test_only_the_first_failures_have_their_traceback() -> None:
    """A million failures do not fill the disk."""
    encoder = LineEncoder(0.0)
    told = TaskFailed(time=1.0, task=1, error="ValueError: no", traceback="x" * 1000)
    lines = [encoder.encode(told) for _ in range(TRACEBACKS + 1)]

    assert len(lines[TRACEBACKS - 1]) > 1000
    assert len(lines[TRACEBACKS]) < 100
