"""One execution of a task cell: its card, and what its tasks show and fail with, in its own output area."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from eflows_nb.engine import failure
from eflows_nb.notebook.cells.card import card, overall
from eflows_nb.notebook.cells.page import Page
from eflows_nb.notebook.cells.program import Shown
from eflows_nb.notebook.cells.submission import Submission
from eflows_nb.runtime import session
from eflows_nb.runtime.future import Future
from eflows_nb.tasks.data import Broken
from eflows_nb.tasks.shown_state import ShownState

__all__ = ["Execution"]


class Execution:
    """Shows a submitted task cell, from the start to the end of its tasks.

    Parameters
    ----------
    submission
        Its tasks.
    page
        Where it shows them.
    shell
        The IPython shell, which formats tracebacks.
    """

    def __init__(self, submission: Submission, page: Page, shell: Any) -> None:
        self.submission = submission
        self.cell = ""
        """Identity of the cell in the notebook, empty where the client does not tell."""
        self.waited_for = False
        """Whether whoever has submitted it waits for it, and is told of its end by that."""
        self._page = page
        self._shell = shell
        self._lock = threading.Lock()
        self._shown_state: tuple[ShownState, int] | None = None
        self._concluded: set[Future] = set()
        self._done: list[int] = []
        self._places: dict[int, int] = {}
        self._states: list[ShownState] = []
        self._counts: Counter[ShownState] = Counter()

    @property
    def tasks(self) -> list[int]:
        """Numbers of its tasks."""
        return self._done or [future.datum.number for future in self.submission.shown]

    @property
    def states(self) -> list[ShownState]:
        """States of its tasks, as people are told them."""
        return [ShownState.DONE] * len(self._done) or [one.shown_state for one in self.submission.shown]

    @property
    def state(self) -> ShownState:
        """State of the cell."""
        return overall(self.states)

    @property
    def reason(self) -> str:
        """Why it failed or was cancelled, empty otherwise."""
        for future in self.submission.shown:
            value = future.datum.value
            if type(value) is not Broken:
                continue
            if value.failure is not None:
                return f"{value.failure.kind}: {value.failure.message}"
            cause = value.cause
            if cause is not None and cause.failure is not None:
                return f"{value.reason} ({cause.failure.kind}: {cause.failure.message})"
            return str(value.reason)
        return ""

    def show(self) -> None:
        """Show the card, or bring it up to date."""
        with self._lock:
            self._look()
        self._show()

    def note(self, tasks: Iterable[int]) -> list[Future]:
        """Take notice that tasks have other states, or have begun; return those of its own that have ended.

        This costs as much as there are such tasks, however many tasks the cell has.
        """
        ended = []
        with self._lock:
            own = [place for place in map(self._places.get, tasks) if place is not None]
            for place in own:
                future = self.submission.shown[place]
                state = future.shown_state
                self._counts[self._states[place]] -= 1
                self._counts[state] += 1
                self._states[place] = state
                if state.is_final:
                    ended.append(future)
        if own:
            self._show()
        return ended

    def _look(self) -> None:
        """Look at all tasks."""
        self._places = {number: place for place, number in enumerate(self.tasks)} if not self._done else {}
        self._states = self.states
        self._counts = Counter(self._states)

    def _show(self) -> None:
        with self._lock:
            state = overall([one for one, count in self._counts.items() if count])
            now = (state, self._counts.total() if state.is_final else 0)
            if now == self._shown_state:
                return
            self._shown_state = now
            data, metadata = card(
                title=self.submission.title,
                tasks=self.tasks,
                states=self._states,
                reads=self.submission.named,
                outputs=self.submission.outputs,
                reason=self.reason,
            )
            self._page.show_card(data, metadata, single=len(self._states) == 1)

    def conclude(self, futures: Iterable[Future] | None = None, *, errors: bool = True) -> None:
        """Show what those of its tasks that have ended displayed and failed with, each once.

        Parameters
        ----------
        futures
            The futures of tasks that have ended and been noted; None looks at all.
        errors
            Whether failures are shown; whoever waits for the task is told by an exception.
        """
        if futures is None:
            self.show()
        for future in list(self.submission.shown) if futures is None else futures:
            with self._lock:
                if not future.state.is_final or future in self._concluded or not self.submission.shown:
                    continue
                self._concluded.add(future)
            value = future.datum.value
            if type(value) is not Broken:
                self._show_bundles(session.current().wait_on(future))
            elif errors and value.failure is not None and not value.expected:
                self._show_failure(value.failure)

        with self._lock:
            count = len(self.submission.shown)
            good = sum(number for state, number in self._counts.items() if state.has_result)
            if count and good == count == len(self._concluded):
                self._done = self.tasks
                self.submission.release()
                self._concluded.clear()
                self._places.clear()

    def again(self, replaced: dict[Future, Future]) -> None:
        """Submit what has failed or was cancelled again; see `Submission.again`."""
        self.submission.again(replaced)
        with self._lock:
            self._concluded.intersection_update(self.submission.shown)
        self.show()

    def _show_bundles(self, shown: Shown | tuple[Any, ...]) -> None:
        """Show what did not come here while the task ran, such as that of an earlier session."""
        if isinstance(shown, Shown) and shown.told != self._page.area:
            for data, metadata in shown.bundles:
                self._page.put(data, metadata)

    def _show_failure(self, told: Any) -> None:
        error, trace = failure.restore(told)
        lines = [told.traceback]
        if error is not None:
            formatter = self._shell.InteractiveTB
            lines = formatter.structured_traceback(type(error), error, trace, tb_offset=0)
        self._page.show_error(told.kind, told.message, lines)
