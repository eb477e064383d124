"""A journal is counted without being replayed, and read on when it has grown."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from eflows_nb.runtime.journal import replay
from eflows_nb.server import run_reading
from eflows_nb.server.run_reading import RunReading
from eflows_nb.tasks.shown_state import ShownState

EXAMPLE = Path(__file__).parents[1] / "protocol" / "journal.jsonl"
HEADER = {"format": "eflows-journal", "version": 1, "session": "ab12", "started": 1.0, "host": "n", "pid": 1}


def journal(*lines: Any, end: str = "\n") -> io.BytesIO:
    """Return a journal of these lines."""
    return io.BytesIO(("\n".join(json.dumps(line) for line in lines) + end).encode())


def test_counts_are_those_of_a_replay() -> None:
    """But for READY, which a journal does not tell."""
    reading = RunReading()
    with EXAMPLE.open("rb") as file:
        assert reading.advance(file, deadline=math.inf)
    replayed = replay(EXAMPLE)
    counts = replayed.tasks.shown()
    waiting = counts.pop(ShownState.READY) + counts[ShownState.WAITING]
    expected = {**{state.value: number for state, number in counts.items()}, "ready": 0, "waiting": waiting}
    assert reading.counts == expected
    assert reading.problem == ""
    assert reading.seconds == pytest.approx(replayed.ended - reading.header["started"])
    assert reading.ended == replayed.complete


def test_an_engine_that_has_many_tasks_runs_one() -> None:
    """The others are counted as sent; an engine that has left runs none."""
    joined = [["joined", 1, engine, "n01", 1] for engine in (0, 1)]
    lines = [HEADER, *joined, ["submitted", 5, "1-9", 0, 0, -1], ["running", 6, "1-8", 0]]
    reading = RunReading()
    reading.advance(journal(*lines, ["left", 7, 1, False]), deadline=math.inf)
    assert (reading.counts["waiting"], reading.counts["sent"], reading.counts["running"]) == (1, 7, 1)


def test_a_journal_that_has_grown_is_read_on() -> None:
    """From where it was read before."""
    lines = [HEADER, ["submitted", 5, "1-3", 0, 0, -1], ["done", 9, [1, 3], 0, None, 1, 0]]
    reading = RunReading()
    reading.advance(journal(*lines[:2]), deadline=math.inf)
    assert reading.counts["waiting"] == 3
    reading.advance(journal(*lines, ["ended", 12]), deadline=math.inf)
    assert (reading.counts["waiting"], reading.counts["done"], reading.ended) == (1, 2, True)
    assert reading.line == 4


def test_a_torn_last_line_is_left_until_it_is_whole() -> None:
    """Its writer may be at it."""
    reading = RunReading()
    reading.advance(journal(HEADER, ["submitted", 5, 1, 0, 0, -1], end=""), deadline=math.inf)
    assert (reading.counts["waiting"], reading.problem) == (0, "")
    reading.advance(journal(HEADER, ["submitted", 5, 1, 0, 0, -1]), deadline=math.inf)
    assert reading.counts["waiting"] == 1


def test_a_long_journal_is_read_in_parts() -> None:
    """Each call does some of it when the time is over."""
    file = journal(HEADER, *(["submitted", n, n, 0, 0, -1] for n in range(1, 1001)))
    reading = RunReading()
    calls = 1
    while not reading.advance(file, deadline=-math.inf):
        calls += 1
    assert reading.counts["waiting"] == 1000
    assert calls > 2


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        ["submitted"],
        ["submitted", 1],
        ["submitted", 1, -4, 0, 0, -1],
        ["submitted", 1, "1-99999999999999", 0, 0, -1],
        ["submitted", 1, "1-9999999", 0, 0, -1],
        ["submitted", 1, "x-y", 0, 0, -1],
        ["done", 1, ["2"], 0],
        ["done", "soon", 1, 0],
        ["done", math.inf, 1, 0],
        ["done", 10**400, 1, 0],
        {"done": 1},
    ],
)
def test_a_damaged_line_is_named_and_what_was_before_counts(line: Any) -> None:
    """It costs neither memory nor the list of the other runs."""
    reading = RunReading()
    file = journal(HEADER, ["submitted", 5, 1, 0, 0, -1], line, ["done", 9, 1, 0, None, 1, 0])
    assert reading.advance(file, deadline=math.inf)
    assert (reading.problem, reading.line) == ("damaged", 3)
    assert reading.counts["waiting"] == 1


@pytest.mark.parametrize(
    ("first", "problem"),
    [
        ({"format": "eflows-journal", "version": 99}, "later-version"),
        ({"format": "another", "version": 1}, "not-a-journal"),
        ([], "not-a-journal"),
        (7, "not-a-journal"),
        ({**HEADER, "started": math.nan}, "not-a-journal"),
        ({**HEADER, "started": 10**400}, "not-a-journal"),
    ],
)
def test_what_this_program_cannot_read_is_said(first: Any, problem: str) -> None:
    """And is not guessed at."""
    reading = RunReading()
    reading.advance(journal(first, ["ended", 1]), deadline=math.inf)
    assert (reading.problem, reading.header) == (problem, {})


def test_bytes_that_are_no_text_are_no_journal() -> None:
    """Such as those of a compressed file."""
    reading = RunReading()
    reading.advance(io.BytesIO(b"\x1f\x8b\xff\xfe\n\x00"), deadline=math.inf)
    assert reading.problem == "not-a-journal"


def test_a_line_without_end_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the file has grown; one longer than any of ours is a damage."""
    reading = RunReading()
    text = journal(HEADER, "x" * 5000, end="").getvalue()
    assert reading.advance(io.BytesIO(text), deadline=math.inf)
    assert (reading.seen, reading.problem) == (len(text), "")

    monkeypatch.setattr(run_reading, "_LINE_LIMIT", 4096)
    reading.advance(io.BytesIO(text), deadline=math.inf)
    assert reading.problem == "damaged"
