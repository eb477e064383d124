"""Values of a notebook on their way to the task of a cell and back, functions among them.

A function of the notebook finds its global names in the notebook. It travels without them: where it arrives
it finds them in the names of the cell, as if the cell had run in the notebook.
"""

from __future__ import annotations

import builtins
import io
import pickle
import threading
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import cloudpickle

from eflows_nb.engine.packing import (
    INLINE,
    is_cached_function,
    make_cached_function,
    reduced_cached_function,
)
from eflows_nb.notebook.cells.needs import global_names
from eflows_nb.runtime.future import Future

__all__ = ["HoldsMoreError", "Shipment", "Unsendable", "Wrapped", "arriving_in", "at_home"]

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
    """

    def __init__(self, home: Mapping[str, Any], *, whole: bool = False) -> None:
        self._file = io.BytesIO()
        super().__init__(self._file, 5, buffer_callback=None if whole else _refuse_large)
        self._home = home
        self.used: set[str] = set()
        """Names of the notebook that the functions pickled so far use."""

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
        if is_cached_function(thing):
            return reduced_cached_function(thing)
        reduced = super().reducer_override(thing)
        if (
            isinstance(thing, types.FunctionType)
            and thing.__globals__ is self._home
            and isinstance(reduced, tuple)
        ):
            self.used.update(global_names(thing.__code__))
            make, (code, _, *others), (attributes, slots), *rest = reduced
            slots = {**slots, "__globals__": {}}
            return (make, (code, _HOME, *others), (attributes, slots), *rest)
        return reduced


def _refuse_large(buffer: pickle.PickleBuffer) -> bool:
    if buffer.raw().nbytes >= INLINE:
        raise HoldsMoreError
    return True


class _Home:
    """Stands for the names of the notebook, and becomes those of wherever it arrives."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _names_here, ()


_HOME = _Home()


def _names_here() -> dict[str, Any]:
    names: dict[str, Any] | None = getattr(_arriving, "names", None)
    if names is None:
        return {"__name__": "__main__", "__builtins__": builtins, _LOST: True}
    return names


_LOST = "__eflows_lost__"


@contextmanager
def arriving_in(names: dict[str, Any]) -> Iterator[None]:
    """Let functions that are unpickled by this thread use these global names."""
    before = getattr(_arriving, "names", None)
    _arriving.names = names
    try:
        yield
    finally:
        _arriving.names = before


class Wrapped:
    """A function or class that a cell has made; where it is unpickled it is that function or class."""

    __slots__ = ("_pickled",)

    def __init__(self, pickled: bytes) -> None:
        self._pickled = pickled

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle.loads, (self._pickled,)


def at_home(value: Any, names: dict[str, Any]) -> Any:
    """Return a value; a function that arrived without a home gets these names as its globals."""
    if is_cached_function(value):
        _, (function, *parameters) = reduced_cached_function(value)
        return make_cached_function(at_home(function, names), *parameters)
    if not isinstance(value, types.FunctionType) or _LOST not in value.__globals__:
        return value
    found = types.FunctionType(value.__code__, names, value.__name__, value.__defaults__, value.__closure__)
    found.__kwdefaults__ = value.__kwdefaults__
    found.__dict__.update(value.__dict__)
    found.__doc__, found.__module__ = value.__doc__, value.__module__
    found.__qualname__, found.__annotations__ = value.__qualname__, value.__annotations__
    return found


class Unsendable:
    """Takes the place of a value that cannot leave its engine; whoever reads it is told why."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return _refuse, (self._text,)


def _refuse(text: str) -> Any:
    raise TypeError(text)
