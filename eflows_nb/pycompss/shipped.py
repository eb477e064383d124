"""Functions of PyCOMPSs programs on their way to engines.

A function of a module goes by its name, and the engine imports the module; one of the script or the notebook
goes by value. Around it come wraps: what an engine does besides calling it.
"""

from __future__ import annotations

import copyreg
import importlib
import sys
import types
import weakref
from collections.abc import Callable, Generator, Iterable
from typing import Any

from eflows_nb.pycompss import naming
from eflows_nb.pycompss.wrapped import Wrap, Wrapped, wrap

__all__ = ["Shipped", "Wrap"]

naming.activate()  # an engine comes here first, before it imports anything of the program


class Shipped(Wrapped):
    """A function and what is wrapped around it, which goes by its name where it can."""

    def __init__(self, plain: Callable[..., Any], wraps: Iterable[Wrap] = ()) -> None:
        super().__init__(plain, wraps)
        self._reference = _reference(plain)

    def __eflows_surroundings__(self) -> tuple[Any, ...]:
        """Return what is to be watched for changes."""
        if self._reference is not None and self._is_found():
            return (sys.modules[self._reference[0]],)
        return (self.plain,)

    def _is_found(self) -> bool:
        module, qualname = self._reference or ("", "")
        return _plain(_look_up(module, qualname)) is self.plain

    def __reduce__(self) -> tuple[Any, ...]:
        if self._reference is not None and self._is_found():
            return _import, (*self._reference, self.wraps)
        return _wrap, (self.plain, self.wraps)


def _reference(plain: Callable[..., Any]) -> tuple[str, str] | None:
    """Return module and name of a function; None for one that engines cannot import."""
    module = getattr(plain, "__module__", None)
    name = getattr(plain, "__qualname__", "<")
    if module in (None, "__main__", "__mp_main__") or "<" in name:
        return None
    return module, name


def _look_up(module: str, qualname: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


def _plain(found: Any) -> Any:
    """Return the user's function within a task function, or within a class method of one."""
    found = getattr(found, "__func__", found)
    found = getattr(found, "function", found)
    return getattr(found, "plain", found)


def _again(items: list[Any]) -> Generator[Any, None, None]:
    yield from items


def _reduce_generator(generator: Generator[Any, None, None]) -> tuple[Any, ...]:
    items = _given.get(generator)
    if items is None:
        items = _given[generator] = list(generator)  # it gives them once, and may be pickled twice
    return _again, (items,)


_given: weakref.WeakKeyDictionary[Generator[Any, None, None], list[Any]] = weakref.WeakKeyDictionary()
copyreg.pickle(types.GeneratorType, _reduce_generator)  # as PyCOMPSs lets them travel


def _import(module: str, qualname: str, wraps: tuple[Wrap, ...]) -> Callable[..., Any]:
    """Return a function of a module on the engine."""
    known = sys.modules.get(module)
    if known is None or not hasattr(known, "__file__"):
        importlib.import_module(module)
    return _wrap(_plain(_look_up(module, qualname)), wraps)


def _wrap(function: Callable[..., Any], wraps: tuple[Wrap, ...]) -> Callable[..., Any]:
    return wrap(function, wraps)
