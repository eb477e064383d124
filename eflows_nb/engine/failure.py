"""An exception of a task on its way from the engine to whoever waits for it."""

from __future__ import annotations

import pickle
import traceback
from types import TracebackType
from typing import Any

import cloudpickle
import tblib

from eflows_nb.engine.messages import Failure

__all__ = ["describe", "restore"]


def describe(error: BaseException, own_frames: int) -> Failure:
    """Describe an exception as a record, without the innermost `own_frames` callers of the task.

    Parameters
    ----------
    own_frames
        Number of frames between the handler and the task function.
    """
    trace: TracebackType | None = error.__traceback__
    for _ in range(own_frames):
        trace = trace.tb_next if trace is not None else None
    text = "".join(traceback.format_exception(type(error), error, trace))
    pickled: bytes | None
    try:
        pickled = cloudpickle.dumps(error.with_traceback(None), 5)
        pickle.loads(pickled)  # some exceptions pickle but do not come back
    except Exception:  # noqa: BLE001 - the exception's own code runs here
        pickled = None
    frames = tblib.Traceback(trace).to_dict() if trace is not None else None
    return Failure(type(error).__name__, _text(error), pickled, frames, text)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the exception's own code runs here
        return "(the exception cannot be printed)"


def restore(failure: Failure) -> tuple[BaseException | None, TracebackType | None]:
    """Return the exception, None where it could not be pickled, and its traceback."""
    error: Any = None
    if failure.exception is not None:
        try:
            error = pickle.loads(failure.exception)
        except Exception:  # noqa: BLE001 - a class that cannot be imported here
            error = None
    trace = tblib.Traceback.from_dict(failure.frames).as_traceback() if failure.frames is not None else None
    return error, trace
