"""What a cell displays while it runs as a task: values, figures, and its last expression."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eflows_nb.notebook.cells.program import Shown

__all__ = ["show", "showing"]


@contextmanager
def showing(shown: Shown) -> Iterator[None]:
    """Collect what is displayed in this block instead of publishing it, open figures included."""
    shell = _shell()
    if shell is None:
        yield
        return
    publisher = _Collector(shown)
    before, shell.display_pub = shell.display_pub, publisher
    try:
        yield
        _show_figures()
    finally:
        shell.display_pub = before


def show(value: Any, shown: Shown) -> None:
    """Add the value of a last expression to what is shown, None excepted."""
    if value is None:
        return
    shell = _shell()
    data, metadata = (
        shell.display_formatter.format(value) if shell is not None else ({"text/plain": repr(value)}, {})
    )
    if data:
        shown.bundles.append((data, metadata))


def _shell() -> Any:
    if "IPython" not in sys.modules:
        return None
    from IPython.core.interactiveshell import InteractiveShell

    return InteractiveShell.instance() if InteractiveShell.initialized() else None


class _Collector:
    """A display publisher that keeps what it is given."""

    is_publishing = False

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    def publish(self, data: dict[str, Any], metadata: dict[str, Any] | None = None, **_: Any) -> None:
        """Keep a mime bundle; an update of an earlier one is kept as another."""
        self._shown.bundles.append((data, metadata or {}))

    def clear_output(self, wait: bool = False) -> None:
        """Forget what was displayed."""
        self._shown.bundles.clear()


def _show_figures() -> None:
    """Display the figures that are open, as a notebook does at the end of a cell."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and "inline" in pyplot.get_backend():
        pyplot.show()
