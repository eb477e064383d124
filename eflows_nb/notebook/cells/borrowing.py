"""Classes of the notebook while a task runs in its own process: their methods find the names of the task."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from cloudpickle import cloudpickle

__all__ = ["Borrower"]

_MAKERS = ("_make_skeleton_class", "_make_skeleton_enum")


class Borrower(pickle.Unpickler):
    """Unpickles what a cell reads, and gives the classes of the notebook back as they were.

    A class that comes by value is the one of the notebook where the task runs in the same process, and gets
    methods whose global names are those of the task.

    Parameters
    ----------
    pickled
        The inputs.
    """

    def __init__(self, pickled: bytes) -> None:
        super().__init__(io.BytesIO(pickled))
        self._known: list[type] = []
        self._before: list[tuple[type, dict[str, Any]]] = []

    def find_class(self, module: str, name: str) -> Any:
        """Return a class or function; those that make classes get ours in their place."""
        found = super().find_class(module, name)
        if module == "cloudpickle.cloudpickle" and name in _MAKERS:
            return partial(self._make, found)
        if module == "cloudpickle.cloudpickle" and name == "_class_setstate":
            return partial(self._set_state, found)
        return found

    def give_back(self) -> None:
        """Let the classes be what they were; a second call changes nothing."""
        while self._before:
            kind, before = self._before.pop()
            now = dict(vars(kind))
            for name in now.keys() - before.keys():
                with suppress(AttributeError, TypeError):
                    delattr(kind, name)
            for name, value in before.items():
                if now.get(name) is not value:
                    with suppress(AttributeError, TypeError):
                        setattr(kind, name, value)

    def _make(self, make: Callable[..., type], *args: Any) -> type:
        tracked = getattr(cloudpickle, "_DYNAMIC_CLASS_TRACKER_BY_ID", {})
        is_known = any(isinstance(arg, str) and arg in tracked for arg in args)
        made = make(*args)
        if is_known:
            self._known.append(made)
        return made

    def _set_state(self, set_state: Callable[[Any, Any], Any], made: type, state: Any) -> Any:
        if any(made is known for known in self._known):
            self._before.append((made, dict(vars(made))))
        return set_state(made, state)
