"""Engines that a program asks for or gives back while it runs, and the tasks that are to hear of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

from eflows_nb.engine.worker import inside_task
from eflows_nb.errors import ClusterError
from eflows_nb.pycompss import groups
from eflows_nb.runtime import session
from eflows_nb.tasks.events import EngineJoined, EngineLeft, Event

__all__ = ["resize"]


def resize(more: int, group: str | None) -> None:
    """Have so many engines more, or fewer; when that is so, cancel the tasks of a group.

    Parameters
    ----------
    more
        The number; negative to let engines go, those with the least to do.
    group
        Name of the group; None for none.

    Raises
    ------
    ClusterError
        When no engine would be left.
    """
    if inside_task():
        return
    current = session.current()
    shot = current.snapshot()
    wanted = (0 if shot.cluster == "inline" else shot.requested) + more
    if wanted < 1:
        raise ClusterError(
            f"compss_free_resources({-more}): there are {wanted - more} engines, and one must stay. "
            "Free fewer, or end all of them with compss_stop()."
        )
    if more > 0:
        current.start(wanted)
    else:
        current.scale(wanted)
    if group is None:
        return
    if os.environ.get(
        session.ENGINES
    ):  # a headless run keeps its number of engines: nothing is to be waited for
        groups.cancel(group)
    else:
        _when_there_are(wanted, lambda: groups.cancel(group))


def _when_there_are(wanted: int, act: Callable[[], None]) -> None:
    """Do something once, in another thread, when the number of engines is the one that is wanted."""
    current = session.current()
    changed = threading.Event()

    def note(events: Sequence[Event]) -> None:
        if any(isinstance(event, (EngineJoined, EngineLeft)) for event in events):
            changed.set()

    end = current.observe(note)

    def watch() -> None:
        while len(current.snapshot().engines) != wanted:
            changed.wait()
            changed.clear()
        end()
        act()

    threading.Thread(target=watch, daemon=True).start()
