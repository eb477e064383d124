"""What a task cell shows of itself is what pages know it by."""

from __future__ import annotations

import json
from pathlib import Path

from eflows_nb.notebook.cells.card import SIGNS, card, overall
from eflows_nb.tasks.shown_state import ShownState

PROTOCOL = Path(__file__).parents[2] / "protocol"


def test_cards_and_pages_have_the_same_signs() -> None:
    """Pages are tested on the same file."""
    signs = json.loads((PROTOCOL / "signs.json").read_text())
    assert {state.value: SIGNS[state] for state in ShownState} == signs


def test_a_card_is_as_in_the_example() -> None:
    """Its metadata lead pages to cards whose kernel has ended."""
    example, _ = json.loads((PROTOCOL / "left-behind.json").read_text())
    data, metadata = card(
        title="<img src=x>", tasks=[3], states=[ShownState.RUNNING], reads=["mesh"], outputs=["field"]
    )
    assert (data, metadata) == (example["before"]["data"], example["before"]["metadata"])


def test_a_cancelled_card_is_as_pages_write_it() -> None:
    """But for what the cell reads and gives, which has no worth any more."""
    example, _ = json.loads((PROTOCOL / "left-behind.json").read_text())
    after = example["after"]
    reason = after["data"]["text/plain"].splitlines()[1]
    data, metadata = card(
        title="<img src=x>", tasks=[3], states=[ShownState.CANCELLED], reads=[], outputs=[], reason=reason
    )
    nothing = '<span style="opacity:.7"> </span>'
    assert {**data, "text/html": data["text/html"].replace(nothing, "")} == after["data"]
    assert metadata == after["metadata"]


def test_a_cell_runs_when_one_of_its_tasks_does() -> None:
    """Tasks that an engine has behind others of its tasks have not begun."""
    waiting, ready, sent = ShownState.WAITING, ShownState.READY, ShownState.SENT
    running, done = ShownState.RUNNING, ShownState.DONE
    assert overall([waiting, ready]) is waiting
    assert overall([waiting, sent]) is sent
    assert overall([sent, running]) is overall([sent, done]) is running
    assert overall([done, done]) is done
