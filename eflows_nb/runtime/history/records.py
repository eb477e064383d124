"""What is known of engines, waits and lost runs after the fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["EngineRecord", "LostRun", "WaitRecord"]


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineRecord:
    """One engine from its joining to its end.

    Parameters
    ----------
    engine
        Its number; another cluster of the session may have had an engine of the same number before.
    host, pid
        Where it ran.
    joined
        Seconds since the epoch.
    left
        Seconds since the epoch, None while it is there.
    expected
        Whether it was asked to go.
    finished
        Number of tasks that ran to their end on it.
    seconds
        How long they ran together.
    """

    engine: int
    host: str
    pid: int
    joined: float
    left: float | None = None
    expected: bool = False
    finished: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitRecord:
    """Somebody waited for tasks; `tasks` is empty for all of them, `ended` None while the wait lasts."""

    wait: int
    tasks: frozenset[int]
    started: float
    ended: float | None = None


class LostRun(NamedTuple):
    """A task ran on an engine from `start` for so many seconds, and nothing came of that, or nothing yet.

    Parameters
    ----------
    task, engine
        Their numbers.
    start, seconds
        When it ran; where nobody told its begin, from the moment from which the engine could run it.
    end
        What it ended with: its results were ``"lost"``, it was ``"tried"`` in vain and runs again, it
        ``"failed"`` with its engine, it was ``"cancelled"``, or it is ``"running"``.
    until
        When its results were lost, seconds since the epoch; else its end.
    """

    task: int
    engine: int
    start: float
    seconds: float
    end: str
    until: float
