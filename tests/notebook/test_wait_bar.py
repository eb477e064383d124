"""The bar of a wait stands in the output of the cell that waits, and leaves nothing there."""

from __future__ import annotations

import json
from pathlib import Path

from eflows_nb.notebook.wait_bar import WaitBar

PROTOCOL = Path(__file__).parents[1] / "protocol"


class Kernel:
    """A kernel that keeps what it is given to send."""

    iopub_socket = None

    def __init__(self) -> None:
        self.session = self
        self.sent: list[tuple[str, dict[str, object]]] = []

    def send(self, _stream: object, kind: str, content: dict[str, object], **_: object) -> None:
        """Keep a message."""
        self.sent.append((kind, content))


def test_the_bar_of_a_wait_is_as_in_the_example_and_leaves_nothing() -> None:
    """What is shown last stands in the place of what was shown first, and is empty."""
    _, example = json.loads((PROTOCOL / "left-behind.json").read_text())
    kernel = Kernel()
    bar = WaitBar(kernel, {}, 3, 12)
    bar.close()
    bar.close()
    (kind, first), *_, (last_kind, last) = kernel.sent
    assert (kind, last_kind) == ("display_data", "update_display_data")
    assert {key: first[key] for key in ("data", "metadata")} == {
        key: example["before"][key] for key in ("data", "metadata")
    }
    assert {key: last[key] for key in ("data", "metadata")} == {
        key: example["after"][key] for key in ("data", "metadata")
    }
    assert first["transient"] == last["transient"]
