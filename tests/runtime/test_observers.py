"""Those who watch a session are told of everything, in order."""

from __future__ import annotations

from collections.abc import Sequence

from eflows_nb.runtime.observers import Observers
from eflows_nb.tasks.events import EngineLeft, Event

FIRST, SECOND = (EngineLeft(time=1.0, engine=engine, expected=True) for engine in (1, 2))


def test_who_comes_while_others_are_told_is_told_too() -> None:
    """What it knows of the past may have been written before these events."""
    observers = Observers()
    heard: list[Event] = []

    def let_another_come(events: Sequence[Event]) -> None:
        if not heard:
            observers.add(heard.extend)

    observers.add(let_another_come)
    for event in (FIRST, SECOND):
        observers.note_event(event)
        observers.tell()

    assert heard == [FIRST, SECOND]


def test_who_has_gone_is_told_nothing_more() -> None:
    """Going twice is no mistake, and the others stay."""
    observers = Observers()
    gone: list[Event] = []
    stays: list[Event] = []
    end = observers.add(gone.extend)
    observers.add(stays.extend)
    end()
    end()
    observers.note_event(FIRST)
    observers.tell()

    assert gone == []
    assert stays == [FIRST]


def test_an_observer_that_fails_does_not_stop_the_others() -> None:
    """It is told nothing more, each of the others everything once."""
    observers = Observers()
    calls: list[int] = []
    heard: list[Event] = []

    def fail(events: Sequence[Event]) -> None:
        calls.append(len(events))
        raise ValueError

    observers.add(fail)
    observers.add(heard.extend)
    for event in (FIRST, SECOND):
        observers.note_event(event)
        observers.tell()

    assert calls == [1]
    assert heard == [FIRST, SECOND]
