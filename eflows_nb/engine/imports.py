"""What an engine needs to import the user's own modules as the client has them."""

from __future__ import annotations

import importlib
import sys
from typing import NamedTuple

__all__ = ["Imports"]

_states: dict[str, tuple[int, int]] = {}


class Imports(NamedTuple):
    """Where the client looks for modules, and which state those are in that are not installed.

    Parameters
    ----------
    paths
        Its ``sys.path``, as absolute paths.
    modules
        Name and state of each of the user's own modules, what is imported before what imports it. The state
        is when its file was last changed, in nanoseconds since the epoch, as it was when the module last ran,
        and how often it was run again.
    """

    paths: tuple[str, ...] = ()
    modules: tuple[tuple[str, tuple[int, int]], ...] = ()

    def adopt(self) -> None:
        """Look for modules where the client does, and run those again that it has run again."""
        if self.paths:
            sys.path[:] = [*self.paths, *(path for path in sys.path if path not in self.paths)]
            importlib.invalidate_caches()
        for name, state in self.modules:
            _, known = _states.setdefault(name, state)
            if state[1] > known:  # what a function that was sent before needs may be older
                if name in sys.modules:
                    importlib.reload(sys.modules[name])
                _states[name] = state
