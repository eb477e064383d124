"""``compss_wait_on``: values in the place of futures, and of results that were given up."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from eflows_nb.engine.worker import inside_task
from eflows_nb.errors import TaskCancelledError
from eflows_nb.pycompss.refusal import CancelledTaskWarning
from eflows_nb.runtime import session
from eflows_nb.runtime.arguments import level_of_caller
from eflows_nb.runtime.future import Future
from eflows_nb.tasks.data import Broken

__all__ = ["wait_for", "watch"]

_MANY = 1000
_watched: dict[int, tuple[Any, Future]] = {}
"""By identity of empty collections, these and a result of the last task that was to fill them."""


def wait_for(value: Any) -> Any:
    """Return the value of a future or object, and of all in a list, tuple, dict or array of objects.

    What a task was to make that was given up on purpose (by CANCEL_SUCCESSORS, a COMPSsException or the
    cancelling of its group) is as it was before, or None with a warning that says why.
    """
    __tracebackhide__ = True
    if inside_task():
        return value
    if type(value) in (list, dict) and not value:
        _hear_of(value)
    try:
        return session.current().wait_on(value)
    except Exception:
        if not _holds_expected(value):
            raise
    return _each(value)


def watch(empty: Any, made: Future) -> None:
    """Remember the task that was given an empty collection to fill: no item can tell of it."""
    if len(_watched) > _MANY:
        for key in [key for key, (_, future) in _watched.items() if future.done()]:
            del _watched[key]
    _watched[id(empty)] = (empty, made)


def _hear_of(empty: Any) -> None:
    """Raise what the last task raised that was to fill an empty collection."""
    __tracebackhide__ = True
    value, made = _watched.get(id(empty), (None, None))
    if value is empty and made is not None:
        _one(made)


def _each(value: Any) -> Any:
    if session.current().datum_of(value) is not None:
        return _one(value)
    if isinstance(value, list):
        return [_each(item) for item in value]
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(_each(item) for item in value)
    if isinstance(value, dict):
        return {key: _each(item) for key, item in value.items()}
    if _is_array_of_objects(value):
        made = value.copy()
        for place, item in enumerate(value.ravel().tolist()):
            made.flat[place] = _each(item)
        return made
    return _one(value)


def _one(value: Any) -> Any:
    current = session.current()
    while True:
        try:
            return current.wait_on(value)
        except Exception as error:
            broken = _broken(value)
            if broken is None or not _is_given_up(broken):
                raise
            older = current.living(value)
            if older is not None and older.value is not broken:
                continue
            if type(value) is not Future:
                return value
            warnings.warn(
                f"compss_wait_on returns None: {_reason(error)}",
                CancelledTaskWarning,
                stacklevel=level_of_caller(),
            )
            return None


def _reason(error: Exception) -> str:
    text = str(error).partition("\n")[0]
    return (
        text if isinstance(error, TaskCancelledError) else f"the task raised {type(error).__name__}: {text}"
    )


def _is_given_up(broken: Broken) -> bool:
    root = broken.cause or broken
    return root.expected or root.failure is None


def _broken(value: Any) -> Broken | None:
    datum = value.datum if type(value) is Future else session.current().datum_of(value)
    return datum.value if datum is not None and type(datum.value) is Broken else None


def _holds_expected(value: Any) -> bool:
    """Return whether something in a value was given up on purpose."""
    broken = _broken(value)
    if broken is not None:
        return _is_given_up(broken)
    if isinstance(value, (list, tuple)):
        return any(_holds_expected(item) for item in value)
    if isinstance(value, dict):
        return any(_holds_expected(item) for item in value.values())
    if _is_array_of_objects(value):
        return any(_holds_expected(item) for item in value.ravel().tolist())
    return False


def _is_array_of_objects(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray) and value.dtype == object
