"""Traces: what Chrome and Perfetto need to show a run."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import eflows_nb as ef
from eflows_nb.runtime import trace
from eflows_nb.tasks.events import TaskFailed, TasksChanged, TryEnded, WaitEnded, WaitStarted
from eflows_nb.tasks.state import TaskState


def _events(story: Any, tmp_path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the events of a trace by their phase."""
    content = json.loads(trace.write(story.state, tmp_path / "run.json").read_text())
    found = defaultdict(list)
    for event in content["traceEvents"]:
        found[event["ph"]].append(event)
    return found


@pytest.fixture
def run(story: Any) -> Any:
    """Two engines on two hosts, and tasks that read from each other."""
    story.joined(0, at=0.0, host="a")
    story.joined(1, at=0.5, host="b")
    first = story.ran("make", start=1.0, seconds=1.0, size=80, memory=1 << 20)
    story.ran("use", engine=1, start=2.25, seconds=0.5, parents=(first,))
    story.note(WaitStarted(time=0.1, wait=1, tasks=frozenset({first})))
    story.note(WaitEnded(time=2.0, wait=1))
    story.left(1, at=3.0, expected=False)
    return story


def test_every_event_has_its_phase_place_and_time(run: Any, tmp_path: Path) -> None:
    """All have a process and a row; all but names have a time in microseconds from the first event on."""
    found = _events(run, tmp_path)

    assert set(found) == {"M", "X", "s", "f", "b", "e", "C"}
    for phase, events in found.items():
        for event in events:
            assert isinstance(event["pid"], int)
            assert isinstance(event["tid"], int)
            assert phase == "M" or 0 <= event["ts"] <= 3e6


def test_rows_are_engines_and_have_names(run: Any, tmp_path: Path) -> None:
    """Each engine has a row in the process of its host; every row that is used has a name."""
    found = _events(run, tmp_path)
    rows = {(e["pid"], e["tid"]): e["args"]["name"] for e in found["M"] if e["name"] == "thread_name"}
    hosts = {e["pid"]: e["args"]["name"] for e in found["M"] if e["name"] == "process_name"}

    assert sorted(rows.values()) == ["engine 0", "engine 1"]
    assert [hosts[pid] for pid, _ in rows] == ["engines on a", "engines on b"]
    assert {(event["pid"], event["tid"]) for event in found["X"]} == set(rows)


def test_slices_are_tasks(run: Any, tmp_path: Path) -> None:
    """A slice says when the task ran, and what is known of it."""
    make = next(e for e in _events(run, tmp_path)["X"] if e["name"] == "make")

    assert (make["ts"], make["dur"]) == (1e6, pytest.approx(1e6))
    assert make["args"] == {"task": 1, "state": "done", "bytes": 80, "memory": 1 << 20}


def test_a_failed_task_shows_its_error(story: Any, tmp_path: Path) -> None:
    """Why it failed is one click away."""
    story.joined(0)
    task = story.called("bad")
    ran = {"starts": (1e9 + 1.0,), "seconds": (0.5,), "sizes": (0,)}
    story.note(TasksChanged(time=1.5, state=TaskState.FAILED, tasks=(task,), engine=0, **ran))
    story.note(TaskFailed(time=1.5, task=task, error="ValueError: no", traceback=""))

    (bad,) = (e for e in _events(story, tmp_path)["X"] if e["name"] == "bad")

    assert bad["args"]["error"] == "ValueError: no"


def test_the_life_of_an_engine_is_a_slice_around_its_tasks(run: Any, tmp_path: Path) -> None:
    """An engine that was lost is told from one that is there."""
    lives = {e["name"]: e for e in _events(run, tmp_path)["X"] if e["cat"] == "engine"}

    assert lives["engine 0"]["args"]["end"] == "it is there"
    assert lives["engine 1"]["args"]["end"] == "lost"
    assert (lives["engine 1"]["ts"], lives["engine 1"]["dur"]) == (0.5e6, 2.5e6)


def test_what_an_engine_ran_when_it_was_lost_ends_with_it(story: Any, tmp_path: Path) -> None:
    """The news of it come later, and a viewer draws nothing that ends after what it lies in."""
    story.joined(0)
    task = story.called("work")
    story.sent(task, engine=0, at=0.0)
    story.left(0, at=2.0, expected=False)
    story.note(TryEnded(time=2.5, task=task, engine=0, start=0.0, seconds=0.0, reason="engine 0 was lost"))
    life, work = _events(story, tmp_path)["X"]

    assert work["args"]["state"] == "tried"
    assert life["ts"] <= work["ts"] < work["ts"] + work["dur"] <= life["ts"] + life["dur"]


def test_arrows_go_from_a_task_to_its_reader(run: Any, tmp_path: Path) -> None:
    """An arrow begins within the slice that made the data and ends where its reader begins."""
    found = _events(run, tmp_path)
    slices = {e["name"]: e for e in found["X"]}
    (begin,), (end,) = found["s"], found["f"]

    assert begin["id"] == end["id"]
    assert slices["make"]["ts"] < begin["ts"] < slices["make"]["ts"] + slices["make"]["dur"]
    assert begin["tid"] == slices["make"]["tid"]
    assert (end["ts"], end["tid"], end["bp"]) == (slices["use"]["ts"], slices["use"]["tid"], "e")


def test_arrows_of_short_tasks_begin_in_their_slices(story: Any, tmp_path: Path) -> None:
    """Seconds since the epoch have a grain of a quarter of a microsecond."""
    story.joined(0)
    last: tuple[int, ...] = ()
    for number in range(200):
        last = (story.ran(start=number * 1e-5, seconds=1.3e-6, parents=last),)
    found = _events(story, tmp_path)
    slices = [e for e in found["X"] if e["cat"] == "task"]

    for arrow, made in zip(found["s"], slices, strict=False):
        assert made["ts"] <= arrow["ts"] <= made["ts"] + made["dur"]


def test_arrows_are_limited(story: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many dependencies only the first are drawn, and the trace says how many there were."""
    monkeypatch.setattr(trace, "ARROWS", 3)
    story.joined(0)
    last = story.ran(start=0.0, seconds=1.0)
    for number in range(1, 10):
        last = story.ran(start=float(number), seconds=1.0, parents=(last,))
    path = trace.write(story.state, tmp_path / "run.json")
    content = json.loads(path.read_text())

    assert sum(event["ph"] == "s" for event in content["traceEvents"]) == 3
    assert content["otherData"]["dependencies"] == 9
    assert content["otherData"]["arrows"] == 3


def test_slices_of_a_row_do_not_overlap(story: Any, tmp_path: Path) -> None:
    """Clocks have a grain; a viewer counts nanoseconds, and drops what ends after the next one begins."""
    story.joined(0)
    start = 0.0
    for _ in range(200):
        task = story.called()
        story.note(TryEnded(time=start, task=task, engine=0, start=1e9 + start, seconds=1e-6, reason="no"))
        story.done(task, start=start + 1e-6, seconds=1.37e-6)
        start += 2.37e-6
    slices = [e for e in _events(story, tmp_path)["X"] if e["cat"] == "task"]
    spans = sorted((int(1e3 * e["ts"]), int(1e3 * e["dur"])) for e in slices)

    assert len(slices) == 400
    assert all(a + lasted <= b for (a, lasted), (b, _) in pairwise(spans))


def test_counters_tell_how_many_tasks_are_ready_and_running(run: Any, tmp_path: Path) -> None:
    """Both are drawn as steps, and end at zero."""
    steps = defaultdict(list)
    for event in _events(run, tmp_path)["C"]:
        steps[event["name"]].append(*event["args"].values())

    assert max(steps["running tasks"]) == 1
    assert max(steps["ready tasks"]) >= 1
    assert steps["running tasks"][-1] == steps["ready tasks"][-1] == 0


def test_counters_are_never_negative(story: Any, tmp_path: Path) -> None:
    """While it is tried a task is not ready, though it has not begun for good."""
    story.joined(0)
    for number in range(3):
        task = story.called(at=float(number))
        tried = {"task": task, "engine": 0, "start": 1e9 + number, "seconds": 0.5, "reason": "no"}
        story.note(TryEnded(time=number + 0.5, **tried))
        story.note(TasksChanged(time=number + 0.5, state=TaskState.WAITING, tasks=(task,), engine=0))
        story.done(task, start=number + 0.5, seconds=0.5)
    levels = [value for event in _events(story, tmp_path)["C"] for value in event["args"].values()]

    assert min(levels) == 0
    assert max(levels) == 1


def test_a_run_that_was_lost_is_drawn_too(story: Any, tmp_path: Path) -> None:
    """A task whose results were lost has a slice for each time that it ran."""
    story.joined(0, 1)
    task = story.ran("twice", start=0.0, seconds=1.0)
    story.note(TasksChanged(time=2.0, state=TaskState.WAITING, tasks=(task,), engine=0))
    story.done(task, engine=1, start=2.0, seconds=1.0)

    slices = [e for e in _events(story, tmp_path)["X"] if e["name"] == "twice"]

    assert sorted(e["args"]["state"] for e in slices) == ["done", "lost"]


def test_a_trace_can_be_compressed(run: Any, tmp_path: Path) -> None:
    """A name that ends in .gz makes a file that viewers open all the same."""
    path = trace.write(run.state, tmp_path / "run.json.gz")

    with gzip.open(path, "rt") as file:
        assert json.load(file)["traceEvents"]


def test_an_empty_run_is_a_trace(story: Any, tmp_path: Path) -> None:
    """Without tasks and engines the file is a trace all the same."""
    assert set(_events(story, tmp_path)) == {"M"}


@pytest.mark.usefixtures("settled")
def test_the_trace_of_this_session_has_its_tasks(tmp_path: Path) -> None:
    """Users get a file with all that has happened so far, the last task included."""
    ef.wait_on(ef.map(_traced, range(10)))

    content = json.loads(ef.trace(tmp_path / "run.json").read_text())

    assert sum(event["name"] == "_traced" for event in content["traceEvents"]) == 10


def _traced(x: int) -> int:
    return x
