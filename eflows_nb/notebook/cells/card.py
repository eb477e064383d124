"""What a person sees of a task cell in the place of its result, while its task is at work and after that."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from eflows_nb.tasks.shown_state import ShownState

__all__ = ["SIGNS", "card", "first_card", "notice", "overall"]

SIGNS = {
    ShownState.WAITING: "◌",
    ShownState.READY: "○",
    ShownState.SENT: "▹",
    ShownState.RUNNING: "▸",
    ShownState.DONE: "✓",
    ShownState.FAILED: "✕",
    ShownState.CANCELLED: "⊘",
    ShownState.CACHED: "↺",
}
"""The sign of each state, in cards as on pages."""


def overall(states: Sequence[ShownState]) -> ShownState:
    """Return the state of a cell from those of its tasks."""
    if not states:
        return ShownState.DONE
    if not all(state.is_final for state in states):
        if any(state is ShownState.RUNNING or state.is_final for state in states):
            return ShownState.RUNNING
        return ShownState.SENT if ShownState.SENT in states else ShownState.WAITING
    for state in (ShownState.FAILED, ShownState.CANCELLED):
        if state in states:
            return state
    return ShownState.DONE


def card(
    *,
    title: str,
    tasks: Sequence[int],
    states: Sequence[ShownState],
    reads: Sequence[str],
    outputs: Sequence[str],
    reason: str = "",
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the card of a task cell as a mime bundle, and metadata for programs.

    Parameters
    ----------
    title
        Name of the cell's tasks; text of the user.
    tasks, states
        Number and state of each task.
    reads, outputs
        Names that it reads and gives back.
    reason
        Why it failed or was cancelled.
    """
    number = f"#{tasks[0]}" if len(tasks) == 1 else f"{len(tasks)} tasks"
    done = sum(one.has_result for one in states)
    count = "" if len(tasks) == 1 else f", {done} of {len(tasks)} done"
    return _card(title, f" {number}", tasks, overall(states), count, reads, outputs, reason)


def first_card(
    *,
    title: str,
    reads: Sequence[str],
    outputs: Sequence[str],
    state: ShownState = ShownState.WAITING,
    reason: str = "",
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the card of a task cell whose tasks have no numbers yet, or never get them."""
    return _card(title, "", (), state, "", reads, outputs, reason)


def _card(
    title: str,
    number: str,
    tasks: Sequence[int],
    state: ShownState,
    count: str,
    reads: Sequence[str],
    outputs: Sequence[str],
    reason: str,
) -> tuple[dict[str, Any], dict[str, Any]]:
    facts = [f"reads {', '.join(reads)}" if reads else "", f"gives {', '.join(outputs)}" if outputs else ""]
    about = "; ".join(fact for fact in facts if fact)
    text = f"{SIGNS[state]} Task cell {title!r}{number}: {state}{count}"
    text += f" ({about})" if about else ""
    text += f"\n{reason}" if reason else ""
    body = (
        f'<div class="eflows-card" data-state="{state}"><span aria-hidden="true">{SIGNS[state]}</span> '
        f"<strong>{html.escape(title)}</strong>{number} <em>{state}{count}</em>"
        f'<span style="opacity:.7"> {html.escape(about)}</span>'
        + (f"<div>{html.escape(reason)}</div>" if reason else "")
        + "</div>"
    )
    facts_for_programs = {"version": 1, "name": title, "tasks": list(tasks), "state": str(state)}
    return {"text/plain": text, "text/html": body}, {"eflows": facts_for_programs}


def notice(text: str) -> dict[str, Any]:
    """Return a sentence as a mime bundle."""
    return {"text/plain": text, "text/html": f'<div class="eflows-notice">{html.escape(text)}</div>'}
