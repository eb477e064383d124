"""Values of a notebook on their way to the task of a cell and back, functions among them.

A function of the notebook finds its global names in the notebook. It travels without them: where it arrives
it finds them in the names of the cell, as if the cell had run in the notebook.
"""

from __future__ import annotations

import builtins
import io
import pickle
import sys
import threading
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import cloudpickle

from eflows_nb.engine.packing import INLINE, reduced_cached, with_slots
from eflows_nb.notebook.cells.needs import global_names
from eflows_nb.runtime.future import Future

__all__ = [
    "HoldsMoreError",
    "Shipment",
    "Unsendable",
    "arriving_in",
    "is_home_known",
    "lost_functions_arrived",
    "nobodys_names",
]

_arriving = threading.local()


class HoldsMoreError(Exception):
    """A value holds a future or a large buffer, which the runtime sends better than a pickle does."""


class Shipment(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles values of a notebook, functions without the names of the notebook that they use.

    Parameters
    ----------
    home
        The names of the notebook.
    whole
        Whether large buffers are in the pickle, too.
    aside
        Takes the large buffers; without it a large buffer is an error.
    writable
        Whether those who get the value can write to arrays that are read-only here.
    """

    def __init__(
        self,
        home: Mapping[str, Any],
        *,
        whole: bool = False,
        aside: list[pickle.PickleBuffer] | None = None,
        writable: bool = False,
    ) -> None:
        self._file = io.BytesIO()
        self._aside = aside
        super().__init__(self._file, 5, buffer_callback=None if whole else self._is_small)
        self._home = home
        self._arrays: Any = getattr(sys.modules.get("numpy"), "ndarray", ()) if writable else ()
        self.used: set[str] = set()
        """Names of the notebook that the functions pickled so far use."""
        self.has_functions = False
        """Whether a function of the notebook was pickled."""
        self.lost: list[dict[str, Any]] = []
        """Global names of functions that arrived where it was not known yet whose they are."""

    def packed(self, value: Any) -> bytes:
        """Return the pickle of a value.

        Raises
        ------
        HoldsMoreError
            When a future or a large buffer is in it.
        Exception
            Whatever pickling it raises.
        """
        self.dump(value)
        return self._file.getvalue()

    def reducer_override(self, thing: Any) -> Any:
        """Let functions of the notebook go without its names."""
        if isinstance(thing, Future):
            raise HoldsMoreError
        if (of_functools := reduced_cached(thing)) is not None:
            return of_functools
        if isinstance(thing, self._arrays) and not thing.flags.writeable:
            return thing.copy().__reduce_ex__(5)
        reduced = with_slots(thing, super().reducer_override(thing))
        if (
            isinstance(thing, types.FunctionType)
            and (thing.__globals__ is self._home or _LOST in thing.__globals__)
            and isinstance(reduced, tuple)
        ):
            self.has_functions = True
            if _LOST in thing.__globals__:
                self.lost.append(thing.__globals__)
            self.used.update(global_names(thing.__code__))
            make, (code, _, *others), (attributes, slots), *rest = reduced
            slots = {**slots, "__globals__": {}}
            return (make, (code, _HOME, *others), (attributes, slots), *rest)
        return reduced

    def _is_small(self, buffer: pickle.PickleBuffer) -> bool:
        if buffer.raw().nbytes < INLINE:
            return True
        if self._aside is None:
            raise HoldsMoreError
        self._aside.append(buffer)
        return False


class _Home:
    """Stands for the names of the notebook, and becomes those of wherever it arrives."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _names_here, ()


_HOME = _Home()


def _names_here() -> dict[str, Any]:
    names: dict[str, Any] | None = getattr(_arriving, "names", None)
    return nobodys_names() if names is None else names


def nobodys_names() -> dict[str, Any]:
    """Return the global names of functions that arrive where it is not known yet whose they are."""
    _arriving.lost = True
    return {"__name__": "__main__", "__builtins__": builtins, _LOST: True}


def lost_functions_arrived() -> bool:
    """Return whether such functions were unpickled by this thread since it was last asked."""
    lost: bool = getattr(_arriving, "lost", False)
    _arriving.lost = False
    return lost


_LOST = "__eflows_lost__"
"""Marks the global names of functions that arrived where it was not known yet whose they are."""


def is_home_known() -> bool:
    """Return whether functions that are unpickled by this thread have global names to use."""
    return getattr(_arriving, "names", None) is not None


@contextmanager
def arriving_in(names: dict[str, Any]) -> Iterator[None]:
    """Let functions that are unpickled by this thread use these global names."""
    before = getattr(_arriving, "names", None)
    _arriving.names = names
    try:
        yield
    finally:
        _arriving.names = before


class Unsendable:
    """Takes the place of a value that cannot leave its engine; whoever reads it is told why."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return _refuse, (self._text,)


def _refuse(text: str) -> Any:
    raise TypeError(text)
