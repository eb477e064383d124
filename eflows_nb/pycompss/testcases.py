"""Test cases of unittest as objects of tasks: what belongs to the running test stays behind."""

from __future__ import annotations

import copyreg
import sys
from typing import Any

__all__ = ["allow"]

_RUNNING = ("_outcome", "_subtest", "_cleanups", "_resultForDoCleanups")
_allowed: set[type] = set()


def allow(instance: Any) -> None:
    """Let a test case travel: its link to the running test, with open streams, cannot."""
    kind = type(instance)
    if kind in _allowed:
        return
    unittest = sys.modules.get("unittest")
    if unittest is not None and isinstance(instance, unittest.TestCase):
        copyreg.pickle(kind, _reduce)
    _allowed.add(kind)


def _reduce(case: Any) -> tuple[Any, ...]:
    state = {name: value for name, value in vars(case).items() if name not in _RUNNING}
    return _rebuild, (type(case), state)


def _rebuild(kind: type, state: dict[str, Any]) -> Any:
    made: Any = object.__new__(kind)
    vars(made).update(state, **dict.fromkeys(_RUNNING[:2]), _cleanups=[])
    return made
